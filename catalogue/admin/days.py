"""How forms of the admin say in which order a day is typed. What they take, the formats in
`serving/formats/` say.
"""

from typing import Any

from django import forms

ORDER = "Year, month and day, such as 2027-03-01."
NO_DAY = f"Give the day as {ORDER[0].lower()}{ORDER[1:]}"


class TypedDayField(forms.DateField):
    """A day, with the order in which it is typed below it."""

    default_error_messages = {"invalid": NO_DAY}

    def __init__(self, *, help_text: str = "", **options: Any):
        super().__init__(help_text=f"{help_text} {ORDER}".strip(), **options)
