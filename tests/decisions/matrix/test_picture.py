"""The matrix as a picture."""

import struct

import lxml.etree
import pytest

from surveys.results.charts.picture import MOST_PIXELS
from tests.factories import LifecyclePhaseFactory

from .test_properties import of_page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("unrecorded", "asked_catalogue"),
]
QUERIES = [
    "",
    "against=phase%3Dplan&mark=mitigation",
    "rows=risk&columns=phase&group=measure",
    "show=agreement&question=asked.do&columns=actor",
]


def drawn_as(client, form: str, query: str = "") -> bytes:
    response = client.get(f"/matrix/table.{form}?{query}")
    assert response.status_code == 200
    return response.content


def words_drawn(svg: bytes) -> list[str]:
    """Each text of it, in the order of the file."""
    root = lxml.etree.fromstring(svg)
    return [text.text or "" for text in root.iter("{*}text")]


@pytest.mark.parametrize("query", QUERIES)
def test_it_says_what_the_page_says(client, query):
    drawn = " ".join(words_drawn(drawn_as(client, "svg", query)))

    rows = of_page(query)[1:]
    assert rows
    for row in rows:
        for cell in row:
            for part in cell.split("; "):
                assert part in drawn


def test_it_holds_its_key_and_where_it_is_from(client):
    drawn = " ".join(words_drawn(drawn_as(client, "svg", "phase=deploy")))

    assert "11 and more" in drawn
    assert "http://testserver/matrix/?phase=deploy" in drawn
    assert "How many mitigations there are: Deploy" in drawn


def test_names_are_wrapped_and_never_cut(client):
    name = "Every system that anybody may one day still come to rely upon"
    LifecyclePhaseFactory(slug="long", name=name)

    assert name in " ".join(words_drawn(drawn_as(client, "svg")))


@pytest.mark.parametrize("form", ["svg", "png"])
def test_it_is_the_same_each_time(client, form):
    assert drawn_as(client, form) == drawn_as(client, form)


def test_a_png_has_no_more_pixels_than_are_allowed(client):
    for number in range(30):
        LifecyclePhaseFactory(slug=f"phase-{number}")
    png = drawn_as(client, "png")

    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width * height <= MOST_PIXELS + width + height
