"""Addresses of static files."""

import json

import pytest

from serving.static import StaticFiles


@pytest.fixture
def storage(tmp_path):
    """One with a style sheet, whose name has its checksum where it is served."""
    (tmp_path / "site.123.css").write_text("")
    manifest = {
        "version": "1.1",
        "hash": "",
        "paths": {"site.css": "site.123.css"},
    }
    (tmp_path / "staticfiles.json").write_text(json.dumps(manifest))
    return StaticFiles(location=tmp_path, base_url="/static/")


def test_a_file_has_the_address_of_its_contents(storage, settings):
    settings.DEBUG = False
    assert storage.url("site.css") == "/static/site.123.css"


def test_an_address_is_worked_out_once(storage, settings):
    settings.DEBUG = False
    before = storage.url("site.css")
    storage.hashed_files.clear()
    assert storage.url("site.css") == before


def test_a_file_that_is_not_there_has_none(storage, settings):
    settings.DEBUG = False
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        storage.url("none.css")
