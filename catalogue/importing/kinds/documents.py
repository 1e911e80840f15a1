"""Documents with their authors."""

import re
from typing import Any

from django.utils.text import slugify

from catalogue.importing.faults import Wrong
from catalogue.importing.values import is_empty, model_value, objects, several, text_from
from catalogue.models import Author as Person
from catalogue.models import Document

from .base import Field, ModelKind, mark, of_model, save

NAMES = ("family", "given", "organisation")
DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


class Documents(ModelKind):
    name, label, noun, model = "documents", "Documents", "document", Document
    permission = "catalogue.change_document"
    naming = ("slug", "doi")
    plain = (
        "slug", "label", "title", "kind", "year", "version", "publisher", "abstract", "doi", "arxiv_id", "url", "licence",
        "preliminary_notice",
    )  # fmt: skip
    derived = ("page_url",)

    def __init__(self, options):
        self.new: set[str] = set()
        super().__init__(options)

    def all_fields(self):
        own = {
            "slug": ("id", "key"), "label": ("short title", "citation", "cite as"), "title": (), "kind": ("type",),
            "year": ("published", "date"), "version": (), "publisher": ("journal", "venue"), "abstract": ("summary",),
            "arxiv_id": ("arxiv",), "url": ("link", "address"), "licence": ("license",), "preliminary_notice": ("notice",),
        }  # fmt: skip
        of_doi = of_model(Document, "doi", is_kept=False)
        return [
            *(of_model(Document, name, *synonyms) for name, synonyms in own.items()),
            Field("doi", "DOI", lambda cell: of_doi.read(DOI.sub("", text_from(cell))), of_doi.holds, of_doi.put,
                  "With or without https://doi.org/. Without a slug, a document is found by it."),
            Field("authors", "authors", _people, lambda state, value: state["authors"] == value,
                  lambda state, value: state.__setitem__("authors", value), synonyms=("author", "by"), empty=[],
                  help="“Family, Given” with semicolons between them, organisations without a comma; or JSON.",
                  example="Lovelace, Ada; Example Institute"),
        ]  # fmt: skip

    def rows(self):
        return super().rows().with_authors()

    def state(self, row):
        authors = [{name: getattr(one, name) for name in NAMES} for one in row.authors.all()] if row.pk else []
        return {**super().state(row), "authors": authors}

    def identities(self, values):
        found = [("slug", values["slug"])] if values.get("slug") else []
        if values.get("doi"):
            found.append(("doi", values["doi"]))
        return found

    def find(self, identities):
        found = {}
        for by in ("slug", "doi"):
            rows = Document.objects.filter(**{f"{by}__in": [value for name, value in identities if name == by]})
            found |= {(by, value): pk for value, pk in rows.order_by().values_list(by, "pk")}
        return found

    def blank(self):
        return {**super().blank(), "authors": []}

    def check(self, after, before):
        for name in ("label", "title", "kind", "abstract"):
            if not after[name]:
                yield name, "this is missing: a document needs a label, a title, a kind and an abstract."
        if before is None:
            after["slug"] = after["slug"] or slugify(after["label"])[:50]
            if after["slug"] in self.new or Document.objects.filter(slug=after["slug"]).exists():
                yield (
                    "slug",
                    (
                        f"there is a document “{after['slug']}” already: name it in the column “slug” to change it, or give "
                        "this one another slug."
                    ),
                )
                return
            self.new.add(after["slug"])
        elif after["slug"] != before["slug"]:
            yield "slug", "a slug stands in addresses and is never changed: take it from the catalogue."
        if all(after[name] for name in ("label", "title", "kind", "abstract")):
            yield from super().check(after, before)

    def save_parts(self, row, after, before, author):
        if before is not None and before["authors"] == after["authors"]:
            return
        for one in row.authors.all() if before is not None else []:
            mark(one, author)
            one.delete()
        for position, names in enumerate(after["authors"], start=1):
            save(Person(document=row, position=position, **names), author)

    def title(self, state):
        return state["label"] or state["title"]


def _people(cell: Any) -> list[dict[str, str]]:
    is_json = isinstance(cell, list) or str(cell).startswith("[")
    entries = (
        objects(cell)
        if is_json and not _is_text(cell)
        else [_person(text_from(one)) for one in several(cell, r"[;\n|]")]
    )
    found = []
    for entry in entries:
        names = {name: "" if is_empty(entry.get(name)) else text_from(entry[name]) for name in NAMES}
        for name, value in names.items():
            if value:
                model_value(Person._meta.get_field(name))(value)
        if bool(names["family"]) == bool(names["organisation"]):
            raise Wrong("Give a family name, or an organisation, and not both.")
        found.append(names)
    return found


def _is_text(cell: Any) -> bool:
    return isinstance(cell, list) and all(isinstance(one, str) for one in cell)


def _person(text: str) -> dict[str, str]:
    family, comma, given = text.partition(",")
    return {"family": family.strip(), "given": given.strip()} if comma else {"organisation": text.strip()}
