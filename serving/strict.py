"""Forms and filter sets that judge all of an address.

Those of Django and django-filter ignore a parameter that they have no field for, and take the
last of a value that is given twice: a list would then show more than was asked for, and not say
so. These name what is wrong, and what would be right.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from .parameters import (
    Problem,
    given_twice,
    left_empty,
    told,
    too_many,
    unknown_parameter,
    unknown_value,
)


class NamesField(forms.MultipleChoiceField):
    """Takes several of its choices, repeated or with commas. Names each that is none of them."""

    def to_python(self, value):
        names = []
        for text in filter(None, value or []):
            listed = [name.strip() for name in text.split(",")]
            # What has nothing on a side of a comma is no list of names, and is judged whole.
            names += listed if all(listed) else [text]
        return names

    def validate(self, value):
        errors = []
        for name in dict.fromkeys(value):
            if not self.valid_value(name):
                params = {"value": name}
                errors.append(
                    ValidationError("", code="invalid_choice", params=params),
                )
        if errors:
            raise ValidationError(errors)


def field_problems(
    name: str,
    field: forms.Field,
    values: list[str],
) -> list[Problem]:
    """What is wrong with the values that a parameter is given, as its field judges them.

    A field of several values is given all, any other one; an empty value is none. A
    ValidationError of the code “invalid_choice” becomes the problem of an unknown value; its
    `params` may have `value`, `allowed` and `reason`, as `unknown_value` takes them, and a
    `suggestion`.
    """
    value: Any
    if isinstance(field, forms.MultipleChoiceField):
        if problems := too_many(name, values):
            return problems
        value = values
    else:
        if problems := list(given_twice(name, values)):
            return problems
        value = values[0] if values else ""
    try:
        field.clean(value)
    except ValidationError as error:
        return [_problem(name, field, value, one) for one in error.error_list]
    return []


def _problem(
    name: str,
    field: forms.Field,
    value: Any,
    error: ValidationError,
) -> Problem:
    if error.code != "invalid_choice":
        return Problem(name, str(value), " ".join(error.messages), [])
    params = dict(error.params or {})
    if "allowed" not in params:
        choices = getattr(field, "choices", ())
        params["allowed"] = [key for key, _ in choices if key]
    problem = unknown_value(
        name,
        params.get("value", value),
        params["allowed"],
        params.get("reason", ""),
    )
    problem.suggestion = params.get("suggestion") or problem.suggestion
    return problem


class Strict:
    """What the forms and filter sets below have in common: `problems`."""

    data: Any  # a QueryDict
    #: Further parameters, which the caller itself reads and judges.
    extra: Collection[str] = ()
    #: Whether an empty value is refused, as programs are, whose forms send no empty fields.
    refuses_empty = False

    @property
    def names(self) -> list[str]:
        """The parameters that are read here."""
        raise NotImplementedError

    def field_of(self, name: str) -> forms.Field:
        raise NotImplementedError

    def values(self, name: str) -> list[str]:
        """Those that a parameter is given."""
        return self.data.getlist(name)

    @cached_property
    def problems(self) -> list[Problem]:
        """Each parameter and value that does not exist, as many as one answer tells."""
        return told(self._problems())

    def _problems(self) -> Iterator[Problem]:
        known = [*self.names, *self.extra]
        for name in self.data:
            if name not in known:
                yield unknown_parameter(
                    name,
                    str(self.data.get(name) or ""),
                    known,
                )
        for name in self.data:
            if name in self.names:
                yield from self.problems_of(name)

    def refused(self) -> list[str]:
        """All parameters with a problem, however many."""
        return [
            name
            for name in self.data
            if name not in (*self.names, *self.extra)
            or (name in self.names and self.problems_of(name))
        ]

    def problems_of(self, name: str) -> Sequence[Problem]:
        values = self.values(name)
        problems = field_problems(name, self.field_of(name), values)
        if self.refuses_empty:
            return [*left_empty(name, values), *problems]
        return problems


class StrictForm(Strict, forms.Form):  # type: ignore[misc]
    """Parameters of an address that filter no query set."""

    def __init__(
        self,
        data: QueryDict | None,
        *,
        extra: Collection[str] = (),
        **kwargs,
    ):
        super().__init__(QueryDict() if data is None else data, **kwargs)
        self.extra = extra

    @property
    def names(self):
        return list(self.fields)

    def field_of(self, name):
        return self.fields[name]

    def clean(self):
        for problem in self.problems:
            name = (
                problem.parameter if problem.parameter in self.fields else None
            )
            if name is None or name not in self.errors:
                self.add_error(name, problem.message)
        return super().clean()

    def value(self, name: str) -> str:
        """What a parameter is given, if it can be used; empty: nothing."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""


class StrictFilterSet(Strict, django_filters.FilterSet):
    """A filter set for pages and API. `extra` are further parameters that the caller reads."""

    class Meta:
        form = StrictForm

    def __init__(
        self,
        data: QueryDict | None = None,
        queryset: Any = None,
        *,
        extra: Collection[str] = (),
        **kwargs,
    ):
        super().__init__(
            QueryDict() if data is None else data,
            queryset,
            **kwargs,
        )
        self.extra = extra

    @property
    def names(self):
        return list(self.filters)

    def field_of(self, name):
        return self.filters[name].field

    def is_valid(self):
        return not self.problems

    @property
    def form(self):
        form = super().form
        form.extra = self.extra
        return form

    def value(self, name: str) -> Any:
        """What a parameter is given, if it can be used; empty: nothing."""
        return self.form.value(name)


class NameFilter(django_filters.Filter):
    """By one of some names. `names` is the attribute of its filter set that lists them."""

    field_class = forms.ChoiceField

    def __init__(self, *args, names: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = names

    @property
    def field(self):
        field = super().field
        # Read when they are needed: they may stand in the database. A function of no object,
        # since forms copy their fields deeply, and would copy a method with its filter set.
        field.choices = lambda: [
            (name, name) for name in getattr(self.parent, self.names)
        ]
        return field


class NamesFilter(NameFilter):
    """By any of several names, repeated or with commas."""

    field_class = NamesField

    def __init__(self, *args, **kwargs):
        super().__init__(*args, lookup_expr="in", **kwargs)
