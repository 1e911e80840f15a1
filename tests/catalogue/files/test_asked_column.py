"""What laws, codes and standards ask, in files of mitigations and of mappings."""

import datetime

import pytest

from catalogue.models import Provision
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)
from tests.files import csv_rows

pytestmark = pytest.mark.django_db
LINE = "An Act, 7(c): requires nearly this measure; applies to large developers, from 1 January 2026"


@pytest.fixture
def mitigation():
    """A law requires it, and a code suggests something related."""
    act = InstrumentFactory(
        slug="an-act",
        short_title="An Act",
        kind="law",
        in_force_on=datetime.date(2026, 1, 1),
    )
    mitigation = MitigationFactory()
    ProvisionMappingFactory(
        source=mitigation,
        provision__instrument=InstrumentFactory(short_title="A Code"),
        provision__code="1",
        relation="relatedMatch",
        force="suggests",
    )
    ProvisionMappingFactory(
        source=mitigation,
        provision=ProvisionFactory(
            instrument=act,
            code="7(c)",
            applies_to="large developers",
            addressee="frontier",
        ),
        relation="closeMatch",
        force="requires",
    )
    return mitigation


def cell_of(client, query: str) -> str:
    [row] = csv_rows(client.get(f"/api/v1/mitigations/?format=csv{query}"))
    return row["asked_for_by"]


def test_a_table_says_of_what_could_not_be_verified_that_it_was_not(
    client,
    mitigation,
):
    Provision.objects.filter(code="7(c)").update(is_verified=False)

    assert cell_of(client, "").startswith(
        "An Act, 7(c) (not verified): requires",
    )


def test_a_table_says_what_asks_for_each_law_first(client, mitigation):
    assert cell_of(client, "") == (
        f"{LINE} | A Code, 1: suggests something related to this measure"
    )


def test_under_a_filter_by_law_a_table_has_only_what_answers(
    client,
    mitigation,
):
    assert cell_of(client, "&force=requires&in_force_on=2026-11-30") == LINE


def test_what_nothing_asks_for_has_an_empty_cell(client):
    MitigationFactory()

    assert cell_of(client, "") == ""


def test_the_column_can_be_chosen_alone(client, mitigation):
    address = "/api/v1/mitigations/?format=csv&fields=accession,asked_for_by"

    [row] = csv_rows(client.get(address))
    assert {*row} == {"accession", "asked_for_by"}


@pytest.mark.parametrize("form", ["md", "txt"])
def test_under_a_filter_by_law_a_text_says_what_answers(
    client,
    mitigation,
    form,
):
    address = f"/api/v1/mitigations/?format={form}"
    law = client.get(f"{address}&force=requires").getvalue().decode()

    assert f"{LINE}." in law.replace("\\", "")
    assert "An Act" not in client.get(address).getvalue().decode()


def test_mappings_say_whom_a_provision_binds_and_from_when(client, mitigation):
    address = "/api/v1/mappings/?instrument=an-act&format=csv"

    [row] = csv_rows(client.get(address))
    assert row["provision_addressee"] == "frontier"
    assert row["provision_applies_to"] == "large developers"
    assert row["provision_begins_on"] == "2026-01-01"
