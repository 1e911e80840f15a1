"""What an answer by two fields looks like, for the API's schema."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

SEVERAL_CELLS = (
    "A mitigation can stand in several cells: cells may add up to more than all. "
    "A value of a tree counts each mitigation at or below it once."
)
LEFT_OUT = "A cell that is not listed has no mitigation: 0."


class AxisSerializer(serializers.Serializer):
    """What rows or columns are."""

    parameter = serializers.CharField(
        help_text="The filter of the list that takes their values.",
    )
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="What the field is called.",
    )
    level = serializers.IntegerField(
        help_text="Of a tree, how deep its values are; 1 where it is none.",
    )
    more = serializers.IntegerField(
        help_text="How many further values it has, with fewer mitigations.",
    )


class FigureSerializer(serializers.Serializer):
    """How many mitigations there are, and what is said of them."""

    count = serializers.IntegerField(
        help_text="How many entries the list behind it has.",
    )
    measures = serializers.IntegerField(
        help_text="How many measures they word.",
    )
    against = serializers.IntegerField(
        allow_null=True,
        help_text="How many there are in the state that “against” names. Empty: none was named.",
    )
    text = serializers.CharField(
        help_text="What a cell says, as “show” has it.",
    )
    detail = serializers.CharField(
        allow_blank=True,
        help_text="What it says beside that, such as the lowest and highest.",
    )
    value = serializers.FloatField(
        allow_null=True,
        help_text="The same as a number. Empty: “status” or “text” says why.",
    )
    low = serializers.FloatField(
        allow_null=True,
        help_text="The lowest of its mitigations. Empty: it is no range.",
    )
    high = serializers.FloatField(
        allow_null=True,
        help_text="The highest of its mitigations. Empty: it is no range.",
    )
    known = serializers.IntegerField(
        help_text="Of how many mitigations it is made.",
    )
    status = serializers.CharField(
        allow_blank=True,
        help_text="Why there is no value: none (no mitigation), not asked, not published, withheld.",
    )
    preliminary = serializers.BooleanField(
        help_text="Whether it may still change.",
    )
    list_url = serializers.URLField(help_text="The list behind it.")


class ValueSerializer(serializers.Serializer):
    """A row or a column."""

    value = serializers.CharField(help_text="As the filter takes it.")
    code = serializers.CharField(allow_blank=True)
    label = serializers.CharField()  # type: ignore[assignment]
    parent = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True,
        help_text="The value above it, in a tree.",
    )
    depth = serializers.IntegerField(help_text="1 at the top of a tree.")
    special = serializers.BooleanField(
        help_text="Whether it stands beside the others, such as “Not given”.",
    )
    total = FigureSerializer()


class CellSerializer(FigureSerializer):
    """A cell that is not empty."""

    row = serializers.CharField(help_text="The value of its row.")
    column = serializers.CharField(help_text="The value of its column.")


@extend_schema_serializer(many=False)
class CrosstabSerializer(serializers.Serializer):
    """Mitigations by two fields."""

    rows_by = AxisSerializer()
    columns_by = AxisSerializer()
    show = serializers.CharField()
    caption = serializers.CharField(help_text="What the figures are.")
    rows = ValueSerializer(many=True)
    columns = ValueSerializer(many=True)
    cells = CellSerializer(many=True)
    total = FigureSerializer()
    notes = serializers.ListField(child=serializers.CharField())
    notices = serializers.ListField(
        child=serializers.CharField(),
        help_text="What is to be shown with the figures.",
    )


def _figure(count: int, measures: int, query: str) -> dict[str, Any]:
    return {
        "count": count,
        "measures": measures,
        "against": None,
        "text": str(count),
        "detail": "",
        "value": count,
        "low": None,
        "high": None,
        "known": count,
        "status": "",
        "preliminary": False,
        "list_url": f"https://example.org/mitigations/?{query}",
    }


def _by(parameter: str, label: str) -> dict[str, Any]:
    return {"parameter": parameter, "label": label, "level": 1, "more": 0}


def _value(value: str, label: str, **more: Any) -> dict[str, Any]:
    return {
        "value": value,
        "code": "",
        "label": label,
        "parent": "",
        "depth": 1,
        "special": False,
        **more,
    }


EXAMPLE = OpenApiExample(
    "One risk in one lifecycle phase",
    value={
        "rows_by": _by("risk", "Risk addressed"),
        "columns_by": _by("phase", "Lifecycle phase"),
        "show": "count",
        "caption": "How many mitigations there are",
        "rows": [
            _value(
                "7",
                "AI system safety, failures and limitations",
                code="7",
                total=_figure(12, 9, "risk=7&phase=deploy"),
            ),
        ],
        "columns": [
            _value(
                "deploy",
                "Deploy",
                total=_figure(12, 9, "risk=7&phase=deploy"),
            ),
        ],
        "cells": [
            {
                "row": "7",
                "column": "deploy",
                **_figure(12, 9, "risk=7&phase=deploy"),
            },
        ],
        "total": _figure(12, 9, "risk=7&phase=deploy"),
        "notes": [SEVERAL_CELLS, LEFT_OUT],
        "notices": [],
    },
    response_only=True,
)
