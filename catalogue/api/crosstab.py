"""Counts of mitigations by two fields in the API, as the matrix shows them."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_view,
)
from rest_framework.response import Response

from catalogue.files.exports.columns import Column, Type
from catalogue.files.exports.listings import Listing, notices_of
from catalogue.listing.cell_figures import COUNT, SHOWS, Figures
from catalogue.listing.crosstab import (
    AXES,
    Axis,
    AxisValue,
    Cell,
    Crosstab,
    OpenedField,
    axis_of,
)
from catalogue.listing.filters import (
    FirstGroupFilter,
    MitigationFilter,
)
from catalogue.listing.simple_filters import LONGEST_QUERY
from catalogue.models import Mitigation
from catalogue.releases.crosstabs import AGAINST, Against, Differences
from serving.parameters import Problem
from serving.strict import StrictForm

from .crosstab_schema import (
    EXAMPLE,
    LEFT_OUT,
    SEVERAL_CELLS,
    CrosstabSerializer,
)
from .mitigations import filter_parameters
from .parameters import FORMAT, RELEASE, parameter
from .refusing import refuse
from .views import CatalogueViewSet

OWN = (
    "rows",
    "columns",
    "show",
    "rows_level",
    "columns_level",
    "open",
    AGAINST,
)
ROWS, COLUMNS = "category", "phase"
#: As deep as a taxonomy goes.
DEEPEST = 5


class CrosstabForm(StrictForm):
    """Which fields, how deep, and what cells say. All else is the filters' to judge."""

    def __init__(self, data):
        super().__init__(data, extra=data)
        levels = [(str(level), str(level)) for level in range(1, DEEPEST + 1)]
        # Other apps register theirs when Django is ready.
        of_names: dict[str, list[tuple[str, str]]] = {
            "rows": [(name, name) for name in AXES],
            "columns": [(name, name) for name in AXES],
            "show": [(name, name) for name in SHOWS],
            "rows_level": levels,
            "columns_level": levels,
        }
        self.fields[AGAINST] = forms.CharField(
            required=False,
            max_length=LONGEST_QUERY,
        )
        self.fields["open"] = OpenedField(required=False)
        for name, choices in of_names.items():
            self.fields[name] = forms.ChoiceField(
                choices=choices,
                required=False,
            )

    def value_or(self, name: str, default: str) -> str:
        values = self.values(name)
        return values[0] if values else default

    def level(self, name: str) -> int | None:
        text = self.value_or(name, "")
        return int(text) if text else None

    @property
    def problems_of_fields(self) -> list[Problem]:
        """Its own, and that rows and columns are by one field."""
        if self.problems:
            return self.problems
        rows = self.value_or("rows", ROWS)
        if rows != self.value_or("columns", COLUMNS):
            return []
        return [
            Problem(
                "columns",
                rows,
                f"Rows and columns are both by “{rows}”: give another field for one of them.",
                [name for name in AXES if name != rows],
            ),
        ]


class CrosstabAnswer:
    """What an address asks for. Raises BadParameters."""

    def __init__(self, request):
        query = request.query_params
        self.form = CrosstabForm(query)
        rest = query.copy()
        for name in (*OWN, "format", "release"):
            rest.pop(name, None)
        self.filters = MitigationFilter(rest, Mitigation.objects.all())
        refuse([*self.form.problems_of_fields, *self.filters.problems])
        text = self.form.value_or(AGAINST, "")
        self.against = Against(text, self.filters) if text else None
        show = self.form.value_or("show", COUNT.name)
        if self.against:
            refuse(self.against.problems_beside(show))
        self.filters.address = request.build_absolute_uri(
            reverse("mitigation-list"),
        )
        self.show = SHOWS[show]
        self.figures = Figures(self.filters, self.show)
        if not self.figures.is_complete:
            refuse([self._lacks_choice()])

    def _lacks_choice(self) -> Problem:
        """Figures of one question only: which is said by the parameter of an order's groups."""
        [name, *_] = [
            name
            for name, one in self.filters.filters.items()
            if isinstance(one, FirstGroupFilter)
        ]
        return Problem(
            name,
            "",
            f"“show={self.show.name}” is said within one of them: give “{name}”.",
            self.filters.names_of_groups,
        )

    @cached_property
    def crosstab(self) -> Crosstab:
        opened = self.form.data.getlist("open")
        rows = self._axis("rows", ROWS, opened)
        return Crosstab(self.filters, rows, self._axis("columns", COLUMNS))

    def _axis(self, name: str, default: str, opened=()) -> Axis:
        level = self.form.level(f"{name}_level")
        return axis_of(
            self.filters,
            self.form.value_or(name, default),
            level,
            opened,
        )

    # As records

    def payload(self) -> dict[str, Any]:
        table = self.crosstab
        filled = [
            self._in_table(row, column, cell)
            for row, column, cell in self.cells()
            if cell.keys or self._number_against(cell)
        ]
        return {
            "rows_by": _axis_payload(table.row_axis),
            "columns_by": _axis_payload(table.column_axis),
            "show": self.show.name,
            "caption": self._caption,
            "rows": [
                self._value(one, table.row_total(one)) for one in table.rows
            ],
            "columns": [
                self._value(one, table.column_total(one))
                for one in table.columns
            ],
            "cells": filled,
            "total": self.figure(table.total),
            "notes": self.notes,
            "notices": notices_of(self.filters),
        }

    @property
    def _caption(self) -> str:
        caption = self.show.caption(self.filters)
        if self.against is None:
            return caption
        return f"{caption}; “against”: how many there are {self.against.label}"

    @cached_property
    def _differences(self) -> Differences | None:
        return (
            self.against.differences(self.crosstab) if self.against else None
        )

    def _number_against(self, cell: Cell) -> int | None:
        if self._differences is None:
            return None
        return self._differences.of(cell).other

    def cells(self) -> Iterator[tuple[AxisValue, AxisValue, Cell]]:
        for row in self.crosstab.rows:
            for column in self.crosstab.columns:
                yield row, column, self.crosstab.cell(row, column)

    def figure(self, cell: Cell) -> dict[str, Any]:
        figure = self.figures.of(cell)
        return {
            "count": cell.count,
            "measures": self.filters.index.measures.count(cell.keys),
            "against": self._number_against(cell),
            "text": figure.text,
            "detail": figure.detail,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "known": figure.known,
            "status": figure.status,
            "preliminary": figure.is_preliminary,
            "list_url": cell.url,
        }

    def _in_table(
        self,
        row: AxisValue,
        column: AxisValue,
        cell: Cell,
    ) -> dict[str, Any]:
        return {
            "row": row.value,
            "column": column.value,
            **self.figure(cell),
        }

    def _value(self, one: AxisValue, total: Cell) -> dict[str, Any]:
        return {
            "value": one.value,
            "code": one.code,
            "label": one.label,
            "parent": one.parent,
            "depth": one.depth,
            "special": one.is_special,
            "total": self.figure(total),
        }

    @property
    def notes(self) -> list[str]:
        notes = [SEVERAL_CELLS, LEFT_OUT]
        for _, _, cell in self.cells():
            if note := self.figures.of(cell).note:
                notes.append(note)
        return list(dict.fromkeys(notes))


def _axis_payload(axis: Axis) -> dict[str, Any]:
    return {
        "parameter": axis.parameter,
        "label": axis.label,
        "level": axis.level,
        "more": axis.more,
    }


def _number(name: str, description: str) -> Column:
    empty = "There is none: “status” or “text” says why."
    return Column(name, Type.NUMBER, description, empty=empty)


#: A row of a file for each cell, the empty ones too.
CELL_COLUMNS = [
    Column(
        "row_code",
        Type.TEXT,
        "The value of its row, as the filter takes it.",
    ),
    Column("row_label", Type.TEXT, "What the row is called."),
    Column(
        "column_code",
        Type.TEXT,
        "The value of its column, as the filter takes it.",
    ),
    Column("column_label", Type.TEXT, "What the column is called."),
    Column("count", Type.INTEGER, "How many entries the list behind it has."),
    Column("measures", Type.INTEGER, "How many measures they word."),
    Column(
        "against",
        Type.INTEGER,
        "How many there are in the state that “against” names.",
        empty="None was named.",
    ),
    _number("value", "What the cell says, as a number."),
    _number("low", "The lowest of its mitigations."),
    _number("high", "The highest of its mitigations."),
    Column(
        "status",
        Type.TEXT,
        "Why there is no value: none (no mitigation), not asked, not published, withheld.",
        empty="There is a value, or “text” says what is known.",
    ),
    Column("text", Type.TEXT, "What the cell says."),
    Column("preliminary", Type.BOOLEAN, "Whether it may still change."),
]


class CrosstabListing(Listing):
    """The cells, each as a record and a row."""

    columns = CELL_COLUMNS

    def __init__(self, answer: CrosstabAnswer):
        self.answer = answer
        table = answer.crosstab
        rows, columns = table.row_axis.parameter, table.column_axis.parameter
        self.name = f"mitigations-by-{rows}-and-{columns}"

    def __len__(self):
        return len(self.answer.crosstab.rows) * len(
            self.answer.crosstab.columns,
        )

    def records(self):
        """A row of the matrix at once."""
        table = self.answer.crosstab
        for row in table.rows:
            yield [self._record(row, column) for column in table.columns]

    def rows(self):
        for records in self.records():
            yield [
                [column.of(record) for column in self.columns]
                for record in records
            ]

    def _record(self, row: AxisValue, column: AxisValue) -> dict[str, Any]:
        figure = self.answer.figure(self.answer.crosstab.cell(row, column))
        record = {
            "row_code": row.value,
            "row_label": row.label,
            "column_code": column.value,
            "column_label": column.label,
            **figure,
        }
        return {one.name: record[one.name] for one in self.columns}

    def notices(self):
        return notices_of(self.answer.filters)


@extend_schema_view(
    list=extend_schema(
        summary="Mitigations by two fields",
        description=(
            "How many stand at each pair of values, as the matrix has it; each number is that of the list at “list_url”. "
            "“group=measure” counts each measure once. As a file, a row for each cell, the empty ones too."
        ),
        parameters=[
            parameter("rows", f"The field of rows; {ROWS} unless given."),
            parameter(
                "columns",
                f"The field of columns; {COLUMNS} unless given.",
            ),
            parameter(
                "show",
                f"What cells say; {COUNT.name} unless given.",
            ),
            parameter("rows_level", "Of a tree, how deep rows are: 1 to 5."),
            parameter(
                "columns_level",
                "Of a tree, how deep columns are: 1 to 5.",
            ),
            parameter(
                "open",
                "The code of a row below which what lies there is given too. Repeat it for several.",
            ),
            parameter(
                AGAINST,
                "Another state to compare with: “release:” and its number, “all”, or filters as they stand in the address of a "
                "list, such as “phase=deploy”. Each figure then says how many there are in it.",
            ),
            *(one for one in filter_parameters() if one.name != "ordering"),
            FORMAT,
            RELEASE,
        ],
        examples=[EXAMPLE],
        responses=CrosstabSerializer,
    ),
)
class CrosstabViewSet(CatalogueViewSet):
    """Counts by two fields, under the filters of the list."""

    queryset: QuerySet = Mitigation.objects.published()
    serializer_class = CrosstabSerializer
    pagination_class = None
    retrieve = None  # type: ignore[assignment]
    filterset_class = MitigationFilter
    page_parameters = ("format", "release")
    list_parameters = OWN

    def list(self, request, *args, **kwargs):
        form = self.asked_format
        # As JSON it has rows, columns and totals too.
        if form and form.name != "json":
            return self.file(form, self.listing)
        return Response(CrosstabAnswer(request).payload())

    def listing(self) -> Listing:
        return CrosstabListing(CrosstabAnswer(self.request))
