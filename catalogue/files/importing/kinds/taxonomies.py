"""Taxonomies, and the categories that they are made of."""

from functools import cached_property
from typing import Any

from catalogue.files.importing.values import Entries
from catalogue.models import Category, Taxonomy

from .base import member, of_model
from .of_models import ModelImporter


class Taxonomies(ModelImporter):
    name = "taxonomies"
    label = "Taxonomies"
    noun = "taxonomy"
    model = Taxonomy
    permission = "catalogue.change_taxonomy"
    naming = ("slug",)
    plain = (
        "slug",
        "title",
        "short_title",
        "kind",
        "publisher",
        "version",
        "description",
        "url",
        "is_default",
    )
    derived = ("page_url",)

    def all_fields(self):
        synonyms = {
            "slug": ("id", "key"),
            "title": ("name",),
            "is_default": ("default",),
            "description": ("definition",),
        }
        exact = ("slug", "version")
        return [
            of_model(
                Taxonomy,
                name,
                *synonyms.get(name, ()),
                is_exact=name in exact,
            )
            for name in self.plain
        ]

    def identities(self, values):
        if values.get("slug"):
            return [("slug", values["slug"])]
        return []

    def find(self, identities):
        rows = Taxonomy.objects.filter(
            slug__in=[value for _, value in identities],
        ).order_by()
        return {
            ("slug", slug): pk for slug, pk in rows.values_list("slug", "pk")
        }

    def blank(self):
        return {
            **super().blank(),
            "kind": str(Taxonomy.Kind.MITIGATIONS),
            "is_default": False,
        }

    def title(self, state):
        return state["title"] or state["slug"]


class Categories(ModelImporter):
    name = "categories"
    label = "Categories of taxonomies"
    noun = "category"
    model = Category
    permission = "catalogue.change_category"
    naming = ("taxonomy", "code")
    plain = (
        "code",
        "name",
        "definition",
        "is_working_name",
        "published_count",
    )
    derived = ("page_url", "parent")

    def __init__(self, options):
        self.foreseen: set[str] = set()
        super().__init__(options)

    def all_fields(self):
        return [
            member(
                "taxonomy",
                "taxonomy",
                self.taxonomies,
                "By slug or title.",
                is_kept=True,
            ),
            of_model(
                Category,
                "code",
                "id",
                "number",
                example="2.3.1",
                is_exact=True,
            ),
            of_model(Category, "name", "title", "label"),
            of_model(Category, "definition", "description", "meaning"),
            of_model(Category, "is_working_name", "working name"),
            of_model(Category, "published_count", "count"),
        ]

    @cached_property
    def taxonomies(self) -> Entries:
        rows = Taxonomy.objects.order_by("position", "slug").values_list(
            "slug",
            "title",
            "short_title",
        )
        return Entries("taxonomy", ((slug, titles) for slug, *titles in rows))

    @cached_property
    def keys(self) -> dict[str, int]:
        return dict(Taxonomy.objects.order_by().values_list("slug", "pk"))

    def rows(self):
        return super().rows().select_related("taxonomy")

    def state(self, row):
        return {
            "taxonomy": row.taxonomy.slug if row.taxonomy_id else "",
            **super().state(row),
        }

    def identities(self, values):
        if values.get("taxonomy") and values.get("code"):
            return [("place", f"{values['taxonomy']}/{values['code']}")]
        return []

    def find(self, identities):
        codes = [value.partition("/")[2] for _, value in identities]
        rows = (
            Category.objects.filter(code__in=codes)
            .order_by()
            .values_list("taxonomy__slug", "code", "pk")
        )
        found = {("place", f"{slug}/{code}"): pk for slug, code, pk in rows}
        return {
            identity: found[identity]
            for identity in identities
            if identity in found
        }

    def prepare(self, identities):
        self.foreseen = {value for _, value in identities}

    def missing(self, after):
        for name in ("taxonomy", "code"):
            if not after[name]:
                yield (
                    name,
                    "this is missing: a category has a taxonomy and a code.",
                )

    def check(self, after, before):
        if missing := list(self.missing(after)):
            yield from missing
            return
        yield from super().check(after, before)
        above = after["code"].rpartition(".")[0]
        if (
            before is None
            and above
            and not self._stands(after["taxonomy"], above)
        ):
            yield (
                "code",
                f"There is no category {above} in this taxonomy: add it first, or in the same file.",
            )

    def _stands(self, taxonomy: str, code: str) -> bool:
        return (
            f"{taxonomy}/{code}" in self.foreseen
            or Category.objects.filter(
                taxonomy__slug=taxonomy,
                code=code,
            ).exists()
        )

    def apply(self, row: Any, after) -> None:
        super().apply(row, after)
        row.taxonomy_id = self.keys[after["taxonomy"]]
        if row.pk is None:
            above = Category.objects.filter(
                taxonomy=row.taxonomy_id,
                code=row.code.rpartition(".")[0],
            )
            row.parent_id = above.values_list("pk", flat=True).first()

    def write(self, wanted, author):
        """What stands above comes first."""
        for one in sorted(
            wanted,
            key=lambda one: one.after["code"].count("."),
        ):
            super().write([one], author)

    def title(self, state):
        return f"{state['code']} {state['name']}"
