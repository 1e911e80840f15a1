"""What a shortlist covers, leaves open and lacks, in the API."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.response import Response

from catalogue.api.parameters import RELEASE, parameter

from .api import (
    ANSWERED_FOR,
    ChosenSerializer,
    ChosenViewSet,
    ComparedSerializer,
)
from .selected import same_measures
from .shortlist.asked import AskedFor
from .shortlist.coverage import Covered, FieldCoverage
from .shortlist.left_out import LeftOut
from .shortlist.overlaps import overlapping
from .shortlist.page import (
    Proposed,
    changes_of,
    coverage_of,
    filling_measures,
    proposed_measures,
)
from .shortlist.places import MOST
from .shortlist.since import Changed
from .shortlist.state import ShortlistState
from .shortlist.together import chosen_together


class CoveredSerializer(serializers.Serializer):
    """A value of a field: how many of the shortlist are recorded for it, and how many are in all."""

    parameter = serializers.CharField(help_text="The filter of the list.")
    value = serializers.CharField(help_text="The value of that filter.")
    name = serializers.CharField()
    named = serializers.CharField(
        help_text="With what its field is called, as pages say it: “Function: Measure”.",
    )
    here = serializers.IntegerField(
        help_text="How many of the shortlist are recorded for it.",
    )
    all = serializers.IntegerField(
        help_text="How many of the catalogue are, among those that bear on what the reader answers for.",
    )
    list_url = serializers.URLField(help_text="The page that lists these.")


class FieldCoverageSerializer(serializers.Serializer):
    """What a shortlist covers of a field: each value that at least one of it is recorded for, which does not say that a risk is controlled."""

    label = serializers.CharField()  # type: ignore[assignment]
    covered = serializers.IntegerField(help_text="So many of its values.")
    count = serializers.IntegerField(
        help_text="Of so many: not counted is what a taxonomy keeps for what fits nowhere else.",
    )
    values = CoveredSerializer(many=True)


class ProposalSerializer(ComparedSerializer):
    """A mitigation that would fill gaps, after those before it."""

    fills = serializers.ListField(
        child=serializers.CharField(),
        help_text="Names of the values that it adds.",
    )
    same_as = serializers.CharField(
        allow_null=True,
        help_text="The accession of one of the shortlist that is the same measure, worded by another source.",
    )


class GapSerializer(CoveredSerializer):
    """A value that none of a shortlist is recorded for though some mitigation is."""

    fillers = ProposalSerializer(
        many=True,
        help_text="Up to three that would fill it, each with all that it would fill.",
    )


class OverlapSerializer(serializers.Serializer):
    """Two of a shortlist that are the same measure, nearly the same, or one within the other."""

    text = serializers.CharField(help_text="As a sentence.")
    mitigations = serializers.ListField(
        child=serializers.CharField(),
        help_text="Their accessions.",
    )


class ChosenTogetherSerializer(serializers.Serializer):
    """What experts of one study would choose together."""

    study = serializers.CharField()
    question = serializers.CharField(help_text="What was asked.")
    lines = serializers.ListField(child=serializers.CharField())


class LeftOutSerializer(ComparedSerializer):
    """A mitigation that was looked at and not taken."""

    reason = serializers.CharField(
        allow_null=True,
        help_text="As the address gives it.",
    )
    withdrawn = serializers.CharField(
        allow_null=True,
        help_text="When and why it was withdrawn; null: it is there.",
    )
    successor = serializers.CharField(
        allow_null=True,
        help_text="The accession of what stands in the place of one that was withdrawn.",
    )


class ChangedSerializer(serializers.Serializer):
    """A mitigation of the shortlist to which something happened on the day in `as_of` or since."""

    accession = serializers.CharField()
    text = serializers.CharField(help_text="What happened, as a sentence.")
    successor = serializers.CharField(
        allow_null=True,
        help_text="The accession of what stands in its place now.",
    )


@extend_schema_serializer(many=False)
class ShortlistSerializer(ChosenSerializer):
    """A selection of mitigations, in the order in which they are named."""

    mitigations = ComparedSerializer(many=True)
    bearing = serializers.ListField(
        child=serializers.CharField(),
        help_text="The accessions of those that bear on what `for` names; without it, of all.",
    )
    coverage = FieldCoverageSerializer(many=True)
    reported_on = CoveredSerializer(
        many=True,
        help_text="Risk areas, and on how many of them studies published results or comments, which may be that a measure does not help: nothing "
        "is covered by that.",
    )
    gaps = GapSerializer(
        many=True,
        help_text="Values that none of them is recorded for though some mitigation is, the one with the most first.",
    )
    without_any = CoveredSerializer(
        many=True,
        help_text="Values that no mitigation of the catalogue is recorded for.",
    )
    proposals = ProposalSerializer(
        many=True,
        help_text="What would fill the most gaps, one after the other; of those that fill equally many the first by code.",
    )
    same_measures = serializers.ListField(
        child=serializers.CharField(),
        help_text="Which of them are one measure in the words of two sources.",
    )
    overlaps = OverlapSerializer(many=True)
    together = ChosenTogetherSerializer(many=True)
    asked_for = serializers.ListField(
        child=serializers.CharField(),
        help_text="Which laws, codes and standards ask about how many of them, as sentences; binding law first. No legal advice.",
    )
    left_out = LeftOutSerializer(many=True)
    changes = ChangedSerializer(
        many=True,
        help_text="On the day in `as_of` or since; empty without it.",
    )


def _example_measure(accession: str, name: str, document: str) -> dict:
    return {
        "accession": accession,
        "name": name,
        "document": document,
        "url": f"https://example.org/api/v1/mitigations/{accession}/",
        "page_url": f"https://example.org/mitigations/{accession}/",
    }


def _example_value(parameter: str, value: str, name: str, all_: int) -> dict:
    kind = parameter.replace("_", " ").capitalize()
    return {
        "parameter": parameter,
        "value": value,
        "name": name,
        "named": f"{kind}: {name}",
        "here": 0,
        "all": all_,
        "list_url": f"https://example.org/mitigations/?{parameter}={value}",
    }


_FILLER = _example_measure(
    "M0085",
    "Sanitize Training Data",
    "MITRE ATLAS 5.6.0",
) | {
    "fills": ["Function: Manage", "Lifecycle phase: Plan and Design"],
    "same_as": None,
}
EXAMPLE = OpenApiExample(
    "One measure, and one left out",
    value={
        "mitigations": [
            _example_measure(
                "M0030",
                "Third-party model audits",
                "Schuett et al. 2023",
            ),
        ],
        "bearing": ["M0030"],
        "coverage": [
            {
                "label": "Function",
                "covered": 0,
                "count": 1,
                "values": [_example_value("function", "manage", "Manage", 61)],
            },
        ],
        "reported_on": [
            _example_value("risk_area", "cbrn", "CBRN", 6),
        ],
        "gaps": [
            _example_value("function", "manage", "Manage", 61)
            | {"fillers": [_FILLER]},
        ],
        "without_any": [
            _example_value("category", "3.2", "3.2 Shared Infrastructure", 0),
        ],
        "proposals": [_FILLER],
        "same_measures": [],
        "overlaps": [],
        "together": [],
        "asked_for": [
            "EU GPAI Code of Practice (voluntary code) asks about 1 of 1: 1 as it stands or nearly so.",
        ],
        "left_out": [
            _example_measure(
                "M0020",
                "Safety vs. capabilities investments",
                "Uuk et al. 2024",
            )
            | {"reason": "too costly", "withdrawn": None, "successor": None},
        ],
        "changes": [],
        "withdrawn": [],
        "unknown": [],
        "repeated": [],
        "page_url": "https://example.org/shortlist/?m=M0030&x=M0020%3Atoo+costly",
    },
    response_only=True,
)


@extend_schema_view(
    list=extend_schema(
        summary="See what a selection of mitigations covers",
        description="As the page of a shortlist has it: what it covers, what it leaves open, and what would fill most of that.",
        parameters=[
            parameter(
                "m",
                f"Accession of a mitigation, or its identifier elsewhere. Repeat it, up to {MOST}; the order is kept.",
                many=True,
            ),
            ANSWERED_FOR,
            parameter(
                "x",
                "What was left out: an accession, and after a colon the reason, as in M0020:too costly. Repeat it. None of these is proposed.",
                many=True,
            ),
            parameter(
                "as_of",
                "A day, such as 2026-10-02: what changed on it or since is said.",
            ),
            parameter(
                "risk_level",
                "How deep the risks are that it is held against.",
                enum=["1", "2"],
            ),
            parameter(
                "sort",
                "A study and its question, such as schuett-2023.should-be-done: of mitigations that fill equally many gaps the one comes first "
                "that more experts agree with there.",
            ),
            RELEASE,
        ],
        responses=ShortlistSerializer,
        examples=[EXAMPLE],
    ),
)
class ShortlistViewSet(ChosenViewSet):
    serializer_class = ShortlistSerializer
    list_parameters = ("m", "for", "x", "as_of", "risk_level", "sort")
    state_class = ShortlistState
    nothing_named = "Name mitigations that there are: m=M0001&m=M0014."

    def list(self, request, *args, **kwargs):
        state = self._state()
        selected = state.selected
        published = selected.published
        coverage = coverage_of(state)
        return Response(
            {
                "mitigations": [self._mitigation(one) for one in published],
                "bearing": [
                    one.accession
                    for one in state.answered_for.among(published)
                ],
                "coverage": [self._field(one) for one in coverage.fields],
                "reported_on": [
                    self._covered(one)
                    for field in coverage.reported
                    for one in field.values
                ],
                "gaps": [
                    self._gap(gap, measures)
                    for gap, measures in filling_measures(state, coverage)
                ],
                "without_any": [
                    self._covered(one) for one in coverage.unfillable
                ],
                "proposals": [
                    self._proposal(one)
                    for one in proposed_measures(state, coverage)
                ],
                "same_measures": same_measures(published),
                "overlaps": [
                    {
                        "text": one.text,
                        "mitigations": [two.accession for two in one.pair],
                    }
                    for one in overlapping(published)
                ],
                "together": [
                    {
                        "study": one.study.slug,
                        "question": one.question,
                        "lines": one.lines,
                    }
                    for one in chosen_together(published)
                ],
                "asked_for": [
                    one.text for one in AskedFor(published).instruments
                ],
                "left_out": [
                    self._left_out(one) for one in state.omissions.rows
                ],
                "changes": [
                    _changed_payload(one) for one in changes_of(state)
                ],
                **self._of_all_names(state),
            },
        )

    def _of_all_names(self, state: ShortlistState) -> dict[str, Any]:
        """Of those left out too there may be none."""
        names = self._of_names(state)
        unknown = [*names["unknown"], *state.omissions.selected.unknown]
        return names | {"unknown": list(dict.fromkeys(unknown))}

    def _field(self, group: FieldCoverage) -> dict[str, Any]:
        return {
            "label": group.label,
            "covered": group.covered_count,
            "count": group.count,
            "values": [self._covered(one) for one in group.values],
        }

    def _covered(self, one: Covered) -> dict[str, Any]:
        return {
            "parameter": one.parameter,
            "value": one.value.value,
            "name": one.value.name,
            "named": one.named,
            "here": one.mine,
            "all": one.all,
            "list_url": self.request.build_absolute_uri(one.url),
        }

    def _gap(
        self,
        gap: Covered,
        measures: Sequence[Proposed],
    ) -> dict[str, Any]:
        return self._covered(gap) | {
            "fillers": [self._proposal(one) for one in measures],
        }

    def _proposal(self, proposed: Proposed) -> dict[str, Any]:
        fills = [one.named for one in proposed.fills]
        twin = proposed.twin
        return self._mitigation(proposed.mitigation) | {
            "fills": fills,
            "same_as": twin.accession if twin else None,
        }

    def _left_out(self, one: LeftOut) -> dict[str, Any]:
        successor = one.mitigation.successor if one.is_gone else None
        return self._mitigation(one.mitigation) | {
            "reason": one.reason or None,
            "withdrawn": one.mitigation.withdrawal_notice or None,
            "successor": successor.accession if successor else None,
        }


def _changed_payload(one: Changed) -> dict[str, Any]:
    successor = one.successor
    return {
        "accession": one.mitigation.accession,
        "text": one.text,
        "successor": successor.accession if successor else None,
    }
