"""A brief's title, purpose and notes, in the reader's own words."""

import html
import logging

import pytest

from decisions.brief import words
from tests.factories import MitigationFactory

pytestmark = pytest.mark.django_db
SENT = {
    "title": "Before the release",
    "purpose": "For the office.\r\n\r\nOf May.",
}
LIMITS = [
    ("title", words.LONGEST_TITLE),
    ("purpose", words.LONGEST_PURPOSE),
]


def sent_to(client, mitigation, ending="/", headers=None, **given):
    address = f"/shortlist/brief{ending}?m={mitigation.accession}"
    return client.post(address, given, headers=headers)


def shown(response):
    """On one line."""
    return " ".join(html.unescape(response.content.decode()).split())


@pytest.mark.parametrize("ending", ["/", ".md", ".txt"])
def test_title_purpose_and_notes_stand_in_the_answer(client, ending):
    one = MitigationFactory()
    note = {f"note-{one.accession}": "Ask the auditors."}
    text = shown(sent_to(client, one, ending, **SENT, **note))

    assert text.count("Before the release") >= 1
    assert "Of May." in text
    assert "Note of the reader: Ask the auditors." in text


@pytest.mark.parametrize("ending", ["/", ".txt"])
@pytest.mark.parametrize(
    ("query", "is_apart"),
    [
        ("", False),
        ("&length=4", True),
        ("&length=1", True),
        ("&parts=method", True),
    ],
)
def test_notes_stand_in_a_brief_of_every_length(
    client,
    ending,
    query,
    is_apart,
):
    one = MitigationFactory()
    answer = client.post(
        f"/shortlist/brief{ending}?m={one.accession}{query}",
        {f"note-{one.accession}": "Ask [1] them."},
    )

    text = shown(answer)
    assert text.count("Ask [1] them.") == (1 if ending == ".txt" else 2)
    apart = f"{one.name} ({one.accession}): Ask [1] them."
    assert (apart in text) == is_apart


@pytest.mark.parametrize("field", ["purpose", "note"])
def test_what_a_reader_writes_has_no_marks_of_works(client, field):
    one = MitigationFactory()
    name = f"note-{one.accession}" if field == "note" else field
    text = shown(sent_to(client, one, **{name: "See [1] of ours."}))

    assert "See [1] of ours.</p>" in text


def test_what_it_is_stands_before_what_the_reader_says(client):
    text = shown(sent_to(client, MitigationFactory(), ".txt", **SENT))

    assert text.index("put together by a reader") < text.index(
        "For the office.",
    )


@pytest.mark.parametrize("ending", ["/", ".md", ".txt"])
def test_who_asks_next_gets_none_of_it(client, ending):
    one = MitigationFactory()
    sent_to(client, one, ending, **SENT)
    address = f"/shortlist/brief{ending}?m={one.accession}"
    text = shown(client.get(address))

    assert "Before the release" not in text
    assert "For the office." not in text


def test_no_address_and_no_citation_has_it(client):
    one = MitigationFactory()
    text = shown(sent_to(client, one, ".txt", **SENT))

    assert "Brief of 1 measure" in text
    assert "title=" not in text


def test_it_is_kept_by_nobody_on_the_way(client):
    answer = sent_to(client, MitigationFactory(), **SENT)

    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


def test_no_line_of_the_log_has_it(client, caplog):
    with caplog.at_level(logging.DEBUG):
        sent_to(client, MitigationFactory(), **SENT)
        sent_to(client, MitigationFactory(), title="Mine" * 100)

    assert "Before the release" not in caplog.text
    assert "Mine" not in caplog.text


def test_it_is_no_markup(client):
    one = MitigationFactory()
    given = {
        "title": "<script>alert(1)</script>",
        "purpose": "*bold* [a](b)",
        f"note-{one.accession}": "<img src=x>",
    }
    page = sent_to(client, one, **given).content.decode()
    markdown = sent_to(client, one, ".md", **given).content.decode()

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "\\*bold\\* \\[a\\](b)" in markdown
    assert "\\<img src=x\\>" in markdown


@pytest.mark.parametrize(("name", "longest"), LIMITS)
@pytest.mark.parametrize("ending", ["/", ".md"])
def test_what_is_too_long_is_refused_and_stands_there_still(
    client,
    name,
    longest,
    ending,
):
    one = MitigationFactory()
    fits = sent_to(client, one, ending, **{name: "x" * longest})
    answer = sent_to(client, one, ending, **{name: "x" * (longest + 1)})

    assert fits.status_code == 200
    assert answer.status_code == 400
    assert f"has at most {longest} characters" in shown(answer)
    assert "x" * (longest + 1) in shown(answer)


def test_a_note_that_is_too_long_is_refused(client):
    one = MitigationFactory()
    note = {f"note-{one.accession}": "x" * (words.LONGEST_NOTE + 1)}
    answer = sent_to(client, one, **note)

    assert answer.status_code == 400
    assert "A note has at most" in shown(answer)


def test_what_no_text_can_hold_is_refused(client):
    answer = sent_to(client, MitigationFactory(), title="a\x00b")

    assert answer.status_code == 400


@pytest.mark.parametrize("ending", ["/", ".md"])
def test_other_sites_send_nothing(client, ending):
    one = MitigationFactory()
    headers = {"Origin": "https://elsewhere.example"}
    answer = sent_to(client, one, ending, headers=headers, **SENT)

    assert answer.status_code == 403
    assert "Before the release" not in shown(answer)


def test_an_empty_form_is_the_brief_as_it_is(client):
    one = MitigationFactory()
    sent = sent_to(client, one, ".txt", title=" ", purpose="").content
    address = f"/shortlist/brief.txt?m={one.accession}"

    assert sent == client.get(address).content


def test_what_an_address_does_not_know_is_refused_when_words_are_sent(client):
    one = MitigationFactory()
    address = f"/shortlist/brief/?m={one.accession}&purpose=Mine"

    assert client.post(address, SENT).status_code == 400


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_nothing_else_is_done_there(client, method):
    one = MitigationFactory()
    address = f"/shortlist/brief/?m={one.accession}"
    answer = getattr(client, method)(address)

    assert answer.status_code == 405
    assert "POST" in answer["Allow"]
