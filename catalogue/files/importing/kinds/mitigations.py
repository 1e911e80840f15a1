"""Mitigations, with all that belongs to them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from catalogue.files.importing.values import (
    Categories,
    Entries,
)
from catalogue.models import (
    Category,
    ExternalIdentifier,
    IssuedAccession,
    Mapping,
    Mitigation,
    Provision,
    Taxonomy,
)
from catalogue.models.mitigation import among

from .base import Identity, Importer, State
from .mappings import is_of_framework
from .mitigation_fields import EVIDENCE, documents_by_name, fields_of
from .mitigation_rows import IMPORTED, PLAIN, Writer
from .mitigation_states import states_of, without_parts
from .names_in_documents import NamesInDocuments
from .places import Places

#: Of signs: three sentences of some length have 500.
LONG_DESCRIPTION = 1000
TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
#: Which status a file may give in the place of which. Other steps are taken here, one by one,
#: with a reason.
STEPS = {("draft", "published")}


class Mitigations(Importer):
    name = "mitigations"
    label = "Mitigations"
    noun = "mitigation"
    model = Mitigation
    options = (
        "document",
        "scheme",
        "coder",
        "rationale",
        "origin",
        "confidence",
        "publish",
        "keep_accessions",
        "empty_cells",
    )
    permission = "catalogue.change_mitigation"
    naming = (
        "accession",
        "key",
        "external_identifiers",
        "external_identifier_details",
    )
    derived = (
        "preliminary_notice",
        "document_label",
        "document_title",
        "document_year",
        "document_page_url",
        "document_name",
        "phase_names",
        "actor_names",
        "function_names",
        "category",
        "risk_names",
        "created_at",
        "updated_at",
        "page_url",
        "api_url",
        "evidence",
        "comments",
    )

    def __init__(self, options):
        self.foreseen: set[str] = set()
        self.writer = Writer()
        super().__init__(options)

    def is_derived(self, column):
        return column in self.derived or column.endswith(EVIDENCE)

    # Fields

    def all_fields(self):
        fields = []
        for declared in IMPORTED:
            fields += fields_of(declared, self)
        return fields

    @cached_property
    def documents(self) -> Entries:
        return documents_by_name()

    @cached_property
    def places(self) -> Places:
        taxonomies = list(Taxonomy.objects.order_by("position", "slug"))
        names = defaultdict(list)
        for taxonomy, code, name in Category.objects.order_by(
            "path",
        ).values_list("taxonomy", "code", "name"):
            names[taxonomy].append((code, name))
        known = {
            one.slug: Categories(one.slug, one.short_title, names[one.pk])
            for one in taxonomies
        }
        default = next((one.slug for one in taxonomies if one.is_default), "")
        return Places(
            self.given,
            known,
            default,
            next((one.slug for one in taxonomies if one.is_of_risks), ""),
        )

    # Which is meant

    def identities(self, values):
        found = (
            [("accession", values["accession"])]
            if values.get("accession")
            else []
        )
        for name in (
            "key",
            "external_identifiers",
            "external_identifier_details",
        ):
            found += [("identifier", one) for one in values.get(name, {})]
        return list(dict.fromkeys(found))

    def find(self, identities):
        accessions = [value for by, value in identities if by == "accession"]
        rows = (
            Mitigation.objects.filter(accession__in=accessions)
            .order_by()
            .values_list("accession", "pk")
        )
        found: dict[Identity, int] = {
            ("accession", accession): pk for accession, pk in rows
        }
        wanted = {value for by, value in identities if by == "identifier"}
        schemes = {name.partition(":")[0] for name in wanted}
        values = {name.partition(":")[2] for name in wanted}
        if wanted:
            of_values = ExternalIdentifier.objects.filter(
                scheme__in=schemes,
                value__in=values,
            ).order_by()
            for scheme, value, pk in of_values.values_list(
                "scheme",
                "value",
                "mitigation",
            ):
                if f"{scheme}:{value}" in wanted:
                    found["identifier", f"{scheme}:{value}"] = pk
        return found

    def prepare(self, identities):
        self.foreseen = {
            value for by, value in identities if by == "accession"
        }

    def unknown(self, identity):
        by, value = identity
        if by != "accession":
            return ""
        if int(value[1:]) in self._issued:
            return f"{value} was given to a mitigation that was deleted, and is never used again: leave the cell empty."
        if not self.given.keep_accessions:
            return (
                f"there is no {value} here. Leave the cell empty for a new mitigation, which gets its own; or tick that "
                "accessions are taken from the file."
            )
        return ""

    @cached_property
    def _issued(self) -> set[int]:
        return set(IssuedAccession.objects.values_list("number", flat=True))

    # What it is

    def blank(self):
        status = (
            Mitigation.Status.PUBLISHED
            if self.given.publish
            else Mitigation.Status.DRAFT
        )
        document = (
            self.documents(self.given.document) if self.given.document else ""
        )
        plain = {
            name: Mitigation._meta.get_field(attribute).get_default()
            for name, attribute in PLAIN.items()
        }
        return {
            "accession": "",
            "document": document,
            **plain,
            "status": str(status),
            **without_parts(),
        }

    def read(self, keys):
        return states_of(keys)

    def missing(self, after):
        for name in ("name", "description", "document"):
            if not after[name]:
                yield (
                    name,
                    "this is missing: a mitigation needs a name, a description and a document.",
                )

    def check(self, after, before):
        yield from self.missing(after)
        if (
            before is None
            and not after["accession"]
            and self.foreseen
            and self.given.keep_accessions
        ):
            yield (
                "accession",
                "give every mitigation of the file an accession, or none.",
            )
        if after["name"] and after["description"] == after["name"]:
            yield (
                "description",
                "Describe the mitigation in other words than its name.",
            )
        was = before["status"] if before else "draft"
        if after["status"] != was and (was, after["status"]) not in STEPS:
            yield (
                "status",
                f"a file does not make what is {was.replace('_', ' ')} {after['status'].replace('_', ' ')}: do so here.",
            )
        for name, place in after["classifications"].items():
            if before is None or before["classifications"].get(name) != place:
                yield from self._check_place(name, place)
        for target, mapping in after["mappings"].items():
            if before is None or before["mappings"].get(target) != mapping:
                yield from self._check_mapping(after, target, mapping, before)

    def _check_place(
        self,
        name: str,
        place: dict[str, Any],
    ) -> Iterator[tuple[str, str]]:
        taxonomy, _, code = name.partition(":")
        is_default = taxonomy == self.places.default
        reason = "rationale" if is_default else f"rationale@{taxonomy}"
        coder = "classification_coder" if is_default else f"coder@{taxonomy}"
        if not place["rationale"]:
            yield (
                reason,
                f"say why it stands in {code}: a classification gives its reason, in a column “{reason}” or as “Reason” "
                "for all rows.",
            )
        if not place["coder"]:
            yield (
                coder,
                f"say who placed it there, in a column “{coder}” or as “Coder” for all rows.",
            )
        if len(place["coder"]) > 120:
            yield coder, "the name is longer than 120 signs: shorten it."

    def _check_mapping(
        self,
        after: State,
        target: str,
        mapping: Any,
        before: State | None,
    ) -> Iterator[tuple[str, str]]:
        if target == after["accession"]:
            yield "mappings", "A mitigation cannot be mapped to itself."
        elif not is_accession(target):
            if not is_of_framework(target) and target not in self._provisions:
                yield (
                    "mappings",
                    f"there is no provision {target[:60]} here: give the slug of a law, code or standard, and the id of one of "
                    "its provisions.",
                )
        elif mapping["force"]:
            yield (
                "mappings",
                "another mitigation asks for nothing: force is of provisions and entries.",
            )
        elif target not in self._accessions and not (
            self.given.keep_accessions and target in self.foreseen
        ):
            yield (
                "mappings",
                f"there is no {target} here to map it to: take it out, or import that mitigation first.",
            )
        elif (target, after["accession"]) in self._mapped:
            yield (
                "mappings",
                f"{target} is mapped to it already, from there: change it there.",
            )
        if not mapping["asserted_by"]:
            yield (
                "mappings",
                "say who says so (asserted_by), or name the coder for the whole file.",
            )

    @cached_property
    def _provisions(self) -> dict[str, int]:
        return Provision.objects.by_key()

    @cached_property
    def _accessions(self) -> set[str]:
        return set(
            Mitigation.objects.order_by().values_list("accession", flat=True),
        )

    @cached_property
    def _mapped(self) -> set[tuple[str, str]]:
        rows = Mapping.objects.filter(target__isnull=False).order_by()
        return set(rows.values_list("source__accession", "target__accession"))

    def closed(self, keys):
        withdrawn = Mitigation.objects.filter(
            pk__in=among(keys),
            status=Mitigation.Status.WITHDRAWN,
        )
        return {
            row.pk: _is_withdrawn(row)
            for row in withdrawn.select_related("replaced_by")
        }

    def warnings(self, after, number):
        yield from self.names.alike(after, number)
        if len(after["description"]) > LONG_DESCRIPTION:
            yield f"the description has {len(after['description']):,} signs: one to three sentences are read."
        for place, values in after["classifications"].items():
            if len(values["rationale"]) > LONG_DESCRIPTION:
                yield f"the reason for {place} has {len(values['rationale']):,} signs: one or two sentences are read."
        for name in ("name", "description"):
            if tag := TAG.search(after[name]):
                yield f"the {name} holds “{tag[0]}”, which readers will see as it is written: take markup out."

    @cached_property
    def names(self) -> NamesInDocuments:
        return NamesInDocuments()

    def same(self, after):
        return self.names.same(after)

    def words(self, name):
        return ONE_OF.get(name) or super().words(name)

    def title(self, state):
        return " ".join(filter(None, [state["accession"], state["name"]]))

    def is_public(self, before, after):
        was = before["status"] if before else ""
        return (
            Mitigation.Status.PUBLISHED in (was, after["status"])
            or was == Mitigation.Status.WITHDRAWN
        )

    def keeps_its_page(self, state):
        return state["status"] == Mitigation.Status.PUBLISHED

    def is_withdrawn(self, state):
        return state["status"] == Mitigation.Status.WITHDRAWN

    # Writing

    def write(self, wanted, author):
        self.writer.write(wanted, author)

    def finish(self, author):
        self.writer.finish(author)

    def remove(self, keys, author):
        return self.writer.remove(keys, author)

    def referred_to(self, keys, within):
        return self.writer.referred_to(keys, within)

    def withdraw(self, keys, author, note):
        self.writer.withdraw(keys, author, note)

    def touched_since(self, keys, author):
        return self.writer.touched_since(keys, author)


#: How one entry is told of what a state has by name.
ONE_OF = {
    "classifications": "classification",
    "external_identifiers": "external identifier",
    "mappings": "mapping",
}


def _is_withdrawn(row: Mitigation) -> str:
    instead = row.successor
    if instead is None:
        return f"it names {row.accession}, which was withdrawn: leave the row out."
    return (
        f"it names {row.accession}, which was withdrawn and replaced by {instead.accession}: leave the row out, or write "
        f"{instead.accession} into a column “accession”, and no key, to change that one."
    )


def is_accession(text: str) -> bool:
    return ":" not in text
