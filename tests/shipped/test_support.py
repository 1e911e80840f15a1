"""The line on an entry of a list, and on a row of its table, that says how many experts agree."""

import re

import pytest
from django.test.signals import template_rendered

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


STARTS = {"cards": '<li class="entry">', "table": '<tr role="row">'}
every_look = pytest.mark.parametrize("look", STARTS)


def lines_of(client, look: str, query: str, accession: str) -> list[str]:
    """What stands on the entry of a mitigation of support among experts, as text."""
    page = client.get(f"/mitigations/?view={look}&{query}").content.decode()
    entry = next(
        part for part in page.split(STARTS[look]) if f">{accession}<" in part
    )
    entry = re.sub(r"<svg.*?</svg>", "", entry, flags=re.DOTALL)
    lines = re.findall(r'<p class="support">(.*?)</p>', entry, re.DOTALL)
    return [
        " ".join(re.sub(r"<[^>]+>", " ", line).replace("&gt;", ">").split())
        for line in lines
    ]


@every_look
def test_an_entry_shows_a_share_with_its_question_and_its_study(client, look):
    assert lines_of(client, look, "ordering=agreement", "M0028") == [
        "98.0 % agree (n = 51) : “Should be done” Schuett et al. 2023",
    ]


@every_look
def test_an_entry_shows_the_figure_of_the_risk_area_that_is_filtered_by(
    client,
    look,
):
    assert lines_of(client, look, "risk_area=cbrn", "M0013") == [
        "> 60 % agree: “Effective: Chemical, biological, radiological and nuclear (CBRN)” Uuk et al. 2024",
    ]


@every_look
def test_an_entry_says_that_there_is_no_figure_for_the_risk_area(client, look):
    assert lines_of(client, look, "risk_area=cbrn", "M0003") == [
        "Uuk et al. 2024 has no share of experts agreeing for this risk area",
    ]


@every_look
def test_an_entry_says_that_its_study_has_no_figure(client, look):
    assert lines_of(client, look, "document=uuk-2024", "M0003") == [
        "Uuk et al. 2024 has no share of experts agreeing",
    ]


@every_look
def test_an_entry_names_all_risk_areas_that_have_the_same_figure(client, look):
    assert lines_of(client, look, "document=uuk-2024", "M0013") == [
        "> 60 % agree: “Effective”, in each of four risk areas Uuk et al. 2024",
    ]


def test_a_row_says_that_no_study_asked_about_it(client):
    page = client.get(
        "/mitigations/?view=table&document=mitre-atlas",
    ).content.decode()

    assert page.count("no study asked about it") == 25


@pytest.mark.parametrize(
    ("ordering", "column", "direction"),
    [
        ("", "Code and name", "ascending"),
        ("-name", "Code and name", "descending"),
        ("-share_agreeing", "Experts agreeing", "descending"),
    ],
)
def test_the_table_says_by_which_column_it_is_sorted(
    client,
    ordering,
    column,
    direction,
):
    page = client.get(
        f"/mitigations/?view=table&ordering={ordering}",
    ).content.decode()

    assert re.findall(r'aria-sort="(\w+)">([^<]+)', page) == [
        (direction, column),
    ]


@pytest.mark.parametrize(
    ("look", "part"),
    [("cards", "catalogue/_entry.html"), ("table", "catalogue/_row.html")],
)
def test_an_entry_is_drawn_without_the_request_since_it_may_be_cached_for_everybody(
    client,
    look,
    part,
):
    contexts = []

    def keep(sender, template, context, **kwargs):
        if template.name == part:
            contexts.append(context.flatten())

    template_rendered.connect(keep)
    try:
        client.get(
            f"/mitigations/?q=audit&view={look}",
        )  # what a search finds is drawn each time
    finally:
        template_rendered.disconnect(keep)

    for context in contexts:
        assert "request" not in context
        assert "user" not in context
    assert contexts
