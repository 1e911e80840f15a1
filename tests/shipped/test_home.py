"""The figure on the home page, and what it has no place for."""

import html
import re
from datetime import timedelta

import lxml.html
import pytest
from django.utils import timezone

from catalogue.listing.index import current_index
from catalogue.models import Category, Mitigation, Taxonomy
from surveys.results.overview import evidence_by_category
from tests.factories import MitigationFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def note_of(client) -> str:
    """The sentences below the figure, as text."""
    figure = re.search(
        r'<figure class="glance">.*?</figure>',
        client.get("/").content.decode(),
        re.DOTALL,
    )
    note = figure[0].rpartition("<p")[2].partition(">")[2]
    return " ".join(re.sub(r"<[^>]+>", "", note).split())


def test_what_has_no_column_is_counted_beside_the_figure_with_its_lists(
    client,
):
    assert note_of(client) == (
        "A measure that acts in several phases counts in each. "
        "Not in the table: 16 “Other (general)”, 1 “Other (outside lifecycle)”."
    )
    assert (
        '<a href="/mitigations/?phase=general">16 '
        in client.get("/").content.decode()
    )
    assert (
        "16 mitigations"
        in client.get("/mitigations/?phase=general").content.decode()
    )


def test_no_entry_is_called_new_where_all_came_on_the_first_day(client):
    page = client.get("/").content.decode()

    assert "Newest entries" not in page
    assert "No entries yet" not in page


def test_entries_that_came_after_the_first_day_are_the_newest(client):
    later = MitigationFactory(status=Mitigation.Status.PUBLISHED)
    Mitigation.objects.filter(pk=later.pk).update(
        created_at=timezone.now() + timedelta(days=1),
    )

    assert client.get("/").context["newest"].keys == [later.pk]


def test_an_entry_that_never_changed_says_since_when_it_is_here(client):
    page = client.get("/mitigations/M0001/").content.decode()

    assert "<dt>Added</dt>" in page


def test_what_has_neither_phase_nor_category_is_counted_beside_the_figure(
    client,
):
    MitigationFactory(status=Mitigation.Status.PUBLISHED)

    assert note_of(client).endswith(
        "1 has no phase yet. 1 has no category yet.",
    )


def test_the_page_about_the_catalogue_says_what_it_does_not_cover(client):
    page = " ".join(
        re.sub(
            r"<[^>]+>",
            " ",
            client.get("/about/").content.decode(),
        ).split(),
    )

    assert "holds 112 mitigations from three sources" in page
    assert "3.1.1 Legislation & Policy" in html.unescape(page)
    assert "Studies asked experts about 77 of the 112 mitigations." in page


def test_each_category_has_the_known_shares_of_its_measures():
    taxonomy = Taxonomy.objects.get(is_default=True)
    rows = Category.objects.filter(
        taxonomy=taxonomy,
        code__in=["1.1", "3.2"],
    ).order_by("path")

    found = evidence_by_category(current_index(), taxonomy, rows)

    assert found.study.slug == "schuett-2023"
    model, shared = found.rows
    assert 0 < len(model.shares) < model.count
    assert model.shares == sorted(model.shares)
    assert (shared.count, shared.shares) == (0, [])


def test_the_figure_has_the_numbers_of_the_matrix(client):
    figure = lxml.html.fromstring(client.get("/").content)
    matrix = lxml.html.fromstring(client.get("/matrix/").content)
    cells = {
        link.get("href"): link.text
        for link in matrix.xpath("//table[contains(@class, 'matrix')]//td/a")
    }
    links = figure.xpath("//figure[@class='glance']//td/a")

    assert links
    for link in links:
        assert cells[link.get("href")] == link.text_content()
