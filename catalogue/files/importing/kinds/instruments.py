"""Laws, codes, frameworks and standards, and what they ask for."""

from functools import cached_property
from typing import Any

from django.db.models import Max

from catalogue.files.importing.errors import CellError
from catalogue.files.importing.values import (
    Entries,
    objects,
    several,
    text_from,
)
from catalogue.models import Instrument, NotCovered, Provision

from .base import State, member, of_model
from .of_models import ModelImporter


def _lines_of_cell(cell: Any) -> str:
    """A text with a line for each that a cell lists."""
    return "\n".join(text_from(one).strip() for one in several(cell))


def _further_links(cell: Any) -> str:
    """As JSON, as exports have them: url and name."""
    lines = []
    for one in objects(cell):
        url = text_from(one.get("url") or "").strip()
        if not url:
            raise CellError("a link has an address: give its url.")
        lines.append(f"{url} {text_from(one.get('name') or '').strip()}")
    return "\n".join(line.strip() for line in lines)


class Instruments(ModelImporter):
    name = "instruments"
    label = "Laws, codes and standards"
    noun = "instrument"
    model = Instrument
    permission = "catalogue.change_instrument"
    asking_why = Instrument.DAYS
    naming = ("slug",)
    plain = (
        "slug",
        "title",
        "short_title",
        "issuer",
        "kind",
        "status_note",
        "applies_to_note",
        "published",
        "published_as",
        "in_force_on",
        "ended_on",
        "version",
        "url",
        "url_label",
        "sections_of",
        "further_links",
        "licence",
        "is_whole",
        "checked_on",
        "unverified",
    )

    def all_fields(self):
        synonyms = {
            "slug": ("id", "key"),
            "title": ("name",),
            "issuer": ("publisher", "who made it"),
            "status_note": ("status",),
            "in_force_on": ("in force from",),
        }
        exact = ("slug", "version")
        lists = {"further_links": _further_links, "unverified": _lines_of_cell}
        fields = []
        for name in self.plain:
            if read := lists.get(name):
                own = Instrument._meta.get_field(name)
                label = str(own.verbose_name)
                fields.append(member(name, label, read, str(own.help_text)))
                continue
            fields.append(
                of_model(
                    Instrument,
                    name,
                    *synonyms.get(name, ()),
                    is_exact=name in exact,
                ),
            )
        successor = member(
            "replaced_by",
            "replaced by",
            self._slug,
            "Slug of what took its place, which is here already.",
        )
        return [*fields, successor]

    @cached_property
    def keys(self) -> dict[str, int]:
        return dict(Instrument.objects.order_by().values_list("slug", "pk"))

    def _slug(self, cell: Any) -> str:
        slug = text_from(cell).strip()
        if slug not in self.keys:
            raise CellError(
                f"there is no {slug[:60]} among laws, codes and standards: correct it, or import that one first.",
            )
        return slug

    def rows(self):
        return super().rows().select_related("replaced_by")

    def state(self, row):
        successor = row.replaced_by
        return {
            **super().state(row),
            "replaced_by": successor.slug if successor else "",
        }

    def blank(self):
        return {**super().blank(), "is_whole": False}

    def apply(self, row, after):
        super().apply(row, after)
        row.replaced_by_id = self.keys.get(after["replaced_by"])

    def identities(self, values):
        if values.get("slug"):
            return [("slug", values["slug"])]
        return []

    def find(self, identities):
        return {
            ("slug", slug): self.keys[slug]
            for _, slug in identities
            if slug in self.keys
        }

    def _unchanged(self, after, before):
        # All else is judged together: only a law is in force, whichever of both is new.
        return {"slug"} if before else set()

    def title(self, state):
        return state["short_title"] or state["slug"]


class Provisions(ModelImporter):
    name = "provisions"
    label = "Provisions of laws, codes and standards"
    noun = "provision"
    model = Provision
    permission = "catalogue.change_provision"
    asking_why = Provision.DAYS
    naming = ("instrument", "code")
    plain = (
        "code",
        "name",
        "is_official_name",
        "sort",
        "serves",
        "applies_to",
        "addressee",
        "applies_from",
        "applies_from_note",
        "longer_for",
        "is_verified",
        "note",
    )
    #: What begins when follows from its own day or that of the instrument.
    derived = ("begins_on",)

    def __init__(self, options):
        self.foreseen: set[str] = set()
        super().__init__(options)

    def all_fields(self):
        synonyms = {
            "code": ("id", "number"),
            "name": ("title", "label"),
            "is_official_name": ("official",),
            "is_verified": ("verified",),
        }
        return [
            member(
                "instrument",
                "law, code or standard",
                self.instruments,
                "By slug or title.",
                is_kept=True,
            ),
            *(
                of_model(
                    Provision,
                    name,
                    *synonyms.get(name, ()),
                    is_exact=name == "code",
                )
                for name in self.plain
            ),
            member(
                "parent",
                "part of",
                lambda cell: text_from(cell).strip(),
                "Id of the wider provision of the same instrument.",
                is_exact=True,
            ),
            member(
                "replaces",
                "replaces",
                self._other,
                "The provision of an earlier instrument whose place it took, as instrument:id.",
                is_exact=True,
            ),
        ]

    @cached_property
    def instruments(self) -> Entries:
        rows = Instrument.objects.values_list("slug", "title", "short_title")
        return Entries(
            "law, code or standard",
            ((slug, titles) for slug, *titles in rows),
        )

    @cached_property
    def slugs(self) -> dict[str, int]:
        return dict(Instrument.objects.order_by().values_list("slug", "pk"))

    @cached_property
    def keys(self) -> dict[str, int]:
        """By “instrument:id”. What is written is added."""
        return Provision.objects.by_key()

    def _other(self, cell: Any) -> str:
        name = text_from(cell).strip()
        if name not in self.keys:
            raise CellError(
                f"there is no provision {name[:60]} here: write instrument:id, such as eu-ai-act:Article 9.",
            )
        return name

    def rows(self):
        return super().rows().with_instruments()

    def state(self, row):
        return {
            "instrument": row.instrument.slug if row.instrument_id else "",
            **super().state(row),
            "parent": row.parent.code if row.parent_id else "",
            "replaces": row.replaces.key if row.replaces_id else "",
        }

    def blank(self):
        return {
            **super().blank(),
            "is_official_name": False,
            "is_verified": False,
        }

    def identities(self, values):
        if values.get("instrument") and values.get("code"):
            return [("id", f"{values['instrument']}:{values['code']}")]
        return []

    def find(self, identities):
        return {
            ("id", name): self.keys[name]
            for _, name in identities
            if name in self.keys
        }

    def prepare(self, identities):
        self.foreseen = {value for _, value in identities}

    def missing(self, after):
        for name in ("instrument", "code"):
            if not after[name]:
                yield (
                    name,
                    "this is missing: a provision has an instrument and an id there.",
                )

    def check(self, after, before):
        if missing := list(self.missing(after)):
            yield from missing
            return
        yield from super().check(after, before)
        wider = _wider(after)
        if not wider:
            return
        if wider == f"{after['instrument']}:{after['code']}":
            yield "parent", "It cannot be a part of itself."
        elif wider not in self.foreseen and wider not in self.keys:
            yield (
                "parent",
                f"there is no {after['parent'][:60]} in this instrument: add it first, or in the same file.",
            )

    def apply(self, row: Any, after: State) -> None:
        super().apply(row, after)
        row.instrument_id = self.slugs[after["instrument"]]
        row.parent_id = self.keys.get(_wider(after))
        row.replaces_id = self.keys.get(after["replaces"])
        if row.pk is None:
            others = Provision.objects.filter(instrument=row.instrument_id)
            last = others.aggregate(last=Max("position"))["last"]
            row.position = (last or 0) + 1

    def write(self, wanted, author):
        """What others are parts of comes first, and each new one after those that stand."""
        for one in _wider_first(wanted):
            super().write([one], author)
            name = f"{one.after['instrument']}:{one.after['code']}"
            self.keys[name] = one.key

    def _unchanged(self, after, before):
        return {"instrument", "code"} if before else set()

    def title(self, state):
        return f"{state['instrument']} {state['code']} {state['name']}"


class NotCoveredLaws(ModelImporter):
    """What of them is not covered; each new one after those that stand."""

    name = "not-covered"
    label = "Laws, codes and standards that are not covered"
    noun = "law"
    model = NotCovered
    permission = "catalogue.change_notcovered"
    naming = ("name",)
    plain = ("name", "reason")

    def all_fields(self):
        return [
            of_model(NotCovered, "name", "title"),
            of_model(NotCovered, "reason", "why", "note"),
        ]

    def identities(self, values):
        if values.get("name"):
            return [("name", values["name"])]
        return []

    def find(self, identities):
        rows = NotCovered.objects.filter(
            name__in=[value for _, value in identities],
        ).order_by()
        return {
            ("name", name): pk for name, pk in rows.values_list("name", "pk")
        }

    def apply(self, row, after):
        super().apply(row, after)
        if row.pk is None:
            last = NotCovered.objects.aggregate(last=Max("position"))["last"]
            row.position = (last or 0) + 1

    def title(self, state):
        return state["name"]


def _wider(state: State) -> str:
    """“instrument:id” of what it is part of; empty: of nothing."""
    if not state["parent"]:
        return ""
    return f"{state['instrument']}:{state['parent']}"


def _wider_first(wanted: list[Any]) -> list[Any]:
    """Each after what it is part of; those of a circle, which forms refuse, come last."""
    waiting = {
        f"{one.after['instrument']}:{one.after['code']}": one for one in wanted
    }
    in_order: list[Any] = []
    while waiting:
        ready = [
            name
            for name, one in waiting.items()
            if _wider(one.after) not in waiting
        ]
        for name in ready or list(waiting):
            in_order.append(waiting.pop(name))
    return in_order
