"""The catalogue stands below surveys: what they add they register themselves."""

import re
from pathlib import Path

import pytest

from serving.registry import Registry
from surveys import extensions
from surveys.results import filters

ROOT = Path(__file__).parents[2]
#: What was run once stays as it was.
DONE = "migrations"


def files():
    code = [
        p for p in (ROOT / "catalogue").rglob("*.py") if DONE not in p.parts
    ]
    return [*code, *(ROOT / "templates/catalogue").rglob("*.*")]


def test_no_file_of_the_catalogue_names_surveys():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search("surveys", line, re.IGNORECASE)
    ]

    assert len(files()) > 150
    assert found == []


def test_neither_lists_nor_the_api_name_a_filter_of_surveys():
    names = "|".join(filters.FILTERS)
    rooms = [path for path in files() if {*path.parts} & {"api", "listing"}]
    found = [
        f"{path.relative_to(ROOT)}: {match[1]}"
        for path in rooms
        for match in re.finditer(rf"[\"']({names})[\"']", path.read_text())
    ]

    assert len(rooms) > 20
    assert found == []


def test_surveys_register_all_they_add_in_registries():
    """Whatever `extensions` hands in twice is refused: nothing is appended or overwritten."""
    with pytest.raises(ValueError, match="already"):
        extensions.register()


@pytest.mark.parametrize(
    "name",
    ["EXTRAS", "NOTICES", "FURTHER", "IMPORTERS", "ROWS"],
)
def test_what_extensions_fills_is_a_registry(name):
    assert isinstance(getattr(extensions, name), Registry)
