"""What laws, codes and standards ask about a measure, in words that say no more than is recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db.models import F
from django.utils.formats import date_format

from ..listing.index import current_index
from ..models import Instrument, Mapping, Mitigation, Provision
from ..models.mapping import ASKED_AS

NO_ADVICE = (
    "This is no legal advice. Whether a provision asks for a measure is judged from its text; "
    "read that text before you rely on it."
)
NOT_LOOKED_AT = "Not yet looked at: whether laws, codes and standards ask for this measure."

#: Of whom law asks, in sentences on several measures.
OF_WHOM = "of those whom it binds"

_Words = dict[str, str]
#: What each force is called, by the kind of what has it: only law requires. A code commits those
#: who sign it, and a framework or standard asks. Of one measure and of several.
_OF_LAW: _Words = {
    Mapping.Force.REQUIRES: "requires",
    Mapping.Force.OWN: "has the developer set its own rules on",
    Mapping.Force.EXAMPLE: "names as an example",
    Mapping.Force.DISCLOSE: "requires disclosure of",
    Mapping.Force.SUGGESTS: "suggests",
    # Of an entry in free text, where nobody said what it does.
    "": "concerns",
}
_OF_CODE: _Words = {
    **_OF_LAW,
    Mapping.Force.REQUIRES: "commits signatories to",
    Mapping.Force.OWN: "commits signatories to rules of their own on",
    Mapping.Force.DISCLOSE: "commits signatories to disclosure of",
}
_OF_OTHERS: _Words = {
    **_OF_LAW,
    Mapping.Force.REQUIRES: "asks for",
    Mapping.Force.OWN: "asks for rules of one's own on",
    Mapping.Force.DISCLOSE: "asks for disclosure of",
}
_WORDS_BY_KIND = {
    Instrument.Kind.LAW: _OF_LAW,
    Instrument.Kind.CODE: _OF_CODE,
}


def verb_of(kind: str, force: str) -> str:
    """What an instrument of a kind does about a measure with a force. All pages, lists, files and
    the API take it from here, and so do sentences that count several measures.
    """
    return _WORDS_BY_KIND.get(Instrument.Kind(kind), _OF_OTHERS)[force]


#: Of what names a measure as one way to do the wider thing that it asks for.
_WIDER = "asks for something wider and names this measure as an example"


def asks(mapping: Mapping) -> str:
    """What the provision of a mapping does about the measure: “requires a part of this measure”.
    The relation stands beside the force, always.
    """
    asked = ASKED_AS[Mapping.Relation(mapping.relation)]
    if mapping.force == Mapping.Force.EXAMPLE:
        is_wider = mapping.relation == Mapping.Relation.BROAD
        return _WIDER if is_wider else f"names {asked} as an example"
    kind = Instrument.Kind.COMMUNITY.value
    if mapping.provision:
        kind = mapping.provision.instrument.kind
    verb = verb_of(kind, mapping.force)
    return f"{verb} {asked}"


@dataclass(frozen=True)
class Applied:
    """To whom a provision applies, and from when; each empty where that is not recorded. As text:
    “large frontier developers, from 1 January 2027 (still ahead on 30 November 2026)”.
    """

    whom: str
    from_when: str

    def __bool__(self) -> bool:
        return bool(self.whom or self.from_when)

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.whom, self.from_when]))


def applies(provision: Provision) -> Applied:
    return Applied(provision.applies_to, from_when(provision))


def after_verb(applied: Applied) -> str:
    """It, to stand behind “applies”: “to large frontier developers, from …”, or the day alone."""
    return f"to {applied}" if applied.whom else applied.from_when


def asking_about(keys: Sequence[int]) -> list[list[Any]]:
    """What laws, codes and standards ask about each of some published mitigations: mappings, each
    with its `source_name`, in the order of their instruments and provisions. They are everybody's:
    change none. Three queries, and none for what was read before.
    """
    return current_index().per_mitigation("asked about it", keys, _read_asking)


def _read_asking(keys: list[int]) -> dict[int, list[Any]]:
    """Sixty mitigations have hundreds: each provision and each instrument is read once."""
    rows = Mapping.objects.published().of_provisions()
    named = rows.annotate(source_name=F("source__name"))
    mappings = list(named.filter(source__in=keys).select_related(None))
    provisions = Provision.objects.select_related(None).in_bulk(
        {one.provision_id for one in mappings},
    )
    instruments = Instrument.objects.in_bulk(
        {one.instrument_id for one in provisions.values()},
    )
    for provision in provisions.values():
        provision.instrument = instruments[provision.instrument_id]
    found: dict[int, list[Any]] = {key: [] for key in keys}
    for mapping in mappings:
        mapping.provision = provisions[mapping.provision_id]
        found[mapping.source_id].append(mapping)
    return found


def by_instrument(
    mappings: Iterable[Mapping],
) -> dict[Instrument, list[Mapping]]:
    """Mappings to provisions under their law, code or standard, each in the order given."""
    found: dict[Instrument, list[Mapping]] = {}
    for mapping in mappings:
        if mapping.provision:
            instrument = mapping.provision.instrument
            found.setdefault(instrument, []).append(mapping)
    return found


def cited(provisions: Sequence[Provision]) -> str:
    """Provisions of one instrument, to stand by themselves: “California SB 53, California Business
    and Professions Code 22757.12(a), 22757.12(c)”. A code is named where its sections begin.
    """
    parts = []
    named = ""
    for one in dict.fromkeys(provisions):
        code = one.section_of
        is_new = bool(code) and code != named
        parts.append(f"{code} {one.code}" if is_new else one.code)
        named = code
    title = provisions[0].instrument.short_title
    return f"{title}, {', '.join(parts)}"


def unverified_note(provision: Provision) -> str:
    """To stand behind its code; empty: it was verified."""
    return "" if provision.is_verified else " (not verified)"


def whose_numbers(provisions: Iterable[Provision]) -> list[str]:
    """What their numbers are, once of each instrument, where many of them stand together: “Numbers
    of New York RAISE are those of sections of the New York General Business Law, unless another is
    named.”
    """
    found = {}
    for one in provisions:
        if one.section_of:
            of = one.instrument
            found[of.pk] = (
                f"Numbers of {of.short_title} are those of {of.sections_in_words}."
            )
    return list(found.values())


def kind_with_code(provisions: Sequence[Provision]) -> str:
    """What kind of instrument some of its provisions are of, and of which code they are sections:
    “binding law, in the New York General Business Law”.
    """
    kind = provisions[0].instrument.get_kind_display()
    for code in filter(None, [one.section_of for one in provisions]):
        return f"{kind}, in the {code}"
    return kind


@dataclass(frozen=True)
class Answer:
    """A mitigation that a provision asks for, and how."""

    mapping: Mapping

    @property
    def mitigation(self) -> Mitigation:
        return self.mapping.source

    @property
    def asks(self) -> str:
        return asks(self.mapping)

    @property
    def applies(self) -> Applied | None:
        provision = self.mapping.provision
        return applies(provision) if provision else None

    @property
    def judged(self) -> str:
        """Who says so, and how sure: “Catalogue editors, confidence high”."""
        who = self.mapping.asserted_by
        if not self.mapping.confidence:
            return who
        return f"{who}, confidence {self.mapping.get_confidence_display()}"


def noted_on_day(provision: Provision) -> str:
    """What its first day does not say: that it is not the same for all, or who has longer."""
    notes = [provision.applies_from_note, provision.longer_for]
    return "; ".join(note.rstrip(".") for note in notes if note)


@cache
def day_in_words(day: date) -> str:
    """“30 November 2026”. Kept: a page tells of hundreds of provisions, which begin on few days."""
    return date_format(day, "j F Y")


def day_with_note(provision: Provision) -> str:
    """The first day of what law asks, with what is noted on it, which may begin with the day, and
    who has longer. Empty: no day is known.
    """
    begins = provision.begins_on
    if begins is None:
        return ""
    day = day_in_words(begins)
    note = noted_on_day(provision)
    first = provision.applies_from_note.rstrip(".")
    if first.startswith(day):
        day = first
        note = provision.longer_for.rstrip(".")
    return f"{day} ({note})" if note else day


def from_when(provision: Provision) -> str:
    """“from 1 January 2027 (still ahead on 30 November 2026)”; empty where it is of no law."""
    begins = provision.begins_on
    if begins is None:
        return ""
    text = f"from {day_with_note(provision)}"
    looked_at = provision.instrument.checked_on
    if looked_at and provision.is_ahead:
        text += f" (still ahead on {day_in_words(looked_at)})"
    return text
