"""Mappings, in a file of their own, or beside the mitigation that states them."""

from functools import cached_property
from typing import Any

from catalogue.files.importing.errors import CellError
from catalogue.files.importing.values import choice, is_empty, text_from
from catalogue.models import Classification, Mapping, Mitigation, Provision

from .base import State, member, of_model
from .of_models import ModelImporter

RELATIONS = dict(Mapping.Relation.choices)
FORCES = dict(Mapping.Force.choices)
CONFIDENCES = dict(Classification.Confidence.choices)
OF_PROVISION = ("provision_instrument", "provision_code")
OF_ENTRY = ("framework", "framework_version", "entry")


def mapping_from(
    entry: dict[str, Any],
    coder: str,
) -> tuple[str, dict[str, str]]:
    """(target, mapping) of an object, shaped as the API has it. A target is an accession,
    “instrument:id” of a provision, or “framework@version:entry”.
    """
    ends = {}
    for end in ("source", "target"):
        given = entry.get(end) or entry.get(f"{end}_accession") or ""
        ends[end] = text_from(
            given.get("accession", "") if isinstance(given, dict) else given,
        ).strip()
    named = {
        name: text_from(entry.get(name) or "").strip()
        for name in (*OF_ENTRY, "entry_name")
    }
    target = (
        ends["target"]
        or _provision_of(entry)
        or f"{named['framework']}@{named['framework_version']}:{named['entry']}"
    )
    if target.startswith(("@", ":")) or target.endswith(":"):
        raise CellError(
            "a mapping leads to a mitigation, to a provision or to an entry of a framework: write relation:accession, or JSON as "
            "the API has it.",
        )
    note = entry.get("note")
    mapping = {
        "source": ends["source"],
        "relation": choice(text_from(entry.get("relation") or ""), RELATIONS),
        "force": _choice_or_nothing(entry.get("force"), FORCES),
        "entry_name": named["entry_name"],
        "asserted_by": text_from(entry.get("asserted_by") or coder),
        "confidence": _choice_or_nothing(
            entry.get("confidence"),
            CONFIDENCES,
        ),
        "note": "" if is_empty(note) else text_from(note),
    }
    if ":" in target and not is_of_framework(target):
        _refuse_unsaid(target, mapping)
    return target, mapping


def _refuse_unsaid(provision: str, mapping: dict[str, str]) -> None:
    """As the database does: of a provision it is said what it does about the measure, and why."""
    missing = [name for name in ("force", "note") if not mapping[name]]
    if missing:
        raise CellError(
            f"the mapping to {provision[:60]} has no {' and no '.join(missing)}: what a provision does about the measure, and why, "
            "is always said. Give it as JSON with force and note, or in a file of mappings.",
        )


def _choice_or_nothing(cell: Any, choices: dict[str, Any]) -> str:
    return "" if is_empty(cell) else str(choice(text_from(cell), choices))


def _provision_of(entry: dict[str, Any]) -> str:
    """“instrument:id”; empty: it names no provision."""
    named = entry.get("provision") or {}
    if not isinstance(named, dict):
        return text_from(named).strip()
    slug = named.get("instrument") or entry.get("provision_instrument") or ""
    code = named.get("code") or entry.get("provision_code") or ""
    if not slug and not code:
        return ""
    return f"{text_from(slug).strip()}:{text_from(code).strip()}"


def is_of_framework(target: str) -> bool:
    """Whether a target that is no mitigation is an entry of a framework: a slug has no “@”."""
    return "@" in target.partition(":")[0]


def target_of(target: str) -> dict[str, str]:
    """The fields of an entry of a framework, from how a state names it."""
    framework, _, rest = target.partition("@")
    version, _, entry = rest.partition(":")
    return {
        "framework": framework,
        "framework_version": version,
        "entry": entry,
    }


class Mappings(ModelImporter):
    name = "mappings"
    label = "Mappings"
    noun = "mapping"
    model = Mapping
    options = ("coder", "empty_cells")
    permission = "catalogue.change_mapping"
    naming = (
        "source_accession",
        "target_accession",
        *OF_PROVISION,
        *OF_ENTRY,
    )
    plain = (
        "relation",
        "force",
        *OF_ENTRY,
        "entry_name",
        "asserted_by",
        "confidence",
        "note",
    )
    derived = (
        "source_name",
        "source_page_url",
        "target_name",
        "target_page_url",
        "provision_name",
    )

    def all_fields(self):
        return [
            member(
                "source_accession",
                "mitigation",
                self._accession,
                "Accession of the mitigation that is mapped.",
                "source",
                "from",
                "mitigation",
                is_kept=True,
            ),
            of_model(Mapping, "relation", "match", example="closeMatch"),
            member(
                "target_accession",
                "target",
                self._accession,
                "Accession of the mitigation that it is mapped to.",
                "target",
                "to",
            ),
            member(
                "provision_instrument",
                "law, code or standard",
                lambda cell: text_from(cell).strip(),
                "Slug of the law, code or standard whose provision it is mapped to, such as eu-ai-act.",
                "instrument",
            ),
            member(
                "provision_code",
                "provision",
                lambda cell: text_from(cell).strip(),
                "Id of the provision there, such as Article 9.",
                "provision",
            ),
            of_model(Mapping, "force", "ask", example="requires"),
            *(of_model(Mapping, name, is_exact=True) for name in OF_ENTRY),
            of_model(Mapping, "entry_name"),
            of_model(Mapping, "asserted_by", "by", "who"),
            of_model(Mapping, "confidence", "how sure"),
            of_model(Mapping, "note", "why", "reason"),
        ]

    @cached_property
    def accessions(self) -> dict[str, int]:
        return dict(
            Mitigation.objects.order_by().values_list("accession", "pk"),
        )

    @cached_property
    def provisions(self) -> dict[str, int]:
        return Provision.objects.by_key()

    def _accession(self, cell: Any) -> str:
        text = text_from(cell).strip().upper()
        if text not in self.accessions:
            raise CellError(
                f"there is no mitigation {text[:60]} here: correct it, or import that mitigation first.",
            )
        return text

    def rows(self):
        return (
            super()
            .rows()
            .select_related(
                "source",
                "target",
                "provision__instrument",
            )
        )

    def identities(self, values):
        if name := self._ends(values):
            return [("ends", name)]
        return []

    def _ends(self, state: State) -> str:
        entry = "\t".join(state.get(name) or "" for name in OF_ENTRY)
        target = state.get("target_accession") or _provision_of(state) or entry
        return f"{state.get('source_accession', '')}\t{target}"

    def find(self, identities):
        sources = {value.partition("\t")[0] for _, value in identities}
        rows = self.rows().filter(source__accession__in=sources)
        ends = {self._ends(self.state(row)): row.pk for row in rows}
        return {
            identity: ends[identity[1]]
            for identity in identities
            if identity[1] in ends
        }

    def state(self, row):
        return {
            "source_accession": row.source.accession if row.source_id else "",
            "target_accession": row.target.accession if row.target_id else "",
            **self._provision(row),
            **super().state(row),
        }

    def _provision(self, row: Mapping) -> dict[str, str]:
        provision = row.provision
        if provision is None:
            return dict.fromkeys(OF_PROVISION, "")
        slug = provision.instrument.slug
        return dict(zip(OF_PROVISION, (slug, provision.code), strict=True))

    def blank(self):
        return {**super().blank(), "asserted_by": self.given.coder}

    def apply(self, row, after):
        super().apply(row, after)
        row.source_id = self.accessions.get(after["source_accession"])
        row.target_id = self.accessions.get(after["target_accession"])
        row.provision_id = self.provisions.get(_provision_of(after))

    def missing(self, after):
        if not after["source_accession"]:
            yield (
                "source_accession",
                "this is missing: name the mitigation that is mapped.",
            )
        provision = _provision_of(after)
        if provision and provision not in self.provisions:
            yield (
                "provision_code",
                f"there is no provision {provision[:60]} here: give the slug of the law, code or standard, and the id of one of "
                "its provisions.",
            )

    def check(self, after, before):
        if missing := list(self.missing(after)):
            yield from missing
            return
        yield from super().check(after, before)
        if before is None and after["target_accession"]:
            back = Mapping.objects.filter(
                source=self.accessions[after["target_accession"]],
                target=self.accessions[after["source_accession"]],
            )
            if back.exists():
                yield (
                    "target_accession",
                    "these two are mapped already, in the other direction: change it there.",
                )

    def _unchanged(self, after, before):
        # A mapping that stands would be found in its own way.
        own = {"source", "target", "provision", *OF_ENTRY}
        return own if before else set()

    def title(self, state):
        ends = (
            state["target_accession"]
            or _provision_of(state)
            or f"{state['framework']} {state['entry']}"
        )
        return f"{state['source_accession']} {state['relation']} {ends}"

    def is_public(self, before, after):
        ends = {after["source_accession"], after["target_accession"]} - {""}
        return Mitigation.objects.published().filter(
            accession__in=ends,
        ).count() == len(ends)
