"""The mitigations that a reader chose: `m=` in an address, in the reader's own order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from urllib.parse import urlencode

from django import forms
from django.db.models.functions import Lower
from django.urls import reverse
from pyroaring import BitMap

from catalogue.fields import accession_from
from catalogue.listing.index import current_index
from catalogue.models import Mitigation
from catalogue.models.mitigation import MitigationQuerySet
from serving.parameters import clipped

PARAMETER = "m"
NO_SUCH = "There is no mitigation of this name."


class AnyNamesField(forms.MultipleChoiceField):
    """Names of mitigations: what there is not is told on the page, beside what there is."""

    def valid_value(self, value: str) -> bool:
        return True


@dataclass
class Selected:
    """What the names in an address are of.

    `mitigations` are published or withdrawn ones, each once, in the order requested. `unknown`
    are the names of which there is none, and `repeated` the accessions that were named more
    than once, in whatever spelling. `is_canonical`: each was named by its accession, as it is
    written here. `names`: the accession that each name is of.
    """

    mitigations: list[Mitigation] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    is_canonical: bool = True
    names: dict[str, str] = field(default_factory=dict)

    @property
    def accessions(self) -> list[str]:
        return [one.accession for one in self.mitigations]

    @property
    def published(self) -> list[Mitigation]:
        seen = Mitigation.Status.PUBLISHED
        return [one for one in self.mitigations if one.status == seen]

    @property
    def withdrawn(self) -> list[Mitigation]:
        seen = Mitigation.Status.PUBLISHED
        return [one for one in self.mitigations if one.status != seen]


def select(names: Iterable[str], rows: MitigationQuerySet) -> Selected:
    """Of `rows` the mitigations that are named: by their accessions, in any spelling (`m1`), or
    by the identifiers that other catalogues have for them (`AML.M0004`). Two queries beside
    those that `rows` makes, however many names there are.
    """
    names = [name.strip() for name in names if name.strip()]
    if not names:
        return Selected()
    seen = rows.with_page()
    accessions = _accessions(names, seen)
    by_accession = {
        one.accession: one
        for one in seen.filter(accession__in=accessions.values())
    }
    selected = Selected()
    taken = set()
    for name in names:
        mitigation = by_accession.get(accessions.get(name, ""))
        if mitigation is None:
            selected.unknown.append(name)
            continue
        selected.names[name] = mitigation.accession
        if name != mitigation.accession:
            selected.is_canonical = False
        if mitigation.pk in taken:
            selected.repeated.append(mitigation.accession)
        else:
            taken.add(mitigation.pk)
            selected.mitigations.append(mitigation)
    return selected


def not_there(selected: Selected) -> list[tuple[str, str]]:
    """Of each name of what was withdrawn or is unknown: what became of it, as a sentence."""
    told = []
    for one in selected.withdrawn:
        text = f"{one.name} is no longer in the catalogue. {one.withdrawal_notice}"
        if successor := one.successor:
            text += f" Use {successor.name} ({successor.accession}) instead."
        told.append((one.accession, text))
    for name in selected.unknown:
        told.append((clipped(name), NO_SUCH))
    return told


def _accessions(names: list[str], rows: MitigationQuerySet) -> dict[str, str]:
    """The accession that each name means, where it means just one."""
    accessions = {}
    others = []
    for name in names:
        if accession := accession_from(name):
            accessions[name] = accession
        elif name.isprintable():
            # PostgreSQL takes no NUL, and no identifier has what cannot be printed.
            others.append(name)
    if not others:
        return accessions
    named = (
        rows.annotate(identifier=Lower("external_identifiers__value"))
        .filter(identifier__in=[name.lower() for name in others])
        .order_by()
        .values_list("identifier", "accession")
    )
    by_identifier: dict[str, set[str]] = {}
    for identifier, accession in named:
        by_identifier.setdefault(identifier, set()).add(accession)
    for name in others:
        meant = by_identifier.get(name.lower(), set())
        if len(meant) == 1:
            accessions[name] = next(iter(meant))
    return accessions


def address_with(view: str, accessions: Iterable[str]) -> str:
    """The address of a page that takes chosen mitigations, with these."""
    query = urlencode([(PARAMETER, one) for one in accessions])
    return f"{reverse(view)}?{query}"


def further_wordings(
    mitigations: Iterable[Mitigation],
    rows: MitigationQuerySet,
) -> dict[int, list[Mitigation]]:
    """Of each, by key, its measure as other sources word it: those of `rows` that are not among
    `mitigations`. One query beside those that `rows` makes, or none.
    """
    chosen = BitMap(one.pk for one in mitigations)
    measures = current_index().measures
    keys = measures.within(chosen) - chosen
    if not keys:
        return {}
    there = {one.pk: one for one in rows.published_among(keys)}
    found = {}
    for key in chosen:
        others = measures.wordings_of(key) - chosen
        found[key] = [there[one] for one in others if one in there]
    return found


@dataclass(frozen=True)
class Overlap:
    """Two of a selection, and how they overlap as a sentence."""

    text: str
    pair: tuple[Mitigation, Mitigation]


def same_measure_pairs(mitigations: list[Mitigation]) -> list[Overlap]:
    """Each two of them that a mapping joins as the same measure."""
    measures = current_index().measures
    reworded = [one for one in mitigations if one.pk in measures.reworded]
    found = []
    for one, other in combinations(reworded, 2):
        if other.pk in measures.wordings_of(one.pk):
            text = (
                f"“{one.name}” ({one.document.label}) and “{other.name}” ({other.document.label}) are the same measure, "
                "worded by two sources."
            )
            found.append(Overlap(text, (one, other)))
    return found


def same_measures(mitigations: list[Mitigation]) -> list[str]:
    """A sentence for each two of them that a mapping joins as the same measure."""
    return [one.text for one in same_measure_pairs(mitigations)]
