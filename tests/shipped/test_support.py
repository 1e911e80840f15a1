"""What an entry of a list, and a row of its table, say of what experts made of it."""

import re

import pytest
from django.test.signals import template_rendered

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


STARTS = {"cards": '<li class="entry">', "table": '<tr role="row">'}
every_look = pytest.mark.parametrize("look", STARTS)


NOT_REPORTED = "Experts were asked about this measure; what they answered is not known here."


def text_of_entry(client, look: str, query: str, accession: str) -> str:
    """What stands on the entry of a mitigation, as text."""
    page = client.get(f"/mitigations/?view={look}&{query}").content.decode()
    entry = next(
        part for part in page.split(STARTS[look]) if f">{accession}<" in part
    )
    entry = re.sub(r"<svg.*?</svg>", "", entry, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", entry).replace("&gt;", ">")
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (
            "cards",
            "50 of 51 experts agreed that AGI laboratories should do this; 1 was neutral. "
            "Schuett et al. 2023 · taken as a random sample: between 90 and 100 %",
        ),
        (
            "table",
            "50 of 51 agreed that AGI laboratories should do this. Schuett et al. 2023",
        ),
    ],
)
def test_an_entry_says_what_experts_answered_with_its_question_and_its_study(
    client,
    look,
    expected,
):
    shown = text_of_entry(client, look, "ordering=agreement", "M0028")

    assert expected in shown


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (
            "cards",
            "More than 60 % of experts found it effective against CBRN risks; how many answered on this measure is not known here. "
            "Uuk et al. 2024",
        ),
        (
            "table",
            "More than 60 % found it effective against CBRN risks. Uuk et al. 2024",
        ),
    ],
)
def test_an_entry_shows_the_figure_of_the_risk_area_that_is_filtered_by(
    client,
    look,
    expected,
):
    shown = text_of_entry(client, look, "risk_area=cbrn", "M0013")

    assert expected in shown


@every_look
def test_an_entry_says_which_way_comments_lean_for_the_risk_area_filtered_by(
    client,
    look,
):
    shown = text_of_entry(client, look, "risk_area=cbrn", "M0003")

    assert (
        "What experts answered for this risk area is not known here. CBRN: comments lean less helpful Uuk et al. 2024"
        in shown
    )


@every_look
def test_an_entry_says_that_its_study_has_no_figure_and_how_comments_lean(
    client,
    look,
):
    shown = text_of_entry(client, look, "document=uuk-2024", "M0003")

    assert (
        f"{NOT_REPORTED} Democratic processes, Bias and discrimination: comments lean more helpful "
        "Critical sectors, CBRN: comments lean less helpful Uuk et al. 2024"
        in shown
    )


@every_look
def test_an_entry_names_how_many_risk_areas_have_the_same_figure(client, look):
    shown = text_of_entry(client, look, "document=uuk-2024", "M0013")

    assert "found it effective against risks in each of four areas" in shown


@every_look
def test_an_entry_says_that_no_study_asked_about_it(client, look):
    page = client.get(f"/mitigations/?view={look}&document=mitre-atlas")

    assert (
        page.content.decode().count(
            "No study here has asked experts about this measure.",
        )
        == 25
    )


@pytest.mark.parametrize(
    ("ordering", "column", "direction"),
    [
        ("", "Code and name", "ascending"),
        ("-name", "Code and name", "descending"),
        ("-share_agreeing", "What experts said", "descending"),
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


@pytest.mark.parametrize(
    "address",
    [
        "/mitigations.atom?risk_area=cbrn",
        "/api/v1/mitigations/?format=txt&risk_area=cbrn",
    ],
)
def test_feeds_and_texts_say_which_way_comments_lean(client, address):
    answer = client.get(address)
    text = b"".join(answer) if answer.streaming else answer.content

    assert (
        "is not known here. CBRN: comments lean less helpful." in text.decode()
    )
