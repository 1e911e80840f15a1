"""The filter by mitigations that a reader chose, each by its accession: `m=M0001&m=M0014`."""

from collections.abc import Iterable
from typing import ClassVar

from pyroaring import BitMap

from catalogue.fields import accession_from

from ..models import Mitigation
from .facet_filter import IndexFilter
from .index import Index
from .known_names import KnownNamesField


def as_accessions(names: Iterable[str]) -> list[str]:
    """Each as it is written here, so that “m1” is M0001; what looks like none stays as it is."""
    return [accession_from(name) or name for name in names]


class ChosenField(KnownNamesField):
    """Takes accessions of published mitigations, in any spelling."""

    none_such = ": there is no published mitigation of this number"

    def to_python(self, value):
        return as_accessions(super().to_python(value))

    def known(self, names):
        rows = Mitigation.objects.published().filter(accession__in=names)
        return set(rows.values_list("accession", flat=True))

    def told(self, names):
        if not names:
            return {}
        rows = Mitigation.objects.with_page().filter(accession__in=names)
        gone = [one for one in rows if one.withdrawal_notice]
        return {one.accession: _withdrawn(one) for one in gone}


def _withdrawn(one: Mitigation) -> tuple[str, str]:
    """What became of it, as the end of a sentence, and the accession of what replaces it."""
    notice = one.withdrawal_notice.rstrip(".")
    text = f": it was {notice[:1].lower()}{notice[1:]}"
    successor = one.successor
    if successor is None:
        return text, ""
    return (
        f"{text}; {successor.accession} “{successor.name}” stands in its place",
        successor.accession,
    )


class ChosenFilter(IndexFilter):
    """Those named, whatever else is asked for too."""

    field_class = ChosenField
    takes_several = True
    value_schema: ClassVar = {
        "type": "array",
        "items": {"type": "string", "pattern": r"^M\d{4,}$"},
    }
    explanation = "Accessions of mitigations: only these."

    def label_of(self, values: list[str]) -> str:
        return f"{len(set(as_accessions(values)))} chosen"

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        names = as_accessions(values)
        rows = Mitigation.objects.published().filter(accession__in=names)
        return keys & BitMap(rows.order_by().values_list("pk", flat=True))
