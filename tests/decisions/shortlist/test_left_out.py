"""What a reader left out of a shortlist, with the reason."""

from urllib.parse import unquote

import lxml.html
import pytest

from catalogue.models import Mitigation
from tests.factories import LifecyclePhaseFactory, MitigationFactory
from tests.reading import Readers

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    return [MitigationFactory() for _ in range(2)]


def left_out_on(client, query: str) -> list[str]:
    response = client.get(f"/shortlist/?{query}")
    assert response.status_code == 200
    page = lxml.html.fromstring(response.content)
    rows = page.xpath("//ul[contains(@class, 'left-out')]/li")
    return [" ".join(row.text_content().split()) for row in rows]


def test_it_stands_apart_with_its_reason(client, pair):
    kept, other = (one.accession for one in pair)

    [row] = left_out_on(client, f"m={kept}&x={other}:Too costly for us")

    assert row.startswith(f"{other} {pair[1].name}")
    assert "Too costly for us" in row


def test_without_a_reason_that_is_said(client, pair):
    [row] = left_out_on(client, f"x={pair[0].accession}")

    assert "No reason given." in row


def test_a_reason_that_is_written_comes_into_the_address(client, pair):
    kept, other = (one.accession for one in pair)

    response = client.get(
        f"/shortlist/?m={kept}&leave={other}&why=Done  elsewhere",
    )

    assert unquote(response["Location"].replace("+", " ")) == (
        f"/shortlist/?m={kept}&x={other}:Done elsewhere"
    )


def test_a_reason_can_be_wiped(client, pair):
    other = pair[1].accession

    response = client.get(f"/shortlist/?leave={other}&why=")

    assert response["Location"] == f"/shortlist/?x={other}"


def test_what_is_taken_is_not_left_out(client, pair):
    one = pair[0].accession

    response = client.get(f"/shortlist/?m={one}&x={one}:Never")

    assert response["Location"] == f"/shortlist/?m={one}"


def test_a_reason_that_is_too_long_is_refused(client, pair):
    response = client.get(
        f"/shortlist/?x={pair[0].accession}:{'long ' * 60}",
    )

    assert response.status_code == 400
    assert "200 characters" in response.content.decode()


def test_reasons_that_are_too_long_together_are_refused(client):
    names = [MitigationFactory().accession for _ in range(11)]
    query = "&".join(f"x={one}:{'long ' * 39}" for one in names)

    response = client.get(f"/shortlist/?{query}")

    assert response.status_code == 400
    assert "2,000 characters" in response.content.decode()


def test_what_there_is_not_is_named(client, pair):
    response = client.get(f"/shortlist/?m={pair[0].accession}&x=M9999")

    assert "“M9999” to be left out" in response.content.decode()


def test_a_reason_is_no_markup(client, pair):
    response = client.get(
        f"/shortlist/?x={pair[0].accession}:<script>alert(1)</script>",
    )

    assert "<script>alert" not in response.content.decode()


def test_it_is_not_proposed_to_fill_a_gap(client):
    phase = LifecyclePhaseFactory()
    mine, first, second = (MitigationFactory() for _ in range(3))
    first.phases.add(phase)
    second.phases.add(phase)
    base = f"/api/v1/shortlist/?m={mine.accession}"

    def proposed(more: str) -> list[str]:
        answer = client.get(base + more).json()
        return [one["accession"] for one in answer["proposals"]]

    assert proposed("") == [first.accession]
    assert proposed(f"&x={first.accession}") == [second.accession]


WITH_WORDS = [
    "/shortlist/?m={0}&x={1}:Nobody+pays",
    "/shortlist/?m={0}&title=Nobody+pays",
    "/shortlist/brief/?m={0}&x={1}:Nobody+pays",
    "/shortlist/brief.txt?m={0}&x={1}:Nobody+pays",
    "/api/v1/shortlist/?m={0}&x={1}:Nobody+pays",
    "/api/v1/shortlist/brief/?m={0}&x={1}:Nobody+pays",
    "/api/v1/shortlist/brief/?m={0}&x={1}:Nobody+pays&format=txt",
]


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.parametrize("address", WITH_WORDS)
def test_what_has_words_of_a_reader_is_kept_by_nobody(address):
    names = [MitigationFactory().accession for _ in range(2)]
    readers = Readers()

    answers = [readers.get(address.format(*names)) for _ in range(2)]

    assert [one.status for one in answers] == [200, 200]
    assert b"Nobody pays" in answers[1].body
    assert readers.rendered == 2
    assert readers.application.store.answers == {}
    assert "no-store" in answers[1].headers["cache-control"]


@pytest.mark.usefixtures("kept_connection")
def test_what_has_none_is_kept():
    names = [MitigationFactory().accession for _ in range(2)]
    readers = Readers()

    for _ in range(2):
        readers.get("/shortlist/?m={}&x={}".format(*names))

    assert readers.rendered == 1


@pytest.fixture
def gone(pair):
    """One that was withdrawn, and replaced by another."""
    _, one = pair
    one.status = Mitigation.Status.WITHDRAWN
    one.withdrawal_note = "It was the same."
    one.replaced_by = pair[0]
    one.save()
    return one


def test_of_one_that_was_withdrawn_that_is_said_and_it_is_not_offered(
    client,
    gone,
):
    [row] = left_out_on(client, f"x={gone.accession}:dear")

    assert "no longer in the catalogue" in row
    assert "It was the same." in row
    assert f"In its place stands {gone.successor.name}." in row
    assert "Take after all" not in row


def test_a_brief_says_of_one_left_out_that_it_was_withdrawn(client, gone):
    kept = MitigationFactory()
    address = f"/shortlist/brief.md?m={kept.accession}&x={gone.accession}:dear"
    text = client.get(address).content.decode()

    assert ": dear. It is no longer in the catalogue. Withdrawn" in text
    assert f"In its place stands {gone.successor.name}" in text


def test_the_api_says_of_one_left_out_that_it_was_withdrawn(client, gone):
    kept = MitigationFactory()
    address = f"/api/v1/shortlist/?m={kept.accession}&x={gone.accession}"
    [told] = client.get(address).json()["left_out"]

    assert told["withdrawn"].endswith("It was the same.")
    assert told["successor"] == gone.successor.accession
