"""The matrix on paper: a table that is too wide for a sheet is split by columns, with the names of
its rows at each part.
"""

from html import escape

from django.utils.safestring import SafeString, mark_safe

from .cells import Row, Shown
from .table import ALL, Matrix

#: So many columns of numbers have room beside each other on a sheet.
MOST_ON_SHEET = 13
#: So many stand on each sheet of several, where names have more room.
MOST_IN_PART = 10


def parts_on_paper(matrix: Matrix) -> list[SafeString]:
    """A table for each part; none where the whole has room."""
    names = [*(head.value.name for head in matrix.columns), ALL]
    if len(names) <= MOST_ON_SHEET:
        return []
    sheets = -(-len(names) // MOST_IN_PART)
    size = -(-len(names) // sheets)
    parts = []
    for start in range(0, len(names), size):
        end = min(start + size, len(names))
        parts.append(_part(matrix, names, start, end))
    return parts


def _part(
    matrix: Matrix,
    names: list[str],
    start: int,
    end: int,
) -> SafeString:
    place = f"{matrix.caption}. Columns {start + 1} to {end} of {len(names)}"
    corner = matrix.row_axis.kind.noun.capitalize()
    heads = "".join(
        f'<th scope="col">{escape(name)}</th>' for name in names[start:end]
    )
    lines = [_printed_line(row, start, end) for row in matrix.rows]
    totals = [*matrix.column_totals, matrix.total]
    foot = _cells(ALL, totals[start:end], "total")
    return mark_safe(
        f'<table class="matrix num print-only on-paper"><caption>{escape(place)}</caption>'
        f'<thead><tr><th scope="col">{escape(corner)}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody><tfoot>{foot}</tfoot></table>",
    )


def _printed_line(row: Row, start: int, end: int) -> str:
    shown = [*row.cells, row.total]
    return _cells(row.head.value.name, shown[start:end])


def _cells(name: str, shown: list[Shown], kind: str = "") -> str:
    cells = "".join(one.in_table(kind, is_linked=False) for one in shown)
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
