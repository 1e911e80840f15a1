"""The line on an entry of a list that says how many experts agree."""

import re

import pytest
from django.test.signals import template_rendered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_catalogue")]


def lines_of(client, query: str, accession: str) -> list[str]:
    """What stands on the entry of a mitigation of support among experts, as text."""
    page = client.get(f"/mitigations/?{query}").content.decode()
    entry = next(part for part in page.split('<li class="entry">') if f">{accession}<" in part)
    lines = re.findall(r'<p class="support">(.*?)</p>', entry, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", line).replace("&gt;", ">").split()) for line in lines]


def test_an_entry_shows_the_figure_of_the_risk_area_that_is_filtered_by(client):
    assert lines_of(client, "risk_area=cbrn", "M0013") == [
        "> 60 % agree, Chemical, biological, radiological and nuclear (CBRN)"
    ]


def test_an_entry_says_that_there_is_no_figure_for_the_risk_area(client):
    assert lines_of(client, "risk_area=cbrn", "M0003") == [
        "Uuk et al. 2024 has no share of experts agreeing for this risk area"
    ]


def test_an_entry_names_all_risk_areas_that_have_the_same_figure(client):
    assert lines_of(client, "document=uuk-2024", "M0013") == ["> 60 % agree, in each of four risk areas"]


def test_an_entry_is_drawn_without_the_request_since_it_may_be_cached_for_everybody(client):
    contexts = []

    def keep(sender, template, context, **kwargs):
        if template.name == "catalogue/_entry.html":
            contexts.append(context.flatten())

    template_rendered.connect(keep)
    try:
        client.get("/mitigations/?q=audit")  # what a search finds is drawn each time
    finally:
        template_rendered.disconnect(keep)

    for context in contexts:
        assert "request" not in context
        assert "user" not in context
    assert contexts
