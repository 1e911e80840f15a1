"""What readers do with the catalogue and its evidence, in the API."""

from typing import Any

from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from catalogue.api.parameters import RELEASE, parameter
from catalogue.api.refusing import refuse
from catalogue.api.views import CatalogueViewSet
from catalogue.models import Mitigation
from serving.renderers import JSONRenderer
from surveys.models import RiskArea

from .compare.comparison import ComparedMitigations
from .compare.rows import Group, Missing, Pairing, Row, Value
from .compare.state import GROUPS, CompareState
from .compare.verdicts import Comparison, Verdict
from .shortlist.left_out import has_words

#: Of a shortlist and of its brief.
ANSWERED_FOR = parameter(
    "for",
    "What you answer for: a filter of the list and its value, such as risk:7 or phase:deploy. Repeat it for more: of one filter any counts, "
    "of several filters all do, as in the list. Without it: everything.",
    many=True,
)


class ComparedSerializer(serializers.Serializer):
    """A mitigation that is compared."""

    accession = serializers.CharField()
    name = serializers.CharField()
    document = serializers.CharField(help_text="Its source, in short.")
    url = serializers.URLField(help_text="Its record.")
    page_url = serializers.URLField()


class ChosenSerializer(serializers.Serializer):
    """What became of the names in the address, and the page that shows the same."""

    withdrawn = serializers.ListField(
        child=serializers.CharField(),
        help_text="Accessions that are left out since they were withdrawn.",
    )
    unknown = serializers.ListField(
        child=serializers.CharField(),
        help_text="Names in “m” or “x” of which there is no mitigation.",
    )
    repeated = serializers.ListField(child=serializers.CharField())
    page_url = serializers.URLField()


class ComparedValueSerializer(serializers.Serializer):
    """What stands in a row for one mitigation."""

    mitigation = serializers.CharField(help_text="Its accession.")
    text = serializers.CharField(
        help_text="As it is read; never empty: where nothing is known, why.",
    )
    is_missing = serializers.BooleanField(
        help_text="Whether the text says why nothing is known.",
    )
    why_missing = serializers.ChoiceField(
        choices=[str(one) for one in Missing],
        allow_null=True,
        help_text="Of what a study answers, which of the reasons.",
    )
    share = serializers.FloatField(
        allow_null=True,
        help_text="Of the experts who agree, from 0 to 1.",
    )
    operator = serializers.CharField(
        allow_null=True,
        help_text="> or < where only a bound of the share is published.",
    )
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    as_worded_in = serializers.CharField(
        allow_null=True,
        help_text="What a study says of the same measure as another source words it: the accession of that one. Null: it is of the "
        "mitigation’s own words.",
    )


class RowSerializer(serializers.Serializer):
    """The same of each mitigation."""

    group = serializers.CharField()
    study = serializers.CharField(allow_null=True)
    criterion = serializers.CharField(allow_null=True)
    risk_area = serializers.CharField(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]
    differs = serializers.BooleanField()
    values = ComparedValueSerializer(many=True)


class PairSerializer(serializers.Serializer):
    """What one of two says of the other, within one question of one study, or why nothing can
    be said.
    """

    study = serializers.CharField(allow_null=True)
    criterion = serializers.CharField(allow_null=True)
    risk_area = serializers.CharField(allow_null=True)
    a = serializers.CharField(help_text="An accession.")
    b = serializers.CharField(help_text="An accession.")
    verdict = serializers.ChoiceField(
        choices=[str(one) for one in Verdict],
        help_text="Of a, seen from b.",
    )
    experts = serializers.IntegerField(
        allow_null=True,
        help_text="How many answered about both, where their answers were compared one by one; null where intervals alone were.",
    )
    reason = serializers.CharField(help_text="The same as a sentence.")


class TogetherSerializer(serializers.Serializer):
    """How many experts would combine two of them, within one study that asked for it."""

    study = serializers.CharField()
    question = serializers.CharField()
    a = serializers.CharField(help_text="An accession.")
    b = serializers.CharField(help_text="An accession.")
    chosen = serializers.IntegerField(
        allow_null=True,
        help_text="How many put both into their combination; null: withheld.",
    )
    of = serializers.IntegerField(
        allow_null=True,
        help_text="Of how many, who were asked about both and gave a combination; null: withheld.",
    )
    text = serializers.CharField(help_text="The same as a sentence.")


@extend_schema_serializer(many=False)
class ComparisonSerializer(ChosenSerializer):
    """Two to five mitigations side by side, in the order in which they are named."""

    mitigations = ComparedSerializer(many=True)
    rows = RowSerializer(many=True)
    differences = serializers.ListField(
        child=serializers.CharField(),
        help_text="Labels of the rows in which not all are the same.",
    )
    comparisons = PairSerializer(many=True)
    together = TogetherSerializer(many=True)
    notices = serializers.ListField(
        child=serializers.CharField(),
        help_text="What is to be read with it: what is preliminary, and that nothing is legal advice.",
    )
    same_measures = serializers.ListField(
        child=serializers.CharField(),
        help_text="Which of them are one measure in the words of two sources.",
    )


class ChosenViewSet(CatalogueViewSet):
    """Of the mitigations that are named in the address, in the order in which they are."""

    queryset = Mitigation.objects.published()
    pagination_class = None
    retrieve = None  # type: ignore[assignment]
    page_parameters = ("format", "release")

    #: What reads the address, and what to say where nothing that it names is there.
    state_class: type[Any]
    nothing_named = ""
    #: Whether there is nothing to say of those that were withdrawn alone.
    wants_published = False

    @classmethod
    def example_query(cls):
        """The first two that there are: less than two cannot be compared."""
        rows = Mitigation.objects.published().order_by("pk")
        names = list(rows.values_list("accession", flat=True)[:2])
        return {"m": names} if len(names) == 2 else None

    def get_renderers(self):
        return [JSONRenderer()]

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(
            request,
            response,
            *args,
            **kwargs,
        )
        if has_words(request.query_params):
            add_never_cache_headers(response)
        return response

    def _state(self) -> Any:
        """What is asked for. Raises BadParameters, and NotFound where nothing named is there."""
        state = self.state_class(self.own_parameters())
        refuse(state.problems)
        selected = state.selected
        told = (
            selected.published
            if self.wants_published
            else selected.mitigations
        )
        if not told:
            raise NotFound(self.nothing_named)
        return state

    def _of_names(self, state: Any) -> dict[str, Any]:
        """What became of the names, and the page that shows the same."""
        selected = state.selected
        return {
            "withdrawn": [one.accession for one in selected.withdrawn],
            "unknown": selected.unknown,
            "repeated": selected.repeated,
            "page_url": self.request.build_absolute_uri(state.url()),
        }

    def _mitigation(self, one: Mitigation) -> dict[str, Any]:
        record = reverse("api:mitigation-detail", args=[one.accession])
        return {
            "accession": one.accession,
            "name": one.name,
            "document": one.document.label,
            "url": self.request.build_absolute_uri(record),
            "page_url": self.request.build_absolute_uri(
                one.get_absolute_url(),
            ),
        }


@extend_schema_view(
    list=extend_schema(
        summary="Compare two to five mitigations",
        description="As the page of a comparison has it. Answers of experts are compared only within one question of one study: where "
        "single answers are held here, expert by expert, else by their 95 % intervals; where these meet, no clear difference is said.",
        parameters=[
            parameter(
                "m",
                "Accession of a mitigation, or its identifier elsewhere. Repeat it, up to five; the order is kept.",
                many=True,
            ),
            parameter(
                "only",
                "“differences”: without rows in which all are the same.",
                enum=["differences"],
            ),
            parameter(
                "rows",
                "Only these groups of rows, repeated or with commas.",
                enum=list(GROUPS),
                many=True,
            ),
            parameter("study", "Slug of the study whose answers come first."),
            parameter(
                "question",
                "With “study”: the slug of the criterion that comes first.",
            ),
            RELEASE,
        ],
        responses=ComparisonSerializer,
    ),
)
class CompareViewSet(ChosenViewSet):
    serializer_class = ComparisonSerializer
    list_parameters = ("m", "only", "rows", "study", "question")
    state_class = CompareState
    nothing_named = (
        "Name two to five mitigations that there are: m=M0001&m=M0014."
    )

    def list(self, request, *args, **kwargs):
        state = self._state()
        selected = state.selected
        compared = ComparedMitigations(
            selected.published,
            state.groups,
            state.head,
        )
        accessions = [one.accession for one in compared.mitigations]
        rows = []
        pairs = []
        together = []
        for group in compared.groups:
            for row in group.rows:
                if not (state.has_differences_only and row.is_same):
                    place = _place_payload(group, row.area)
                    rows.append(place | _row_payload(group, row, accessions))
            for comparison in group.comparisons:
                place = _place_payload(group, comparison.area)
                pairs.append(place | _pair(comparison, accessions))
            for pairing in group.together:
                together.append(_together_members(group, pairing, accessions))
        return Response(
            {
                "mitigations": [
                    self._mitigation(one) for one in compared.mitigations
                ],
                "rows": rows,
                "differences": [
                    row.label for row in compared.rows if not row.is_same
                ],
                "comparisons": pairs,
                "together": together,
                "notices": compared.notices,
                "same_measures": compared.same_measures,
                **self._of_names(state),
            },
        )


def _place_payload(group: Group, area: RiskArea | None) -> dict[str, Any]:
    """Where in a study rows and verdicts stand; None where they are of no study."""
    return {
        "study": group.study.slug if group.study else None,
        "criterion": group.criterion.slug if group.criterion else None,
        "risk_area": area.slug if area else None,
    }


def _row_payload(
    group: Group,
    row: Row,
    accessions: list[str],
) -> dict[str, Any]:
    pairs = zip(accessions, row.values, strict=True)
    return {
        "group": group.title,
        "label": row.label,
        "differs": not row.is_same,
        "values": [
            _value_payload(accession, value) for accession, value in pairs
        ],
    }


def _value_payload(accession: str, value: Value) -> dict[str, Any]:
    share = value.share
    return {
        "mitigation": accession,
        "text": value.text,
        "is_missing": value.is_missing,
        "why_missing": str(value.why) if value.why else None,
        "share": share.value if share else None,
        "operator": (share.operator or None) if share else None,
        "low": share.low if share else None,
        "high": share.high if share else None,
        "as_worded_in": value.worded_in.accession if value.worded_in else None,
    }


def _pair(comparison: Comparison, accessions: list[str]) -> dict[str, Any]:
    first, second = comparison.places
    return {
        "a": accessions[first],
        "b": accessions[second],
        "verdict": str(comparison.verdict),
        "experts": comparison.experts,
        "reason": comparison.text,
    }


def _together_members(
    group: Group,
    pairing: Pairing,
    accessions: list[str],
) -> dict[str, Any]:
    first, second = pairing.places
    return {
        "study": group.study.slug if group.study else "",
        "question": group.question,
        "a": accessions[first],
        "b": accessions[second],
        "chosen": pairing.chosen,
        "of": pairing.n,
        "text": pairing.text,
    }
