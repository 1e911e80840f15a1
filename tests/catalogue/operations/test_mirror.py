"""A static copy of a release: everything in it leads somewhere, and nothing in it needs a
server.
"""

import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import CommandError, call_command

from catalogue.models import Mitigation
from catalogue.pages.views import MitigationListView
from catalogue.releases.cutting import cut
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
)
from tests.surveys.factories import make_study

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]
LIVE = "https://live.example.org"


class Page(HTMLParser):
    """The addresses in a page, its anchors, and its forms."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.forms = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.links += [
            given[name]
            for name in ("href", "src")
            if given.get(name) is not None
        ]
        self.ids |= {given["id"]} if given.get("id") else set()
        if tag == "form":
            self.forms.append(given)


@pytest.fixture
def catalogue(monkeypatch):
    monkeypatch.setattr(MitigationListView, "paginate_by", 3)
    taxonomy = TaxonomyFactory(slug="measures", is_default=True)
    document = DocumentFactory(
        slug="a-report",
        url="https://example.org/report",
    )
    for number in range(1, 5):  # more than a page
        mitigation = MitigationFactory(
            accession=f"M{number:04}",
            document=document,
            phases=number == 1,
            actors=number == 2,
        )
        ClassificationFactory(
            mitigation=mitigation,
            category__taxonomy=taxonomy,
            category__code=f"2.{number}",
        )
    CategoryFactory(
        taxonomy=TaxonomyFactory(slug="risks", kind="risks"),
        code="1",
    )
    MappingFactory(
        source=mitigation,
        target=Mitigation.objects.get(accession="M0001"),
    )
    MitigationFactory(name="Zebra", status="draft", document=document)
    make_study(items=1, status="published", year=2026)
    cut("2026.11", base_url="https://cut.example.org")


def mirrored(folder, **options):
    call_command("mirror", str(folder), verbosity=0, **options)
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file()
    }


def astray(folder: Path, files: dict[str, Path]) -> list[tuple[str, str]]:
    """Links within that lead nowhere: to no file, or to no place in it."""
    pages = {
        path.resolve(): Page(path.read_text())
        for name, path in files.items()
        if name.endswith(".html")
    }
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            there = (
                (path.parent / unquote(parts.path)).resolve()
                if parts.path
                else path
            )
            is_place = (
                not parts.fragment
                or there.suffix != ".html"
                or parts.fragment in pages.get(there, Page("")).ids
            )
            if (
                parts.query
                or link.startswith("/")
                or not there.is_file()
                or not is_place
                or folder not in there.parents
            ):
                found.append((path.relative_to(folder).as_posix(), link))
    return found


def test_every_link_leads_to_a_file_of_the_release_and_none_to_this_host(
    catalogue,
    tmp_path,
):
    Mitigation.objects.filter(accession="M0001").update(name="Changed since")

    files = mirrored(tmp_path / "copy")

    assert astray((tmp_path / "copy").resolve(), files) == []
    texts = {name: path.read_bytes() for name, path in files.items()}
    assert [
        name
        for name, text in texts.items()
        if b"//localhost" in text or b"Zebra" in text
    ] == []
    assert [
        name
        for name, text in texts.items()
        if name.endswith(".html") and Page(text.decode()).forms
    ] == []
    assert {
        "index.html",
        "404.html",
        "mitigations/index.html",
        "mitigations/page-2/index.html",
        "mitigations/M0001/index.html",
        "mitigations/by/category/2.3/index.html",
        "mitigations/by/view/table/index.html",
        "taxonomies/measures/2.3/index.html",
        "studies/study-1/index.html",
        "documents/a-report/cite.bib",
        "sitemap.xml",
        "changes.atom",
        "static/css/site.css",
        "data/releases/2026.11/index.html",
        "data/releases/2026.11/mitigations.csv",
        "data/dataset.jsonld",
        "data/releases/2026.11/catalogue.sqlite3",
        "studies/study-1/results.csv",
        "api/v1/mitigations.json",
        "api/v1/mitigations/M0001.json",
        "api/v1/categories/measures~3a2.3.json",
        "api/v1/schema.json",
        "api/v1/mappings.json",
    } <= files.keys()
    assert "needs a server" in files["index.html"].read_text()

    # It is the release, whatever was written since.
    record = json.loads(files["api/v1/mitigations/M0001.json"].read_text())
    assert record["name"] != "Changed since"
    assert record["history"][0]["what"] == "published"
    assert (
        tmp_path / "copy" / record["page_url"].lstrip("/") / "index.html"
    ).is_file()
    assert (tmp_path / "copy" / record["api_url"].lstrip("/")).is_file()
    for line in (
        files["data/releases/2026.11/SHA256SUMS"].read_text().splitlines()
    ):
        sha256, name = line.split("  ")
        assert (
            hashlib.sha256(
                files[f"data/releases/2026.11/{name}"].read_bytes(),
            ).hexdigest()
            == sha256
        )


def test_what_needs_a_server_leads_to_the_live_site_where_it_is_told(
    catalogue,
    tmp_path,
):
    files = mirrored(tmp_path / "copy", site=f"{LIVE}/")

    page = Page(files["mitigations/by/category/2.3/index.html"].read_text())
    assert astray((tmp_path / "copy").resolve(), files) == []
    assert f"{LIVE}/releases/2026.11/mitigations/" in [
        form["action"] for form in page.forms
    ]
    assert any(
        link.startswith(f"{LIVE}/releases/2026.11/mitigations/?category=2.3&")
        for link in page.links
    )
    record = Page(files["mitigations/M0001/index.html"].read_text())
    assert f"{LIVE}/mitigations/M0001/" in record.links  # this page today
    assert (
        f"{LIVE}/releases/2026.11/mitigations/M0001/" in record.links
    )  # canonical
    assert (
        f"{LIVE}/releases/2026.11/mitigations/M0001/"
        in files["sitemap.xml"].read_text()
    )


def test_a_copy_is_written_over_nothing(catalogue, tmp_path):
    (tmp_path / "kept").write_text("mine")

    with pytest.raises(CommandError, match="is not empty: name a new folder"):
        call_command("mirror", str(tmp_path))
    with pytest.raises(
        CommandError,
        match="There is no release 2026.12. There are: 2026.11",
    ):
        call_command("mirror", str(tmp_path / "copy"), release="2026.12")
