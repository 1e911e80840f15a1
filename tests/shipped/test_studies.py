"""The shipped studies: what they publish is what their counts give."""

import pytest
from django.core.management import CommandError, call_command

from surveys.models import Figure, Study

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def test_a_figure_that_its_counts_do_not_give_is_named_by_study():
    figure = Figure.objects.filter(
        result__item__study__slug="schuett-2023",
        statistic=Figure.Statistic.MEAN,
    ).first()
    Figure.objects.filter(pk=figure.pk).update(value=figure.value + 1)

    with pytest.raises(
        CommandError,
        match="schuett-2023: .*mean is published as",
    ):
        call_command("check_studies")


def test_the_shipped_studies_are_sound(capsys):
    call_command("check_studies")

    assert "Studies checked: 2." in capsys.readouterr().out


def test_a_study_that_was_published_elsewhere_is_called_as_its_paper():
    titles = Study.objects.values_list("title", "document__title")

    assert [title for title, of_paper in titles if title != of_paper] == []
