"""Sections of a code, which an act is cited by: nobody can look up a bare number."""

import datetime

import pytest

from catalogue.record.asking import cited, whose_numbers
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)
from tests.files import csv_rows

pytestmark = pytest.mark.django_db
NUMBERS = "Numbers of An Act are those of sections of the Some Code, unless another is named."


@pytest.fixture
def act():
    return InstrumentFactory(
        slug="an-act",
        short_title="An Act",
        kind="law",
        sections_of="Some Code",
        in_force_on=datetime.date(2026, 1, 1),
    )


def sections(act, *codes):
    return [ProvisionFactory(instrument=act, code=code) for code in codes]


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (["12(a)"], "An Act, Some Code 12(a)"),
        (["12(a)", "12(c)"], "An Act, Some Code 12(a), 12(c)"),
        (["Labor Code 7"], "An Act, Labor Code 7"),
        (
            ["12(a)", "Labor Code 7", "13"],
            "An Act, Some Code 12(a), Labor Code 7, Some Code 13",
        ),
    ],
)
def test_a_citation_names_the_code_where_its_sections_begin(act, codes, said):
    assert cited(sections(act, *codes)) == said


def test_numbers_of_an_act_of_its_own_are_cited_alone():
    own = InstrumentFactory(short_title="Own Act", kind="law")
    some = sections(own, "10(a)")

    assert cited(some) == "Own Act, 10(a)"
    assert whose_numbers(some) == []


def test_of_many_sections_it_is_said_once_of_each_act(act):
    assert whose_numbers(sections(act, "12(a)", "12(c)")) == [NUMBERS]
    assert whose_numbers(sections(act, "Labor Code 7")) == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("12(a)", "binding law, in the Some Code<"),
        ("Labor Code 7", "binding law<"),
    ],
)
def test_a_measure_names_the_code_only_of_sections_that_are_of_it(
    client,
    act,
    code,
    said,
):
    [provision] = sections(act, code)
    ProvisionMappingFactory(provision=provision)

    assert said in client.get("/mitigations/M0001/").content.decode()


def test_a_crosswalk_says_it_once_on_its_page_and_of_each_row_in_its_file(
    client,
    act,
):
    other = InstrumentFactory(slug="a-code")
    measure = MitigationFactory()
    for one in (
        *sections(act, "12(a)", "Labor Code 7"),
        *sections(other, "1"),
    ):
        ProvisionMappingFactory(source=measure, provision=one)
    query = "?from=an-act&to=a-code"

    page = client.get(f"/crosswalk/{query}").content.decode()
    assert page.count("Some Code") == 1
    assert NUMBERS in page
    rows = csv_rows(client.get(f"/crosswalk/table.csv{query}"))
    assert {row["provision"]: row["section_of"] for row in rows} == {
        "12(a)": "Some Code",
        "Labor Code 7": "",
        "1": "",
    }
    data = client.get(f"/api/v1/crosswalk/{query}").json()
    [measure] = data["both"]
    codes = [one["section_of"] for one in measure["first"]]
    assert codes == ["Some Code", None]


def test_a_table_of_measures_cites_sections_with_their_code(client, act):
    [provision] = sections(act, "12(a)")
    ProvisionMappingFactory(provision=provision)

    [row] = csv_rows(client.get("/api/v1/mitigations/?format=csv"))
    assert row["asked_for_by"].startswith("An Act, Some Code 12(a): ")
