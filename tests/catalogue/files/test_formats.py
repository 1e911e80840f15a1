"""A format is declared once: wherever formats are offered or told of, all of them are."""

from pathlib import Path

import pytest
from django.urls import reverse

from catalogue.files.exports.formats import (
    FORMATS,
    in_releases,
    offered_formats,
)
from catalogue.releases import files
from tests.factories import MitigationFactory

LIST = "/api/v1/mitigations/"
DOCUMENTATION = Path(__file__).parents[3] / "docs/api.md"
every_format = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
every_offered = pytest.mark.parametrize(
    "form",
    offered_formats(),
    ids=[form.name for form in offered_formats()],
)

pytestmark = pytest.mark.django_db


@every_format
def test_a_format_is_served_where_the_parameter_names_it(client, form):
    MitigationFactory()
    response = client.get(LIST, {"format": form.name})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(form.media_type)
    assert response.getvalue()


@every_format
def test_a_format_is_compressed_where_it_is_text(client, form):
    MitigationFactory.create_batch(3)
    response = client.get(
        LIST,
        {"format": form.name},
        headers={"Accept-Encoding": "gzip"},
    )
    assert (response.headers.get("Content-Encoding") == "gzip") == form.is_text


@every_format
def test_a_format_says_that_it_is_text_where_its_files_are(client, form):
    MitigationFactory.create_batch(3)
    content = client.get(LIST, {"format": form.name}).getvalue()

    assert is_text(content) == form.is_text


def is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


@every_format
def test_a_format_is_documented(form):
    rows = DOCUMENTATION.read_text().splitlines()
    [row] = [row for row in rows if row.startswith(f"| `{form.name}` |")]
    assert form.name == "json" or f"`{form.media_type}`" in row


@every_offered
@pytest.mark.parametrize(
    "page",
    ["data", "mitigation-list", "api:documentation"],
)
def test_a_format_that_is_offered_stands_on_every_page_that_offers_them(
    client,
    form,
    page,
):
    MitigationFactory()
    content = client.get(reverse(page)).content.decode()
    link = f"format={form.name}"
    assert link in content or f"<code>{form.name}</code>" in content


@every_offered
def test_a_format_that_is_offered_says_what_it_is_good_for(client, form):
    content = client.get(reverse("data")).content.decode()
    assert form.use
    assert form.use in content


def test_each_format_that_is_offered_has_a_place_of_its_own():
    positions = [form.position for form in offered_formats()]
    assert len(set(positions)) == len(positions)


def test_releases_have_every_format_that_says_so(tmp_path):
    names = [
        file.name for file in files.downloads("http://testserver", tmp_path)
    ]
    expected = [
        f"mitigations.{form.suffix or form.name}" for form in in_releases()
    ]
    assert [
        name for name in names if name.startswith("mitigations.")
    ] == expected
    assert files.count_downloads() == len(names)
