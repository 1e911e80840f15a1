"""Files are sent whole where they are short, and of long ones only so many at once, so that
pages are always answered.
"""

import lxml.html
import pytest
from django.http import HttpResponse, StreamingHttpResponse

from serving import streams
from serving.streams import Streams

pytestmark = (
    pytest.mark.django_db
)  # an answer that is closed looks after the connections

SHORT, LONG = (
    [b"a" * 10, b"b" * 10],
    [b"a" * 600_000, b"b" * 600_000, b"c" * 600_000],
)


class File:
    """A view that sends `pieces`, and notes when it is done with one."""

    def __init__(self, pieces):
        self.pieces, self.closed, self.response = pieces, 0, None

    def __call__(self, request):
        self.response = StreamingHttpResponse(
            self.read(),
            content_type="text/csv",
            headers={"Content-Disposition": "x"},
        )
        return self.response

    def read(self):
        try:
            yield from self.pieces
        finally:
            self.closed += 1


@pytest.fixture
def threads(settings):
    settings.WEB_THREADS = 4  # two files at once
    streams.places_for_files.cache_clear()


def test_a_page_is_left_as_it_is(rf):
    page = HttpResponse("a page")

    assert Streams(lambda request: page)(rf.get("/")) is page


def test_a_short_file_is_sent_whole_and_closed(rf):
    file = File(SHORT)

    answer = Streams(file)(rf.get("/"))

    assert (answer.streaming, answer.content) == (False, b"".join(SHORT))
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "text/csv",
        "x",
    )
    assert file.closed == 1
    assert (
        not file.response.closed
    )  # which Django would take for the end of the request

    answer.close()

    assert file.response.closed


def test_a_long_file_is_sent_as_it_is_read_with_every_byte(rf):
    file = File(LONG)

    answer = Streams(file)(rf.get("/"))

    assert (answer.streaming, file.closed) == (True, 0)
    assert b"".join(answer.streaming_content) == b"".join(LONG)


@pytest.mark.parametrize(
    "path",
    ["/data/releases/2026.11/records.ndjson", "/api/v1/mitigations/"],
)
def test_one_more_than_can_be_sent_is_told_to_come_back(rf, threads, path):
    file = File(LONG)
    site = Streams(file)
    sending = [site(rf.get(path)) for _ in range(2)]

    answer = site(rf.get(path))

    assert (
        answer.status_code,
        answer["Retry-After"],
        answer["Cache-Control"],
    ) == (
        503,
        "10",
        "no-store",
    )
    assert streams.BUSY in answer.content.decode()
    assert ("problem+json" in answer["Content-Type"]) == path.startswith(
        "/api/",
    )

    answer.close()

    assert file.closed == 1
    assert all(one.streaming for one in sending)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_reader_is_shown_a_page_that_says_what_to_do(rf, threads, method):
    path = "/shortlist/brief.pdf?m=M0001&title=%3Cb%3E"
    site = Streams(File(LONG))
    sending = [site(rf.get(path)) for _ in range(2)]

    ask = getattr(rf, method)
    answer = site(ask(path, headers={"Accept": "text/html,*/*;q=0.8"}))
    for one in sending:
        one.close()

    page = lxml.html.fromstring(answer.content)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer["Content-Type"].startswith("text/html")
    assert "in 10 seconds" in page.text_content()
    links = page.xpath("//main//a/@href")
    if method == "post":
        assert links == []
    else:
        assert links[0] == path
        assert "brief.txt?m=M0001&title=%3Cb%3E" in links


def test_what_a_reader_wrote_is_sent_again_from_the_page(rf, threads):
    path = "/shortlist/brief.pdf?m=M0001"
    site = Streams(File(LONG))
    sending = [site(rf.get(path)) for _ in range(2)]
    written = {"title": "<b>", "purpose": "For May.\n\nOr June."}

    answer = site(rf.post(path, written, headers={"Accept": "text/html"}))
    for one in sending:
        one.close()

    [form] = lxml.html.fromstring(answer.content).forms
    assert (form.method, form.action) == ("POST", path)
    assert dict(form.form_values()) == written
    others = form.xpath(".//button/@formaction")
    assert "brief.txt?m=M0001" in others


def test_while_long_files_are_sent_short_ones_and_pages_are_answered(
    rf,
    threads,
):
    file = File(LONG)
    site = Streams(file)
    sending = [site(rf.get("/")) for _ in range(2)]

    file.pieces = SHORT

    assert site(rf.get("/")).content == b"".join(SHORT)
    assert all(one.streaming for one in sending)


def test_a_reader_who_goes_away_makes_room_once(rf, threads):
    site = Streams(File(LONG))
    first, _ = (site(rf.get("/")) for _ in range(2))

    first.close()
    first.close()

    assert site(rf.get("/")).status_code == 200
    assert site(rf.get("/")).status_code == 503


def test_a_file_that_fails_at_its_beginning_is_an_error_and_takes_no_place(
    rf,
    threads,
):
    def fails():
        yield b"a"
        raise ValueError("The database is gone.")

    site = Streams(lambda request: StreamingHttpResponse(fails()))

    for _ in range(5):
        with pytest.raises(ValueError, match="gone"):
            site(rf.get("/"))
