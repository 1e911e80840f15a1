"""The brief in the API says what its page and its files say."""

import lxml.html
import pytest

from decisions.brief.forms import FORMS
from decisions.brief.state import LENGTHS, PARTS
from surveys.models import Study
from tests.factories import (
    LifecyclePhaseFactory,
    MitigationFactory,
    ProvisionMappingFactory,
)
from tests.surveys.factories import make_study

pytestmark = pytest.mark.django_db
API = "/api/v1/shortlist/brief/"


@pytest.fixture
def chosen():
    study = make_study(items=2, status=Study.Status.PUBLISHED)
    asked = [item.mitigation for item in study.items.all()]
    asked[0].phases.add(LifecyclePhaseFactory())
    return [MitigationFactory(), *asked]


def brief_query(mitigations, more=""):
    return "?" + "&".join(f"m={one.accession}" for one in mitigations) + more


def texts_of(block) -> list[str]:
    """All texts of a block, in their order."""
    if block["kind"] == "table":
        cells = [cell for row in block["rows"] for cell in row]
        return [block["caption"], *block["heads"], *cells]
    if block["kind"] == "references":
        return [f"[{one['number']}] {one['text']}" for one in block["works"]]
    return block["items"] or [block["text"]]


@pytest.mark.parametrize("length", LENGTHS)
def test_it_says_what_its_page_says(client, chosen, length):
    query = brief_query(chosen, f"&length={length}")
    answer = client.get(API + query).json()
    page = lxml.html.fromstring(client.get(answer["page_url"]).content)
    [body] = page.find_class("brief")
    shown = [
        " ".join(one.text_content().split())
        for one in body.iter("h2", "h3", "h4", "p", "li", "th", "td")
    ]

    said = []
    for part in answer["parts"]:
        for block in part["blocks"]:
            said += [" ".join(text.split()) for text in texts_of(block)]
    assert said
    assert said == shown


@pytest.mark.parametrize("ending", FORMS)
def test_files_are_those_of_the_page(client, chosen, ending):
    query = brief_query(chosen)
    file = client.get(f"/shortlist/brief.{ending}{query}")
    answer = client.get(f"{API}{query}&format={ending}")

    assert answer.status_code == 200
    assert answer.content == file.content
    assert answer["Content-Type"] == file["Content-Type"]
    assert answer["Content-Disposition"] == file["Content-Disposition"]


def test_a_file_is_had_by_what_is_accepted_too(client, chosen):
    headers = {"Accept": "text/markdown"}
    answer = client.get(API + brief_query(chosen), headers=headers)

    assert answer["Content-Type"].startswith("text/markdown")


def test_two_makings_as_data_are_alike(client, chosen):
    query = brief_query(chosen)

    assert client.get(API + query).content == client.get(API + query).content


@pytest.mark.parametrize("part", PARTS)
def test_parts_are_named(client, chosen, part):
    ProvisionMappingFactory(source=chosen[0])
    further = f"&parts={part}&x={MitigationFactory().accession}"
    answer = client.get(API + brief_query(chosen, further)).json()

    names = [one["name"] for one in answer["parts"]]
    assert names == ["opening", part, "citation"]


def test_documents_and_entries_are_told_apart(client, chosen):
    works = client.get(API + brief_query(chosen)).json()["references"]

    assert [one["number"] for one in works] == list(range(1, len(works) + 1))
    entries = [one["key"] for one in works if one["is_entry"]]
    assert entries == [one.accession for one in chosen]


def test_names_that_there_are_not_are_told(client, chosen):
    answer = client.get(API + brief_query(chosen, "&m=M9999")).json()

    assert answer["unknown"] == ["M9999"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 404),
        ("?m=M9999", 404),
        ("?m=M0001&parts=all", 400),
        ("?m=M0001&length=2", 400),
        ("?m=M0001&format=csv", 400),
        ("?m=M0001&title=Mine", 400),
        ("?m=M0001&for=nothing", 400),
    ],
)
def test_what_there_is_not_is_refused(client, query, status):
    answer = client.get(API + query)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_nothing_is_sent_to_it(client, chosen):
    answer = client.post(API + brief_query(chosen), {"title": "Mine"})

    assert answer.status_code == 405
