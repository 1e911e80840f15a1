"""What two laws, codes or standards ask for in common, and what only one does."""

import csv
import datetime
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.api import crosswalk as api
from catalogue.files.exports.crosswalk import CrosswalkListing
from catalogue.models import Instrument, Mapping, Mitigation
from catalogue.record.crosswalk import CAUTION
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db
QUERY = "?from=one&to=other"
Relation = Mapping.Relation


@pytest.fixture
def pair() -> tuple[Instrument, Instrument]:
    """`one` and `other`: about M0001 both ask, about M0002 `one` alone, about M0003 `other`."""
    one = InstrumentFactory(slug="one", short_title="One Act", is_whole=True)
    other = InstrumentFactory(slug="other", short_title="Other Code")
    asked = [(one, "A"), (other, "B")]
    shared = MitigationFactory()
    for instrument, code in asked:
        ProvisionMappingFactory(
            source=shared,
            provision=ProvisionFactory(instrument=instrument, code=code),
            relation=Relation.CLOSE,
        )
    for instrument, code in asked:
        ProvisionMappingFactory(
            source=MitigationFactory(),
            provision=ProvisionFactory(
                instrument=instrument,
                code=f"{code} alone",
            ),
            relation=Relation.RELATED,
        )
    ProvisionFactory(instrument=one, code="A unmet")
    return one, other


@pytest.fixture
def shown(client, pair):
    return client.get(f"/crosswalk/{QUERY}").context["shown"]


def accessions(measures) -> list[str]:
    return [one.mitigation.accession for one in measures]


def test_what_both_ask_about_stands_apart_from_what_one_does(shown):
    assert accessions(shown.both) == ["M0001"]
    assert accessions(shown.only_first.measures) == ["M0002"]
    assert accessions(shown.only_second.measures) == ["M0003"]


def test_measures_are_taken_by_their_places_from_the_end_too(shown):
    measures = shown.both

    assert measures[-1].mitigation == measures[0].mitigation
    with pytest.raises(IndexError):
        measures[len(measures)]


def test_provisions_that_no_measure_meets_stand_with_their_instrument(shown):
    assert [one.code for one in shown.only_first.unmet] == ["A unmet"]
    assert shown.only_second.unmet == []


def test_what_something_is_only_related_to_stands_apart_from_both(shown):
    related = shown.only_first.only_related
    assert [one.code for one in related] == ["A alone"]


def test_of_what_both_ask_about_is_said_how_near_they_come(client, pair):
    for relation in (Relation.NARROW, Relation.RELATED):
        measure = MitigationFactory()
        for instrument, its in zip(
            pair,
            (Relation.CLOSE, relation),
            strict=True,
        ):
            ProvisionMappingFactory(
                source=measure,
                provision=ProvisionFactory(instrument=instrument),
                relation=its,
            )
    answer = client.get(f"/crosswalk/{QUERY}")
    counts = client.get(f"/api/v1/crosswalk/{QUERY}").json()["counts"]

    near = answer.context["shown"].how_near
    assert (near.near, near.between, near.related) == (1, 1, 1)
    assert counts["both_near"] == counts["both_between"] == 1
    assert counts["both_related"] == 1
    text = " ".join(answer.content.decode().split())
    assert "Both ask about 3 mitigations here." in text
    assert "<li>1 mitigation: both ask for it as it stands, or nearly" in text
    assert "<li>1 mitigation: at least one of the two asks only for a" in text
    assert (
        '<a href="#only-first">1 more mitigation</a>: only One Act asks about it'
        in text
    )


def test_wordings_of_one_measure_are_said_to_be_one(client, pair):
    twin = MitigationFactory()
    for instrument in pair:
        ProvisionMappingFactory(
            source=twin,
            provision=ProvisionFactory(instrument=instrument),
        )
    MappingFactory(
        source=twin,
        target=Mitigation.objects.get(accession="M0001"),
        relation=Relation.EXACT,
    )
    page = client.get(f"/crosswalk/{QUERY}").content.decode()
    counts = client.get(f"/api/v1/crosswalk/{QUERY}").json()["counts"]

    text = " ".join(page.split())
    assert "Both ask about 2 mitigations here (1 different measure)." in text
    assert (counts["both"], counts["both_measures"]) == (2, 1)


def test_a_provision_with_parts_is_not_said_to_be_met_by_none(client, pair):
    wider = ProvisionFactory(instrument=pair[0], code="Wider")
    ProvisionFactory(instrument=pair[0], code="Part", parent=wider)

    shown = client.get(f"/crosswalk/{QUERY}").context["shown"]
    codes = [one.code for one in shown.only_first.unmet]
    assert codes == ["A unmet", "Part"]


def test_what_comes_nearest_to_the_measure_stands_first(client, pair):
    nearer = MitigationFactory()
    for instrument in pair:
        ProvisionMappingFactory(
            source=nearer,
            provision=ProvisionFactory(instrument=instrument),
            relation=Relation.EXACT,
        )

    shown = client.get(f"/crosswalk/{QUERY}").context["shown"]
    assert accessions(shown.both) == [nearer.accession, "M0001"]


def test_the_page_says_how_each_asks_and_what_that_does_not_say(client, pair):
    page = client.get(f"/crosswalk/{QUERY}").content.decode()

    assert "Commits signatories to nearly this measure" in page
    assert CAUTION in page
    assert "This is no legal advice." in page
    assert "last looked at on 30 November 2026" in page
    assert "The provisions of Other Code are listed in part." in page
    assert "The provisions of One Act are listed in part." not in page


def test_a_day_ahead_is_said_to_be_ahead(client, pair):
    law = InstrumentFactory(
        slug="law",
        kind=Instrument.Kind.LAW,
        in_force_on=datetime.date(2027, 1, 1),
    )
    ProvisionMappingFactory(
        source=Mapping.objects.first().source,
        provision=ProvisionFactory(instrument=law),
    )

    page = client.get("/crosswalk/?from=law&to=one").content.decode()
    assert "from 1 January 2027 (still ahead on 30 November 2026)" in page


def test_drafts_are_in_no_crosswalk(client, pair):
    draft = MitigationFactory(status="draft", name="Not to be seen")
    ProvisionMappingFactory(
        source=draft,
        provision=ProvisionFactory(instrument=pair[0]),
    )

    for address in (
        "/crosswalk/",
        "/crosswalk/table.csv",
        "/crosswalk/mappings.sssom.tsv",
        "/api/v1/crosswalk/",
    ):
        answer = client.get(address + QUERY)
        assert "Not to be seen" not in answer.getvalue().decode()


def test_swapped_it_is_the_same_the_other_way_round(client, pair):
    answer = client.get(f"/crosswalk/{QUERY}")
    assert answer.context["swapped_url"] == "/crosswalk/?from=other&to=one"

    swapped = client.get(answer.context["swapped_url"]).context["shown"]
    assert accessions(swapped.only_first.measures) == ["M0003"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("from=one&to=one", "These are one and the same"),
        ("from=on&to=other", "is no value of “from”"),
        ("from=one&from=other", "“from”"),
        ("form=one", "There is no parameter “form”"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_can(
    client,
    pair,
    query,
    message,
):
    page = client.get(f"/crosswalk/?{query}")
    api = client.get(f"/api/v1/crosswalk/?{query}")

    assert (page.status_code, api.status_code) == (400, 400)
    assert message in page.content.decode()
    corrected = page.context["corrected_query"]
    assert client.get(f"/crosswalk/{corrected}").status_code == 200


@pytest.mark.parametrize("query", ["", "?from=one", "?from=one&to="])
def test_without_two_the_page_lets_choose_and_files_are_none(
    client,
    pair,
    query,
):
    page = client.get(f"/crosswalk/{query}")
    assert (page.status_code, page.context["shown"]) == (200, None)
    assert client.get(f"/crosswalk/table.csv{query}").status_code == 404


def test_without_any_instrument_there_is_nothing_to_choose(client):
    assert client.get("/crosswalk/").context["instruments"] == []


def test_page_api_and_csv_say_the_same(client, shown):
    text = client.get(f"/crosswalk/table.csv{QUERY}").getvalue().decode()
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    in_csv = [
        (row["part"], row["mitigation"], row["provision"]) for row in rows
    ]
    data = client.get(f"/api/v1/crosswalk/{QUERY}").json()

    in_api = of_measures("both", data["both"])
    for part in ("first", "second"):
        only = data[f"only_{part}"]
        in_api += of_measures(part, only["mitigations"])
        in_api += [(part, "", one["provision"]) for one in only["unmet"]]
    assert in_csv == in_api
    on_page = [one["accession"] for one in data["both"]]
    assert accessions(shown.both) == on_page
    assert len(in_csv) == 5


def of_measures(part: str, measures: list[dict]) -> list[tuple]:
    """As the rows of the CSV have them."""
    found = []
    for one in measures:
        for answer in [*one["first"], *one["second"]]:
            found.append((part, one["accession"], answer["provision"]))
    return found


def test_sssom_maps_measures_to_either_and_to_nothing_else(client, pair):
    ProvisionMappingFactory(source=MitigationFactory())
    text = client.get(f"/crosswalk/mappings.sssom.tsv{QUERY}").content.decode()

    rows = [line for line in text.splitlines() if not line.startswith("#")][1:]
    objects = [row.split("\t")[3].partition(":")[0] for row in rows]
    assert sorted(objects) == ["one", "one", "other", "other"]
    assert f"/crosswalk/mappings.sssom.tsv{QUERY}" in text


def test_queries_do_not_grow_with_what_is_asked(client, pair):
    address = f"/crosswalk/{QUERY}"
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(f"{address}&")
    for instrument in pair * 5:
        ProvisionMappingFactory(
            source=MitigationFactory(),
            provision=ProvisionFactory(instrument=instrument),
        )

    client.get(address)  # the index is mended for them
    with CaptureQueriesContext(connection) as many:
        client.get(f"{address}&&")
    assert 0 < len(many) <= len(few)


def test_no_more_of_a_mitigation_is_read_than_its_name(client, pair):
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/crosswalk/{QUERY}")

    of_mitigations = [
        one["sql"] for one in asked if '"accession"' in one["sql"]
    ]
    assert of_mitigations
    assert not [one for one in of_mitigations if '"requirements"' in one]


def test_an_instrument_offers_to_be_compared_with_others(client, pair):
    page = client.get("/instruments/one/").content.decode()

    assert '<input type="hidden" name="from" value="one">' in page
    assert '<option value="other">Other Code</option>' in page


def test_of_very_many_the_page_shows_the_first_and_says_where_all_are(
    client,
    pair,
    monkeypatch,
):
    monkeypatch.setattr("catalogue.pages.crosswalk.MOST_SHOWN", 1)
    provision = ProvisionFactory(instrument=pair[0])
    ProvisionMappingFactory(source=MitigationFactory(), provision=provision)

    page = client.get(f"/crosswalk/{QUERY}").content.decode()
    assert "The first 1 of 2; all are in the CSV." in page


def test_of_what_nothing_is_mapped_to_nothing_is_claimed(client, pair):
    InstrumentFactory(slug="new", short_title="New Code")
    ProvisionFactory(instrument=Instrument.objects.get(slug="new"))
    query = "?from=new&to=one"

    page = client.get(f"/crosswalk/{query}")
    data = client.get(f"/api/v1/crosswalk/{query}").json()
    table = client.get(f"/crosswalk/table.csv{query}").content.decode()

    text = page.content.decode()
    assert "Nothing is mapped to New Code here yet" in text
    assert "asks nothing" not in text
    assert data["notices"][0].startswith("Nothing is mapped to New Code")
    assert data["only_second"]["mitigations"] == []
    assert data["only_first"]["unmet"] == []
    assert {*data["counts"].values()} == {None}
    assert "M000" not in table


def test_the_api_has_pages_of_measures_and_says_how_many(
    client,
    pair,
    monkeypatch,
):
    monkeypatch.setattr(api, "MEASURES_ON_PAGE", 1)
    later = MitigationFactory()
    for instrument in pair:
        ProvisionMappingFactory(
            source=later,
            provision=ProvisionFactory(instrument=instrument),
            relation=Relation.RELATED,
        )
    address = f"/api/v1/crosswalk/{QUERY}"
    first = client.get(address).json()
    second = client.get(f"{address}&page=2").json()

    assert first["counts"] == {
        "both": 2,
        "both_measures": 2,
        "both_near": 1,
        "both_between": 0,
        "both_related": 1,
        "only_first": 1,
        "only_second": 1,
    }
    assert first["pages"] == 2
    assert [one["accession"] for one in first["both"]] == ["M0001"]
    assert [one["accession"] for one in second["both"]] == [later.accession]
    assert second["only_first"] == {
        "mitigations": [],
        "unmet": [],
        "only_related": [],
    }


@pytest.mark.parametrize("page", ["0", "2", "x", ""])
def test_a_page_that_the_api_has_not_is_refused(client, pair, page):
    answer = client.get(f"/api/v1/crosswalk/{QUERY}&page={page}")

    assert answer.status_code == 400
    assert "page" in answer.content.decode()


def test_what_is_counted_of_a_crosswalk_are_its_rows(client, shown):
    listing = CrosswalkListing(shown)

    assert len(listing) == sum(map(len, listing.records())) == 5


def test_each_measure_stands_once_where_several_provisions_ask_for_it(
    client,
    pair,
):
    shared = Mapping.objects.first().source
    ProvisionMappingFactory(
        source=shared,
        provision=ProvisionFactory(instrument=pair[0], code="A too"),
        relation=Relation.EXACT,
    )

    shown = client.get(f"/crosswalk/{QUERY}").context["shown"]
    [measure] = shown.both
    codes = [one.mapping.provision.code for one in measure.first]
    assert codes == ["A too", "A"]


@pytest.mark.parametrize(
    ("query", "missing"),
    [("", ["from", "to"]), ("?from=one", ["to"]), ("?to=one", ["from"])],
)
def test_the_api_names_which_of_the_two_is_missing(
    client,
    pair,
    query,
    missing,
):
    answer = client.get(f"/api/v1/crosswalk/{query}")

    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert [one["parameter"] for one in errors] == missing
    assert errors[0]["allowed"] == ["one", "other"]
