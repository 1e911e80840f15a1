"""What is wrong with a file, by row and column, and what would be right."""

from django.core.exceptions import ValidationError


class FileError(ValidationError):
    """Something wrong in a file, with its row and column where it has one."""

    def __init__(
        self,
        detail: str,
        *,
        row: int | None = None,
        column: str = "",
    ):
        place = [f"row {row}"] if row else []
        place += [f"column “{column}”"] if column else []
        super().__init__(f"{', '.join(place)}: {detail}" if place else detail)
        self.detail = detail
        self.row = row
        self.column = column


class CellError(ValueError):
    """A cell that cannot be used. The message says what would be right."""
