"""The documentation names what there is, and nothing that there is not."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from catalogue.api.crosswalk import MEASURES_ON_PAGE
from catalogue.curation.quality.base import CHECKS
from config.api import router

ROOT = Path(settings.BASE_DIR)
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
OWN_APPS = {"catalogue", "decisions", "surveys"}


def test_docs_name_every_command():
    commands = {
        name for name, app in get_commands().items() if app in OWN_APPS
    }
    text = (ROOT / "docs/operations.md").read_text()

    assert {name for name in commands if f"`{name}`" not in text} == set()


def test_docs_name_every_check_of_the_quality_desk():
    text = (ROOT / "docs/curation.md").read_text()

    assert {
        check.title for check in CHECKS.values() if check.title not in text
    } == set()


def test_docs_say_how_many_measures_a_page_of_the_crosswalk_has():
    text = (ROOT / "docs/api.md").read_text()

    assert f"each part in pages of {MEASURES_ON_PAGE} " in text


FILTERED = {
    prefix: view.filterset_class
    for prefix, view, _ in router.registry
    if getattr(view, "filterset_class", None)
    and view.filterset_class.base_filters
}
#: What a list takes beside its filters.
BESIDE_FILTERS = {"mitigations": ["fields", "include", "facets", "ordering"]}


@pytest.mark.parametrize("resource", FILTERED)
def test_docs_name_every_filter_of_a_list_and_no_other(resource):
    text = (ROOT / "docs/api.md").read_text()
    [row] = re.findall(rf"^\| `{resource}` \| (.*) \|$", text, re.MULTILINE)
    expected = {
        *FILTERED[resource].base_filters,
        *BESIDE_FILTERS.get(resource, []),
    }

    assert set(re.findall(r"`(\w+)`", row)) == expected


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()


@pytest.mark.parametrize("app", sorted(OWN_APPS))
def test_the_drawing_has_the_rooms_on_the_floors_that_imports_are_held_to(app):
    drawing = ARCHITECTURE.partition(f"\n{app}/ ")[2].partition("\n   │\n")[0]
    floors = [set(re.findall(r"\w+", floor)) for floor in drawing.splitlines()]
    drawn = set().union(*floors)

    assert [
        rooms & drawn for rooms in layers_of(app) if rooms & drawn
    ] == floors


def layers_of(app):
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for contract in rules["tool"]["importlinter"]["contracts"]:
        if contract.get("containers") == [app]:
            return [
                set(re.findall(r"\w+", layer)) for layer in contract["layers"]
            ]
    raise AssertionError(f"Nothing is held of the rooms of {app}.")


WALKS = ARCHITECTURE.split("\n## Walk: ")[1:]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.split("\n")[0])
def test_a_walk_has_at_most_ten_steps_and_each_is_a_file(walk):
    steps = re.findall(
        r"^\d+\. (.*(?:\n   .*)*)",
        walk.partition("\n## ")[0],
        re.MULTILINE,
    )
    files = [re.findall(r"`([\w/]+\.py)`", step) for step in steps]

    assert 3 <= len(steps) <= 10
    assert [len(named) for named in files] == [1] * len(steps)


def test_every_page_is_in_the_index():
    index = (ROOT / "docs/README.md").read_text()

    assert [
        page.name
        for page in (ROOT / "docs").glob("*.md")
        if page.name not in index + "README.md"
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_files_named_in_docs_exist(page):
    text = page.read_text()
    named = re.findall(
        r"`((?:catalogue|decisions|surveys|serving|config|tests|docs|benchmarks|templates|static)/[\w./-]*)`",
        text,
    )
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", text)

    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [link for link in linked if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_addresses_named_in_docs_exist(page):
    for path in re.findall(r"127\.0\.0\.1:8000(/[\w/.-]*)", page.read_text()):
        try:
            resolve(path)
        except Resolver404:
            pytest.fail(f"{page.name} names {path}")
