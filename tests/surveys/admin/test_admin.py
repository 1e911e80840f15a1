"""Published studies in the admin."""

import pytest
from django.urls import reverse

from surveys.models import ExpertComment, Figure, Study

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def test_a_study_shows_its_items_and_that_no_figure_differs(admin_client):
    study = Study.objects.get(slug="schuett-2023")

    shown = admin_client.get(
        reverse("admin:surveys_study_change", args=[study.pk]),
    ).content.decode()

    assert shown.count('id="items-') >= 50
    assert "None." in shown


def test_a_figure_that_its_counts_do_not_give_is_named(admin_client):
    figure = Figure.objects.filter(
        result__item__study__slug="schuett-2023",
        statistic=Figure.Statistic.MEAN,
    ).first()
    figure.value += 1
    figure.save()

    shown = admin_client.get(
        reverse(
            "admin:surveys_study_change",
            args=[figure.result.item.study.pk],
        ),
    )

    assert f"mean is published as {figure.value}" in shown.content.decode()


def test_what_the_files_own_cannot_be_changed(admin_client):
    comment = ExpertComment.objects.first()
    address = reverse("admin:surveys_expertcomment_change", args=[comment.pk])

    answer = admin_client.post(
        address,
        {"body": "Something else", "stance": 1},
    )

    assert answer.status_code == 403
    assert ExpertComment.objects.get(pk=comment.pk).body == comment.body


def test_the_list_of_comments_takes_the_same_queries_for_any_number_of_rows(
    admin_client,
    django_assert_max_num_queries,
):
    with django_assert_max_num_queries(14):
        shown = admin_client.get(
            reverse("admin:surveys_expertcomment_changelist"),
            {"q": "audit"},
        )

    assert shown.status_code == 200
