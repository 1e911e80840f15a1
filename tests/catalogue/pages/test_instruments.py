"""Pages of laws, codes and standards, and what a measure's page says of them."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Instrument, NotCovered
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db


def text_of(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def law(**fields) -> Instrument:
    return InstrumentFactory(
        kind=Instrument.Kind.LAW,
        in_force_on=datetime.date(2027, 1, 1),
        checked_on=datetime.date(2026, 11, 30),
        **fields,
    )


def test_a_measure_says_what_asks_for_it_of_whom_and_from_when(client):
    provision = ProvisionFactory(
        instrument=law(),
        applies_to="large frontier developers",
    )
    ProvisionMappingFactory(provision=provision, relation="relatedMatch")
    page = text_of(client, "/mitigations/M0001/")

    assert "Requires something related to this measure" in page
    assert (
        "Applies to large frontier developers, from 1 January 2027 (still ahead on 30 November 2026)."
        in page
    )


def test_of_a_provision_that_names_nobody_only_the_day_is_said(client):
    provision = ProvisionFactory(instrument=law(), applies_to="")
    ProvisionMappingFactory(provision=provision)

    assert "Applies from 1 January 2027" in text_of(
        client,
        "/mitigations/M0001/",
    )
    address = provision.instrument.get_absolute_url()
    assert "It applies from 1 January 2027" in text_of(client, address)


def test_a_measure_that_nothing_asks_for_says_so_only_where_that_was_looked_at(
    client,
):
    MitigationFactory()
    MitigationFactory(instruments_checked_on=datetime.date(2026, 11, 30))
    ProvisionMappingFactory()

    assert "Not yet looked at" in text_of(client, "/mitigations/M0001/")
    looked_at = text_of(client, "/mitigations/M0002/")
    assert "listed here asks for this measure; looked at on" in looked_at


@pytest.mark.parametrize(
    ("is_mapped", "looked_at"),
    [(False, datetime.date(2026, 11, 30)), (True, None)],
)
def test_a_measure_claims_nothing_of_a_law_that_nobody_went_through_for_it(
    client,
    is_mapped,
    looked_at,
):
    MitigationFactory(instruments_checked_on=datetime.date(2026, 11, 30))
    ProvisionMappingFactory()
    new = InstrumentFactory(short_title="New Act", checked_on=looked_at)
    if is_mapped:
        asked = ProvisionMappingFactory(provision__instrument=new).source
        asking = text_of(client, asked.get_absolute_url())
        assert "Not yet looked for" not in asking

    page = text_of(client, "/mitigations/M0001/")
    assert "Nothing in 1 of the <a " in page
    assert ">2 laws, codes and standards</a> listed here asks" in page
    assert "Not yet looked for in: New Act." in page


def test_where_nothing_was_gone_through_a_measure_claims_nothing(client):
    MitigationFactory(instruments_checked_on=datetime.date(2026, 11, 30))
    InstrumentFactory()

    assert "Not yet looked at" in text_of(client, "/mitigations/M0001/")


def test_what_no_law_asks_for_says_so_beside_what_codes_do(client):
    ProvisionMappingFactory()

    page = text_of(client, "/mitigations/M0001/")
    assert "No binding law listed here asks for it." in page
    assert "1 provision of 1 voluntary code, framework or standard" in page


def test_an_instrument_shows_what_answers_to_it_and_what_nothing_does(client):
    instrument = InstrumentFactory(slug="a-code")
    met = ProvisionFactory(instrument=instrument, code="Measure A")
    ProvisionFactory(instrument=instrument, code="Measure B", parent=met)
    ProvisionMappingFactory(provision=met, relation="closeMatch")
    answer = client.get("/instruments/a-code/")

    nodes = answer.context["nodes"]
    assert [(one.provision.code, one.depth) for one in nodes] == [
        ("Measure A", 1),
        ("Measure B", 2),
    ]
    gaps = [one.code for one in answer.context["gaps"]]
    assert gaps == ["Measure B"]


def test_drafts_answer_to_no_instrument(client):
    draft = MitigationFactory(status="draft", name="Not to be seen")
    mapping = ProvisionMappingFactory(source=draft)
    slug = mapping.provision.instrument.slug

    assert "Not to be seen" not in text_of(client, f"/instruments/{slug}/")
    [one] = client.get("/instruments/").context["object_list"]
    assert (one.asked.in_all.count, one.meetings.met) == (0, [])


def test_days_on_which_law_begins_stand_in_their_order(client):
    late = ProvisionFactory(
        instrument=law(short_title="Late Act"),
        applies_from=datetime.date(2028, 1, 1),
    )
    ProvisionFactory(instrument=late.instrument)
    steps = client.get("/instruments/").context["steps"]

    assert [(one.day.year, one.count) for one in steps] == [
        (2027, 1),
        (2028, 1),
    ]


def test_without_any_instrument_the_page_says_so(client):
    assert "None is listed yet." in text_of(client, "/instruments/")


@pytest.mark.parametrize("name", ["A-CODE", "a-Code"])
def test_an_instrument_in_other_letters_leads_to_it(client, name):
    InstrumentFactory(slug="a-code")

    answer = client.get(f"/instruments/{name}/")
    assert answer["Location"] == "/instruments/a-code/"


def test_the_timeline_carries_what_is_noted_on_a_day(client):
    law = InstrumentFactory(
        kind=Instrument.Kind.LAW,
        in_force_on=datetime.date(2026, 8, 2),
    )
    ProvisionFactory(instrument=law)
    ProvisionFactory(
        instrument=law,
        code="Article 72",
        applies_from_note="Some systems later",
    )

    page = client.get("/instruments/").content.decode()

    assert "Article 72: Some systems later." in page


def test_what_nothing_is_mapped_to_is_not_said_to_be_met_by_none(client):
    instrument = InstrumentFactory()
    ProvisionFactory(instrument=instrument)

    page = text_of(client, instrument.get_absolute_url())

    assert "Nothing is mapped to it yet" in page
    assert "Met by no measure here" not in page
    assert "nothing mapped to it yet" in text_of(client, "/instruments/")


@pytest.fixture
def code_with_three():
    """A code of which one provision is met in part, to one something is only related, and to one
    nothing is.
    """
    code = InstrumentFactory(slug="a-code")
    for name, relation in (("A", "narrowMatch"), ("B", "relatedMatch")):
        ProvisionMappingFactory(
            provision=ProvisionFactory(instrument=code, code=name),
            relation=relation,
        )
    ProvisionFactory(instrument=code, code="C")
    return code


@pytest.mark.usefixtures("code_with_three")
def test_what_is_only_related_to_a_provision_does_not_meet_it(client):
    answer = client.get("/instruments/a-code/")
    meetings = answer.context["meetings"]
    page = " ".join(answer.content.decode().split())

    assert [one.code for one in meetings.met] == ["A"]
    assert [one.code for one in meetings.related] == ["B"]
    assert [one.code for one in meetings.none] == ["C"]
    assert '<a href="#only-related">1</a> has only something related' in page
    assert (
        "1 of 3 provisions met by a measure here, 1 with only something related, 1 with nothing"
        in text_of(client, "/instruments/")
    )


@pytest.mark.usefixtures("code_with_three")
def test_the_api_tells_and_filters_by_how_provisions_are_met(client):
    address = "/api/v1/provisions/?instrument=a-code"
    rows = client.get(address).json()["results"]
    left = client.get(f"{address}&met=related,none").json()["results"]
    one = client.get("/api/v1/provisions/a-code:C/").json()

    assert [(row["code"], row["met"]) for row in rows] == [
        ("A", "met"),
        ("B", "related"),
        ("C", "none"),
    ]
    assert [row["code"] for row in left] == ["B", "C"]
    assert one["met"] == "none"
    assert client.get(f"{address}&met=nearly").status_code == 400


def test_paper_says_once_who_judged_what_law_asks_for(client):
    measure = MitigationFactory()
    for sure in ("high", "high", "high", "low"):
        ProvisionMappingFactory(
            source=measure,
            provision=ProvisionFactory(instrument=law()),
            asserted_by="The editors",
            confidence=sure,
        )

    page = text_of(client, measure.get_absolute_url())

    on_screen = '<span class="on-screen">The editors, confidence high.</span>'
    assert page.count(on_screen) == 3
    assert "<span>The editors, confidence low.</span>" in page
    assert (
        '<span class="print-only">Judged by The editors, confidence high, where nothing else is said.</span>'
        in page
    )


def test_paper_repeats_who_judged_where_it_is_said_of_two_alone(client):
    measure = MitigationFactory()
    for _ in range(2):
        ProvisionMappingFactory(
            source=measure,
            provision=ProvisionFactory(instrument=law()),
            confidence="high",
        )

    page = text_of(client, measure.get_absolute_url())

    assert page.count("confidence high.") == 2
    assert "Judged by" not in page


def test_what_is_not_covered_stands_below_what_is(client):
    NotCovered.objects.create(name="Another act", reason="It was not read.")

    page = text_of(client, "/instruments/")

    assert "<b>Another act.</b> It was not read." in page


def require(mitigation, **fields):
    """By law, as the measure stands or nearly so."""
    return ProvisionMappingFactory(
        source=mitigation,
        provision=ProvisionFactory(addressee="frontier", **fields),
        relation="closeMatch",
        force="requires",
    )


def law_from(title: str, year: int) -> Instrument:
    return InstrumentFactory(
        kind=Instrument.Kind.LAW,
        short_title=title,
        in_force_on=datetime.date(year, 1, 1),
        checked_on=datetime.date(2026, 11, 30),
    )


def test_what_law_requires_of_frontier_developers_is_named_with_what_comes_later(
    client,
):
    audits = MitigationFactory(name="Audits")
    tests = MitigationFactory(name="Tests")
    require(tests, instrument=law_from("Old Act", 2026))
    require(tests, instrument=law_from("New Act", 2027))
    require(audits, instrument=law_from("Late Act", 2028))

    answer = client.get("/instruments/")
    now, soon, late = answer.context["required"]
    page = " ".join(answer.content.decode().split())

    counts = [one.ways[0].count for one in (now, soon, late)]
    assert counts == [1, 1, 2]
    assert ">Tests</a> (Old Act)." in page
    assert "the same. New Act then requires it too." in page
    assert ">Audits</a> (Late Act)." in page


def test_law_that_nobody_looked_at_begins_on_its_own_day(client):
    """It counts as ahead by the latest day on which any law was looked at."""
    for title, year in (("Old Act", 2026), ("Unread Act", 2027)):
        law = law_from(title, year)
        require(MitigationFactory(), instrument=law)
    law.checked_on = None
    law.save()

    answer = client.get("/instruments/")

    days = [one.day.year for one in answer.context["required"]]
    assert days == [2026, 2027]
    [ahead] = [one for one in answer.context["steps"] if one.is_ahead]
    assert ahead.instrument == law
    assert "still ahead on 30 November 2026" in answer.content.decode()


def test_each_count_of_what_is_required_is_of_the_list_behind_it(client):
    require(MitigationFactory(), instrument=law_from("Old Act", 2026))
    ProvisionMappingFactory(
        source=MitigationFactory(),
        provision=ProvisionFactory(
            addressee="frontier",
            instrument=law_from("New Act", 2027),
        ),
        relation="relatedMatch",
        force="requires",
    )

    for one in client.get("/instruments/").context["required"]:
        in_all = one.list_in_part
        found = client.get(in_all.url).context["paginator"].count
        assert in_all.count == found
        for way in one.ways:
            near = client.get(way.url).context["paginator"].count
            assert way.count == near


@pytest.mark.parametrize(
    ("force", "said"),
    [
        ("requires", "Required outright:"),
        ("own", "Must write, publish and follow their own rules on:"),
        ("disclose", "Must disclose:"),
    ],
)
def test_each_way_in_which_law_binds_developers_has_a_line_of_its_own(
    client,
    force,
    said,
):
    mitigation = MitigationFactory(name="Audits")
    mapping = require(mitigation, instrument=law_from("Old Act", 2026))
    mapping.force = force
    mapping.save()

    page = text_of(client, "/instruments/")

    line = page[page.index(f"<b>{said}</b>") :].partition("</p>")[0]
    assert f"force={force}" in line
    assert ">Audits</a> (Old Act)." in line


def test_queries_do_not_grow_with_the_days_on_which_law_begins(client):
    counts = []
    for year in (2026, 2027, 2028, 2029):
        provision = require(
            MitigationFactory(),
            instrument=law_from(f"Act of {year}", year),
        ).provision
        provision.applies_from_note = f"In part from {year + 1}."
        provision.save()
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/instruments/")
        assert len(answer.context["required"]) == year - 2025
        counts.append(len(queries))

    assert counts[1] == counts[3]


def test_of_a_later_law_is_named_what_it_requires_of_more_that_is_required(
    client,
):
    audits = MitigationFactory(name="Audits")
    for one in (audits, MitigationFactory(name="Tests")):
        require(one, instrument=law_from(f"Act on {one.name}", 2026))
    require(audits, instrument=law_from("New Act", 2027))

    page = text_of(client, "/instruments/")

    assert "New Act then requires 1 of them too: Audits." in page
    assert "Begin to apply: <a" in page


def test_law_for_others_and_for_nobody_named_is_said_not_to_be_counted(client):
    require(MitigationFactory(), instrument=law_from("Old Act", 2026))
    for title, fields in (
        ("Act for nobody", {}),
        ("Act for all", {"addressee": "systems", "applies_to": "all systems"}),
        ("Later Act", {"addressee": "high-risk"}),
    ):
        year = 2028 if title == "Later Act" else 2026
        ProvisionMappingFactory(
            source=MitigationFactory(),
            provision=ProvisionFactory(
                code="4",
                instrument=law_from(title, year),
                **fields,
            ),
            force="requires",
        )

    answer = client.get("/instruments/")
    others = answer.context["required"][0].not_counted

    assert {(one.cited, one.whom) for one in others} == {
        ("Act for nobody, 4", ""),
        ("Act for all, 4", "all systems"),
    }
    assert "Act for nobody, 4 (of whom is not recorded here)" in " ".join(
        answer.content.decode().split(),
    )
    for one in others:
        found = client.get(one.its_list.url).context["paginator"].count
        assert one.its_list.count == found == 1


def test_a_law_that_is_listed_in_part_leads_to_what_is_missing(client):
    act = law_from("Old Act", 2026)
    act.unverified = "The sections on fines are not listed."
    act.save()
    require(MitigationFactory(), instrument=act)

    assert (
        f'<a href="{act.get_absolute_url()}#unverified">Old Act</a>.'
        in text_of(client, "/instruments/")
    )


def test_days_on_which_law_begins_for_others_are_not_among_what_is_required(
    client,
):
    require(MitigationFactory(), instrument=law_from("Old Act", 2026))
    ProvisionFactory(
        addressee="high-risk",
        instrument=law_from("New Act", 2027),
    )

    [one] = client.get("/instruments/").context["required"]
    assert one.day == datetime.date(2026, 11, 30)


def test_what_is_noted_on_a_day_is_said_of_what_is_required_from_it(client):
    require(
        MitigationFactory(),
        code="7",
        instrument=law_from("Old Act", 2026),
        applies_from_note="Some models later",
    )

    assert (
        "From when is not the same for all, or not certain. Old Act, 7: Some models later."
        in text_of(client, "/instruments/")
    )


def test_who_has_longer_is_said_of_what_is_required_from_a_day(client):
    require(
        MitigationFactory(),
        code="7",
        instrument=law_from("Old Act", 2026),
        longer_for="small firms have until 2030",
    )

    page = text_of(client, "/instruments/")
    assert page.count("small firms have until 2030.") == 2
    assert "Old Act, 7: small firms have until 2030." in page


def test_what_is_noted_on_a_day_stands_with_the_measure(client):
    asked = MitigationFactory()
    require(
        asked,
        instrument=law_from("Old Act", 2026),
        applies_from_note="some models later",
        longer_for="small firms have until 2030",
    )

    assert (
        "from 1 January 2026 (some models later; small firms have until 2030)"
    ) in text_of(
        client,
        asked.get_absolute_url(),
    )


def test_the_front_page_leads_to_what_law_requires(client):
    assert "What law requires" not in text_of(client, "/")

    InstrumentFactory()

    assert (
        '<a href="/instruments/">What law requires</a>, of whom and from when: 1 law, code or standard gone'
        in text_of(client, "/")
    )
