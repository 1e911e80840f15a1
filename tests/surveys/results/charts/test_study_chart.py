"""The chart of a study where it stands alone: as a picture, and in pages of others."""

import re
import struct
import xml.etree.ElementTree as ET

import pytest
from django.urls import reverse

from catalogue.models import Mitigation
from surveys.models import Study
from surveys.results.charts import picture
from surveys.results.charts.plot import Dot, Panel
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    TaxonomyFactory,
)
from tests.surveys.factories import make_full_study, make_study
from tests.surveys.results.shown import (
    answered,
    bounded,
    published,
    text_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

SVG = "{http://www.w3.org/2000/svg}"


def address(study, name, query=""):
    return f"{reverse(name, args=[study.slug])}{query}"


def svg_of(client, study, query="") -> ET.Element:
    answer = client.get(address(study, "study-chart-svg", query))
    assert answer["Content-Type"] == "image/svg+xml"
    return ET.fromstring(answer.content)


def words_of(root: ET.Element) -> str:
    return " ".join(text for text in root.itertext() if text.strip())


def test_the_picture_holds_title_question_counts_source_and_how_it_is_read(
    client,
):
    study = published(slugs=["a"] * 4 + ["d"], year=2031, responded=5)

    words = words_of(svg_of(client, study))

    for text in (
        "4 of 5 experts rated",
        f"“{study.criteria.get().question}”",
        study.items.get().asked_name,
        "4 of 5",
        "95 % interval",
        f"Source: {study.label}, 5 experts.",
        f"http://testserver{study.get_absolute_url()}",
    ):
        assert text in words, text


def test_preliminary_results_say_so_in_the_picture_and_the_frame(client):
    study = published(is_preliminary=True)

    assert "These results may still change." in words_of(
        svg_of(client, study),
    )
    assert "These results may still change." in text_of(
        client.get(address(study, "study-chart")),
    )


def test_a_study_of_which_bounds_are_published_has_them_drawn(client):
    study = bounded(0.6, 0.4)

    words = words_of(svg_of(client, study))
    framed = text_of(client.get(address(study, "study-chart")))
    page = text_of(client.get(study.get_absolute_url()))

    for text in ("more than 60 %", "more than 40 %", "published bound"):
        assert text in words, text
        assert text in framed, text
        assert text in page, text
    assert "95 % interval" not in words
    assert "“Would it be effective?” Experts who found it effective." in words


def test_names_are_text_and_no_markup(client):
    study = make_study(items=1)
    Mitigation.objects.filter(items__study=study).update(
        name="<b>&amp; “Quoted”</b>",
    )
    answered(study)

    assert "<b>&amp; “Quoted”</b>" in words_of(svg_of(client, study))
    assert client.get(address(study, "study-chart-png")).status_code == 200


def test_the_picture_shows_what_was_chosen(client):
    study = make_full_study()

    words = words_of(
        svg_of(client, study, "?criterion=effective&risk_area=area-1"),
    )
    all_areas = svg_of(client, study, "?criterion=effective")

    assert ", for Risk area 1: " in words
    assert all(
        f"Risk area {number}" in words_of(all_areas) for number in range(4)
    )
    assert "consensus: 60 %" in words


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def test_the_png_has_two_pixels_for_a_unit(client):
    study = published()

    answer = client.get(address(study, "study-chart-png"))
    svg = svg_of(client, study)

    assert answer["Content-Type"] == "image/png"
    width, height = size_of(answer.content)
    assert (width, height) == (
        2 * int(svg.get("width")),
        2 * int(svg.get("height")),
    )


def test_a_png_of_very_many_rows_has_no_more_pixels_than_are_allowed(
    monkeypatch,
):
    monkeypatch.setattr(picture, "MOST_PIXELS", 100_000)
    dot = Dot("A measure", "/", 4, 5, 80.0, 40.0, 96.0)

    drawn = picture.draw(
        title="Many",
        question="?",
        panels=[Panel("", [dot] * 100)],
        notes=[],
        consensus=None,
    )

    width, height = size_of(drawn.png())
    assert width * height <= 101_000


@pytest.mark.parametrize(
    "name",
    ["study-chart", "study-chart-svg", "study-chart-png"],
)
def test_what_has_no_counts_or_is_not_published_has_no_chart(client, name):
    nothing = make_study(items=1, status="published", year=2026)
    closed = published()
    Study.objects.filter(pk=closed.pk).update(status=Study.Status.CLOSED)

    assert client.get(address(nothing, name)).status_code == 404
    assert client.get(address(closed, name)).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["study-chart", "study-chart-svg", "study-chart-png"],
)
def test_a_wrong_parameter_is_refused(client, name):
    answer = client.get(address(published(), name, "?criterion=nothing"))

    assert answer.status_code == 400


def test_others_may_frame_the_chart_and_nothing_else(client):
    study = published()

    chart = client.get(address(study, "study-chart"))
    page = client.get(study.get_absolute_url())

    assert "X-Frame-Options" not in chart
    assert "frame-ancestors *;" in f"{chart['Content-Security-Policy']};"
    assert chart["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_each_link_of_a_framed_chart_leads_out_of_the_frame(client):
    body = client.get(address(published(), "study-chart")).content.decode()
    links = body.partition("<body>")[2].split("<a ")[1:]

    assert links
    assert all('target="_blank"' in link.split(">")[0] for link in links)


def test_the_page_of_a_study_gives_the_line_that_embeds_what_it_shows(client):
    study = make_full_study()

    shown = text_of(
        client.get(study.get_absolute_url(), {"sort": "n", "criterion": "do"}),
    )

    chart = f"http://testserver{address(study, 'study-chart')}"
    assert f'<iframe src="{chart}?criterion=do&amp;sort=n" title="' in shown


def test_a_chart_of_a_category_says_so_and_where_it_is(client):
    study = published(slugs=["a"] * 4 + ["d"], year=2031, responded=5)
    taxonomy = TaxonomyFactory(is_default=True)
    CategoryFactory(
        taxonomy=taxonomy,
        code="3.1",
        name="Legal & Regulatory",
    )
    below = CategoryFactory(taxonomy=taxonomy, code="3.1.1")
    ClassificationFactory(
        mitigation=study.items.get().mitigation,
        category=below,
    )

    words = words_of(svg_of(client, study, "?category=3.1"))
    assert "In 3.1 Legal & Regulatory, " in words
    assert f"{study.get_absolute_url()}?category=3.1" in words


def test_a_long_name_stands_in_lines_and_is_not_cut():
    name = "Treat internal deployments similar to external deployments"
    drawn = picture.draw(
        title="One",
        question="?",
        panels=[Panel("", [Dot(name, "/", 4, 5, 80.0, 40.0, 96.0)])],
        notes=[],
        consensus=None,
    )
    [texts] = re.findall(
        r"(?:<text[^>]*text-anchor=\"end\"[^>]*>[^<]*</text>)+",
        drawn.svg,
    )
    lines = re.findall(r">([^<]+)</text>", texts)

    assert " ".join(lines) == name
    assert max(map(len, lines)) <= picture.NAME


def test_bounds_that_are_all_alike_are_drawn_only_where_a_reader_asks(client):
    study = bounded(0.6, 0.6)

    page = client.get(study.get_absolute_url()).content.decode()

    assert "The same as a chart" in page
    assert page.index("areas-table") < page.index('class="plot')
    assert page.count(study.limits) == 1
