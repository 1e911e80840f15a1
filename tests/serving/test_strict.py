"""Forms and filter sets that refuse what they do not know."""

import pytest
from django import forms
from django.http import QueryDict

from catalogue.models import Document
from serving.strict import NameFilter, NamesFilter, StrictFilterSet, StrictForm
from tests.factories import DocumentFactory


class Layout(StrictForm):
    view = forms.ChoiceField(choices=[("cards", "Cards")], required=False)
    since = forms.DateField(required=False)


class Documents(StrictFilterSet):
    slug = NameFilter(field_name="slug", names="slugs")
    among = NamesFilter(field_name="slug", names="slugs")

    @property
    def slugs(self):
        return Document.objects.values_list("slug", flat=True)

    class Meta(StrictFilterSet.Meta):
        model = Document
        fields: list[str] = []


def messages(strict):
    return [problem.message for problem in strict.problems]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("view=cards", []),
        ("view=", []),
        ("further=1", []),
        ("veiw=cards", ["There is no parameter “veiw”."]),
        ("view=rows", ["“rows” is no value of “view”."]),
        (
            "view=cards&view=cards",
            ["“view” is given more than once: give it once."],
        ),
        ("since=soon", ["Enter a valid date."]),
    ],
)
def test_a_form_names_what_is_wrong_with_an_address(query, expected):
    form = Layout(QueryDict(query), extra=["further"])

    assert messages(form) == expected
    assert form.is_valid() == (not expected)


def test_a_problem_says_what_would_be_right():
    [unknown, wrong] = Layout(QueryDict("veiw=cards&view=crads")).problems

    assert (unknown.allowed, unknown.suggestion) == (["view", "since"], "view")
    assert (wrong.allowed, wrong.suggestion) == (["cards"], "cards")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["a", "b", "c"]),
        ("slug=a", ["a"]),
        ("among=a,c", ["a", "c"]),
        ("among=a&among=b", ["a", "b"]),
    ],
)
def test_a_filter_set_narrows(query, expected):
    for slug in ("a", "b", "c"):
        DocumentFactory(slug=slug)

    filters = Documents(QueryDict(query), Document.objects.order_by("slug"))

    assert filters.problems == []
    assert [document.slug for document in filters.qs] == expected


@pytest.mark.django_db
def test_a_filter_set_names_every_value_that_there_is_not():
    DocumentFactory(slug="a")

    filters = Documents(QueryDict("among=x,a&among=y&slug=z&far=1"))

    assert messages(filters) == [
        "There is no parameter “far”.",
        "“x” is no value of “among”.",
        "“y” is no value of “among”.",
        "“z” is no value of “slug”.",
    ]
    assert not filters.is_valid()
    assert not filters.form.is_valid()


@pytest.mark.django_db
@pytest.mark.parametrize("listed", [",", "a,", ",a", "a,,a"])
def test_a_comma_with_nothing_on_a_side_is_refused(listed):
    DocumentFactory(slug="a")

    filters = Documents(QueryDict(f"among={listed}"))

    assert messages(filters) == [f"“{listed}” is no value of “among”."]


@pytest.mark.django_db
def test_an_empty_value_can_be_refused():
    class ForPrograms(Documents):
        refuses_empty = True

    assert messages(ForPrograms(QueryDict("slug="))) == [
        "“slug” is given without a value: give one, or leave it out.",
    ]


@pytest.mark.django_db
def test_the_form_of_a_filter_set_renders():
    DocumentFactory(slug="a")

    assert (
        '<option value="a" selected>'
        in Documents(QueryDict("slug=a")).form.as_p()
    )
