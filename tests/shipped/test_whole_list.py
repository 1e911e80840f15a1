"""A list that is longer than a page: what its print says, and all of it on one page."""

import re

import pytest

from catalogue.pages import browsing

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def text_of(page: str, kind: str) -> list[str]:
    """The text of the paragraphs of a class."""
    paragraphs = re.findall(rf'<p class="{kind}">(.*?)</p>', page, re.DOTALL)
    return [
        " ".join(
            re.sub(r"<[^>]+>", " ", paragraph).replace("&amp;", "&").split(),
        )
        for paragraph in paragraphs
    ]


def test_the_print_of_a_page_says_which_part_of_the_list_it_is_and_where_all_are(
    client,
):
    page = client.get("/mitigations/?phase=deploy&page=2").content.decode()

    assert text_of(page, "print-only") == [
        "26 to 50 of 52 mitigations, printed from http://testserver/mitigations/?phase=deploy&page=2. "
        "All of them to print: http://testserver/mitigations/?phase=deploy&page=all",
    ]


@pytest.mark.parametrize(
    ("view", "entry"),
    [
        ("cards", '<li class="entry">'),
        ("table", 'role="rowheader" scope="row"'),
    ],
)
def test_all_of_a_list_stand_on_one_page(client, view, entry):
    page = client.get(
        f"/mitigations/?phase=deploy&view={view}&page=all",
    ).content.decode()

    assert page.count(entry) == 52
    assert text_of(page, "print-only") == []
    assert 'href="?phase=deploy&amp;view=' in page  # the way back to its pages


def test_a_page_of_all_is_led_to_from_each_page(client):
    page = client.get("/mitigations/?phase=deploy").content.decode()

    assert re.search(
        r'href="\?phase=deploy&amp;page=all"[^>]*>All 52 on one page, to print<',
        page,
    )


def test_a_list_that_fits_a_page_has_no_other(client):
    page = client.get("/mitigations/?phase=deploy&risk=2").content.decode()
    short = client.get("/mitigations/?risk_area=cbrn").content.decode()

    assert "page=all" in page
    assert "page=all" not in short


def test_a_page_of_all_ends_somewhere_and_says_so(client, monkeypatch):
    monkeypatch.setattr(browsing, "LONGEST_PAGE", 30)
    page = client.get("/mitigations/?phase=deploy&page=all").content.decode()

    assert page.count('<li class="entry">') == 30
    assert text_of(page, "print-only") == [
        "1 to 30 of 52 mitigations, printed from http://testserver/mitigations/?phase=deploy&page=all.",
    ]
    assert "The first 30, on one page" in page
