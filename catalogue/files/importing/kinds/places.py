"""How columns look at the classifications of a mitigation: a code, a list of codes, all of them
with their reasons, or one reason.

In a state they stand by “taxonomy:code”, each with `primary`, `rationale`, `coder`,
`confidence` and `origin`.
"""

from typing import Any

from catalogue.files.importing.errors import CellError
from catalogue.files.importing.values import (
    LETTER,
    LOOSE,
    Categories,
    choice,
    is_empty,
    objects,
    several,
    text_from,
    truth,
)
from catalogue.models import Classification

from .base import Field, Options, State
from .place_attributes import (
    CONFIDENCES,
    ORIGINS,
    AttributesOfPlaces,
    Place,
    placed,
    primary_place,
)


class Places:
    """Fields of classifications, as a file's options have them."""

    def __init__(
        self,
        options: Options,
        taxonomies: dict[str, Categories],
        default: str,
        risks: str,
    ):
        self.options = options
        self.taxonomies = taxonomies
        self.default = default
        self.risks = risks
        self.attributes = AttributesOfPlaces(self.new(False))

    def new(self, is_primary: bool) -> Place:
        return {
            "primary": is_primary,
            "rationale": self.options.rationale,
            "coder": self.options.coder,
            "confidence": self.options.confidence,
            "origin": self.options.origin
            or str(Classification.Origin.PROJECT),
        }

    def fields(self) -> list[Field]:
        found = [self._details(), self._all()]
        if self.default:
            found += [self._primary(), *self._attributes()]
        if self.risks:
            found += [
                self._codes(
                    "risks",
                    "risks addressed",
                    self.risks,
                    "risk",
                    "risk codes",
                    "risk domain",
                    "risks addressed",
                ),
                self.attributes.field(
                    "rationale",
                    "risk_rationale",
                    "reason for the risks",
                    self.risks,
                    "risk reasoning",
                ),
            ]
        for slug in self.taxonomies:
            found += self._in_taxonomy(slug)
        return found

    def _in_taxonomy(self, slug: str) -> list[Field]:
        return [
            self._codes(
                f"category@{slug}",
                f"categories in {slug}",
                slug,
                slug,
                f"{slug} code",
                f"{slug} category",
            ),
            self.attributes.field(
                "rationale",
                f"rationale@{slug}",
                f"reason in {slug}",
                slug,
                f"{slug} rationale",
                f"{slug} reasoning",
            ),
            self.attributes.field(
                "origin",
                f"origin@{slug}",
                f"origin in {slug}",
                slug,
                f"{slug} origin",
            ),
            self.attributes.field(
                "coder",
                f"coder@{slug}",
                f"who placed it there in {slug}",
                slug,
                f"{slug} coder",
            ),
            self.attributes.field(
                "confidence",
                f"confidence@{slug}",
                f"how sure they were in {slug}",
                slug,
                f"{slug} confidence",
            ),
        ]

    # All of them

    def _all(self) -> Field:
        def read(cell: Any) -> list[str] | dict[str, Place]:
            values = several(cell, LOOSE)
            if values and isinstance(values[0], dict):  # as the API has them
                return self._read_details(values)
            return list(dict.fromkeys(self._named(value) for value in values))

        def holds(state: State, value: Any) -> bool:
            if isinstance(value, dict):
                return bool(state["classifications"] == value)
            return set(state["classifications"]) == set(
                value,
            ) and _same_firsts(state, value)

        def put(state: State, value: Any) -> None:
            if isinstance(value, dict):
                state["classifications"] = {
                    name: {**place} for name, place in value.items()
                }
            else:
                self._place(state, value, state["classifications"])

        return Field(
            "classifications",
            "all classifications",
            read,
            holds,
            put,
            help="All its places as taxonomy:code, the primary one of each taxonomy first.",
            empty=[],
            synonyms=("places",),
            example="taxonomy:2.3.1",
        )

    def _named(self, value: Any) -> str:
        slug, _, code = text_from(value).partition(":")
        if slug not in self.taxonomies:
            raise CellError(
                f"“{text_from(value)[:60]}” names no taxonomy: write taxonomy:code, with one of {', '.join(self.taxonomies)}.",
            )
        return f"{slug}:{self.taxonomies[slug](code)}"

    def _place(
        self,
        state: State,
        names: list[str],
        before: dict[str, Place],
    ) -> None:
        """Puts it into just these places; the first of each taxonomy becomes primary."""
        seen: set[str] = set()
        after: dict[str, Place] = {}
        for name in names:
            taxonomy = name.partition(":")[0]
            after[name] = {
                **before.get(name, self.new(False)),
                "primary": taxonomy not in seen,
            }
            seen.add(taxonomy)
        state["classifications"] = after

    def _details(self) -> Field:
        return Field(
            "classification_details",
            "all classifications with their reasons",
            self._read_details,
            holds=lambda state, places: bool(
                state["classifications"] == places,
            ),
            put=lambda state, places: state.__setitem__(
                "classifications",
                {n: {**p} for n, p in places.items()},
            ),
            help="JSON, as exports have it: taxonomy, code, is_primary, rationale, coder, confidence, origin.",
            empty={},
        )

    def _read_details(self, cell: Any) -> dict[str, Place]:
        found: dict[str, Place] = {}
        for entry in objects(cell):
            name = self._named(
                f"{entry.get('taxonomy', '')}:{entry.get('code', '')}",
            )
            if name in found:
                raise CellError(
                    f"{name} stands here twice: delete one of them.",
                )
            found[name] = self._place_of(name, entry, found)
        return found

    def _place_of(
        self,
        name: str,
        entry: dict[str, Any],
        others: dict[str, Place],
    ) -> Place:
        taxonomy = name.partition(":")[0]
        is_first = not any(
            other.partition(":")[0] == taxonomy and place["primary"]
            for other, place in others.items()
        )
        is_primary = (
            truth(entry["is_primary"]) if "is_primary" in entry else is_first
        )
        if is_primary and not is_first:
            raise CellError(
                f"{taxonomy} has two primary places: set is_primary of one of them to false.",
            )
        place = self.new(is_primary)
        for attribute in ("rationale", "coder"):
            if not is_empty(entry.get(attribute)):
                place[attribute] = text_from(entry[attribute])
        if not is_empty(entry.get("confidence")):
            place["confidence"] = choice(
                text_from(entry["confidence"]),
                CONFIDENCES,
            )
        if not is_empty(entry.get("origin")):
            place["origin"] = choice(text_from(entry["origin"]), ORIGINS)
        return place

    # In one taxonomy

    def _codes(
        self,
        name: str,
        label: str,
        taxonomy: str,
        *synonyms: str,
    ) -> Field:
        return Field(
            name,
            label,
            self.taxonomies[taxonomy].each,
            holds=lambda state, codes: (
                sorted(placed(state, taxonomy)) == sorted(codes)
                and placed(state, taxonomy)[:1] == codes[:1]
            ),
            put=lambda state, codes: self._place(
                state,
                self._with(state, taxonomy, codes),
                state["classifications"],
            ),
            help=f"By code, name, or both, in {self.taxonomies[taxonomy].noun.removeprefix('category in ')}. The first is primary.",
            synonyms=synonyms,
            empty=[],
            doubt=lambda before, codes, cell: self._lost_zero(
                before,
                taxonomy,
                codes,
                cell,
            ),
        )

    def _lost_zero(
        self,
        before: State,
        taxonomy: str,
        codes: list[str],
        cell: Any,
    ) -> str:
        """Whether a bare code may be the one that stands, from which a spreadsheet has dropped
        the last zero.
        """
        if LETTER.search(
            text_from(cell),
        ):  # the name is given too, and was compared
            return ""
        stands = placed(before, taxonomy)
        for code in codes:
            longer = f"{code}0"
            if longer in stands and code not in stands and longer not in codes:
                return (
                    f"{code} may be {longer}, where it stands, since a spreadsheet drops the last zero: format the column as "
                    f"text. If {code} is meant, write “{code} {self.taxonomies[taxonomy].names[code]}”."
                )
        return ""

    def _with(
        self,
        state: State,
        taxonomy: str,
        codes: list[str],
    ) -> list[str]:
        """The names of all places, with these in one taxonomy and those of others as they are."""
        slugs = dict.fromkeys(
            [
                *(name.partition(":")[0] for name in state["classifications"]),
                taxonomy,
            ],
        )
        return [
            f"{s}:{code}"
            for s in slugs
            for code in (codes if s == taxonomy else placed(state, s))
        ]

    def _primary(self) -> Field:
        taxonomy = self.default

        def put(state: State, code: str) -> None:
            others = [
                other for other in placed(state, taxonomy)[1:] if other != code
            ]
            self._place(
                state,
                self._with(state, taxonomy, [code, *others]),
                state["classifications"],
            )

        return Field(
            "code",
            "category",
            self.taxonomies[taxonomy],
            holds=lambda state, code: (
                placed(state, taxonomy)[:1] == [code]
                and primary_place(state, taxonomy) is not None
            ),
            put=put,
            help="Its primary place in the default taxonomy: “2.3.1 Name”, “2.3.1” or “Name”.",
            synonyms=(
                "category code",
                "classification",
                "class",
                "class label",
            ),
            is_kept=True,
            example="2.3.1",
            doubt=lambda before, code, cell: self._lost_zero(
                before,
                taxonomy,
                [code],
                cell,
            ),
        )

    def _attributes(self) -> list[Field]:
        slug = self.default
        return [
            self.attributes.field(
                "rationale",
                "rationale",
                "reason for the category",
                slug,
                "reasoning",
                "reason",
                "justification",
                "because",
            ),
            self.attributes.field(
                "origin",
                "classification_origin",
                "origin of the category",
                slug,
                "origin",
            ),
            self.attributes.field(
                "coder",
                "classification_coder",
                "who placed it there",
                slug,
                "coder",
                "coded by",
            ),
            self.attributes.field(
                "confidence",
                "classification_confidence",
                "how sure they were",
                slug,
                "confidence",
                "certainty",
            ),
        ]


def _same_firsts(state: State, names: list[str]) -> bool:
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name.partition(":")[0], name)
    return all(
        state["classifications"][name]["primary"] for name in firsts.values()
    )
