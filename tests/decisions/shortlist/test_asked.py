"""What laws, codes and standards ask about the measures of a shortlist and of a brief."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.listing.asked_for import LAW_THAT_APPLIES
from catalogue.listing.index import current_index
from catalogue.models import Instrument, Mapping
from catalogue.record.asking import NO_ADVICE, OF_WHOM, verb_of
from catalogue.record.looked_for import looked_for
from decisions.shortlist.asked import NO_LEGAL_ADVICE, AskedFor
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db
LOOKED_AT = datetime.date(2026, 11, 30)
CLOSE, RELATED = Mapping.Relation.CLOSE, Mapping.Relation.RELATED


def law_from(begins: datetime.date, title="An Act", **fields) -> Instrument:
    return InstrumentFactory(
        kind=Instrument.Kind.LAW,
        short_title=title,
        in_force_on=begins,
        **{"checked_on": LOOKED_AT, **fields},
    )


def asked_about(
    instrument: Instrument,
    relation=CLOSE,
    source=None,
    note="",
    longer="",
    code="",
    **fields,
):
    """A measure that a provision of it asks about. `note`: on the day of the provision; `longer`:
    who has longer; `code`: the id of the provision.
    """
    return ProvisionMappingFactory(
        source=source or MitigationFactory(),
        provision=ProvisionFactory(
            instrument=instrument,
            applies_from_note=note,
            longer_for=longer,
            **({"code": code} if code else {}),
        ),
        relation=relation,
        **fields,
    ).source


def test_law_in_force_is_said_with_the_day_of_the_last_look():
    one = asked_about(law_from(datetime.date(2026, 1, 1)))
    asked_for = AskedFor([one, MitigationFactory()])

    assert asked_for.points[0] == (
        f"Law that applies requires 1 of 2 (“{one.name}”), as it stands here or nearly so, of those whom it binds: "
        "An Act (last looked at on 30 November 2026)."
    )
    assert asked_for.points[-1] == NO_ADVICE


@pytest.mark.parametrize(
    ("relation", "force"),
    [
        (RELATED, "requires"),
        (Mapping.Relation.BROAD, "requires"),
        (Mapping.Relation.NARROW, "requires"),
        (CLOSE, "own"),
        (CLOSE, "suggests"),
    ],
)
def test_law_is_not_said_to_require_what_it_does_not(relation, force):
    one = asked_about(
        law_from(datetime.date(2026, 1, 1)),
        relation,
        force=force,
    )

    first = AskedFor([one]).points[0]
    assert first.startswith("No law that applies and is listed here")


def test_law_in_force_that_asks_less_is_told_with_what_it_does():
    acts = [
        law_from(datetime.date(2026, 1, 1), title)
        for title in ("First Act", "Second Act")
    ]
    part = asked_about(acts[0], Mapping.Relation.NARROW)
    wider = asked_about(acts[0], Mapping.Relation.BROAD)
    own = asked_about(acts[1], force="own")
    disclosed = asked_about(acts[1], RELATED, force="disclose")

    asked_for = AskedFor([part, wider, own, disclosed])
    none, told, *_ = asked_for.points
    assert none.startswith("No law that applies")
    assert told == (
        "Of those whom it binds, law that applies "
        f"requires a part of 1 (“{part.name}”: First Act) and something wider that 1 serves (“{wider.name}”: First Act); "
        f"has the developer set its own rules on 1 as it stands or nearly so (“{own.name}”: Second Act); "
        f"requires disclosure of something related to 1 (“{disclosed.name}”: Second Act) "
        "(last looked at on 30 November 2026)."
    )
    [short] = asked_for.points_in_short
    assert f"a part of 1 (“{part.name}”: First Act)" in short
    assert f"nearly so (“{own.name}”: Second Act) (last" in short
    assert short.endswith(NO_LEGAL_ADVICE)


def test_of_a_measure_that_law_requires_nothing_less_is_told():
    law = law_from(datetime.date(2026, 1, 1))
    one = asked_about(law)
    asked_about(law, RELATED, source=one)

    points = AskedFor([one]).points
    assert not any("something related" in point for point in points)


def test_each_law_in_force_is_named_and_whether_it_requires_a_measure():
    one = asked_about(law_from(datetime.date(2026, 1, 1)), force="own")
    asked_about(
        law_from(datetime.date(2026, 1, 1), "A Second Act"),
        RELATED,
        source=one,
    )
    asked_about(
        law_from(datetime.date(2027, 1, 1), "A Third Act"),
        source=one,
        force="own",
    )

    points = AskedFor([one]).points
    assert (
        "An Act (binding law) asks about 1 of 1. Applies on 30 November 2026: "
        "has the developer set its own rules on 1 as it stands or nearly so."
    ) in points
    assert (
        "A Second Act (binding law) asks about 1 of 1. Applies on 30 November 2026: requires something related to 1."
        in points
    )
    assert (
        "More lies ahead for these: A Third Act from 1 January 2027." in points
    )


def test_a_law_tells_what_it_asks_later_where_that_is_more():
    law = law_from(datetime.date(2026, 1, 1))
    one = asked_about(law, Mapping.Relation.BROAD)
    asked_about(law, source=one)
    later = law.provisions.latest("pk")
    later.applies_from = datetime.date(2027, 12, 2)
    later.save()

    [asked] = AskedFor([one]).instruments
    assert asked.text.endswith(
        "Applies on 30 November 2026: requires something wider that 1 serves. "
        "From 2 December 2027: requires 1 as it stands or nearly so.",
    )


def test_what_lies_ahead_is_said_with_its_day_and_that_of_the_last_look():
    one = asked_about(law_from(datetime.date(2027, 1, 1)))

    points = AskedFor([one]).points
    assert points[0].startswith("No law that applies")
    assert points[1] == (
        f"From 1 January 2027 binding law requires 1 of 1 (“{one.name}”), as it stands here or nearly so, of those whom it binds: "
        "An Act (still ahead on 30 November 2026)."
    )


def test_what_one_day_does_not_say_all_of_is_told_apart():
    instrument = law_from(datetime.date(2026, 1, 1))
    sure = asked_about(instrument)
    unsure = asked_about(instrument, note="Some systems later.")

    [first, *_] = AskedFor([sure, unsure]).points
    assert f"requires 1 of 2 (“{sure.name}”), as it stands" in first
    [code] = instrument.provisions.exclude(applies_from_note="")
    assert first.endswith(
        f"“{unsure.name}” is not counted, as from when is not the same for all, or not certain "
        f"(An Act, {code.code}: Some systems later).",
    )


def test_what_only_some_have_longer_for_is_required_and_it_is_said_who_has():
    instrument = law_from(datetime.date(2026, 1, 1))
    one = asked_about(instrument, longer="Small firms have until 2030.")

    [first, *_] = AskedFor([one]).points
    [code] = instrument.provisions.all()
    assert first == (
        f"Law that applies requires 1 of 1 (“{one.name}”), as it stands here or nearly so, of those whom it binds: "
        f"An Act (last looked at on 30 November 2026). An Act, {code.code}: Small firms have until 2030."
    )


def test_who_has_longer_is_not_said_of_what_is_in_force_for_all_too():
    one = asked_about(law_from(datetime.date(2026, 1, 1)))
    asked_about(
        law_from(datetime.date(2026, 1, 1), "A Second Act"),
        source=one,
        longer="small firms have until 2030",
    )

    assert "small firms" not in AskedFor([one]).points[0]


def test_who_has_longer_stands_with_what_is_asked_in_part():
    one = asked_about(
        law_from(datetime.date(2026, 1, 1)),
        Mapping.Relation.NARROW,
        longer="small firms have until 2030",
    )
    asked_for = AskedFor([one])

    assert "law that applies requires a part of 1" in asked_for.points[1]
    assert asked_for.points[1].endswith(": small firms have until 2030.")
    [law] = asked_for.instruments
    assert law.text.endswith(
        "Applies on 30 November 2026 (small firms have until 2030): requires a part of 1.",
    )


def test_a_note_on_a_day_ahead_stands_with_it():
    one = asked_about(
        law_from(datetime.date(2027, 1, 1)),
        note="Some systems later",
    )

    assert AskedFor([one]).points[1].endswith(": Some systems later.")


def test_what_is_required_later_comes_on_top_of_what_is_now():
    now = asked_about(law_from(datetime.date(2026, 1, 1)))
    later = asked_about(law_from(datetime.date(2027, 1, 1), "A Second Act"))

    points = AskedFor([now, later]).points
    assert points[1].startswith(
        "From 1 January 2027 binding law requires 1 more "
        f"(“{later.name}”), as it stands here",
    )


def test_what_is_required_already_is_not_counted_as_more():
    one = asked_about(law_from(datetime.date(2026, 1, 1)))
    asked_about(
        law_from(datetime.date(2027, 1, 1), "A Second Act"),
        source=one,
    )

    points = AskedFor([one]).points
    assert points[1].startswith(
        "From 1 January 2027 further binding law requires 1 of 1",
    )
    assert "told of above already" in points[1]


def test_law_that_was_repealed_requires_nothing():
    instrument = law_from(
        datetime.date(2026, 1, 1),
        ended_on=datetime.date(2026, 6, 1),
    )

    [first, *_] = AskedFor([asked_about(instrument)]).points
    assert first.startswith("No law that applies")


def test_what_a_code_asks_about_tells_how_near_it_comes():
    code = InstrumentFactory(short_title="A Code")
    measures = [
        asked_about(code),
        asked_about(code, RELATED),
        asked_about(code, RELATED),
    ]

    [one] = AskedFor([*measures, MitigationFactory()]).instruments
    assert one.text == (
        "A Code (voluntary code) asks about 3 of 4: 1 as it stands or nearly so, "
        "2 in part, in something wider or in something related."
    )


def test_binding_law_stands_before_what_asks_about_more():
    code = InstrumentFactory(short_title="A Code")
    measures = [asked_about(code), asked_about(code)]
    asked_about(law_from(datetime.date(2026, 1, 1)), source=measures[0])

    instruments = AskedFor(measures).instruments
    titles = [one.instrument.short_title for one in instruments]
    assert titles == ["An Act", "A Code"]


def test_that_nothing_asks_is_said_only_of_what_was_looked_at():
    looked_at = MitigationFactory(instruments_checked_on=LOOKED_AT)
    unseen = MitigationFactory()

    assert AskedFor([looked_at, unseen]).points == []
    assert len(AskedFor([looked_at]).points) == 1


def test_that_nothing_asks_is_said_with_what_was_not_gone_through():
    looked_at = MitigationFactory(instruments_checked_on=LOOKED_AT)
    InstrumentFactory(short_title="New Code")
    law_from(datetime.date(2027, 1, 1), title="New Act")

    [point] = AskedFor([looked_at]).points
    assert point.endswith("Not yet looked for in: New Code, New Act.")
    of_code = asked_about(InstrumentFactory())
    assert (
        AskedFor([of_code])
        .points[0]
        .endswith("or nearly so. Not yet looked for in: New Act.")
    )


def test_shortlist_its_api_and_the_brief_say_it(client):
    asked_about(law_from(datetime.date(2026, 1, 1)))

    sentence = "Law that applies requires 1 of 1 ("
    assert sentence in client.get("/shortlist/?m=M0001").content.decode()
    brief = client.get("/shortlist/brief.md?m=M0001").content.decode()
    assert sentence in brief
    assert "\n- An Act, " in brief
    data = client.get("/api/v1/shortlist/?m=M0001").json()
    assert data["asked_for"][0].startswith("An Act (binding law) asks about 1")


def test_queries_do_not_grow_with_the_measures():
    code = InstrumentFactory()
    measures = [asked_about(code) for _ in range(5)]
    looked_for(current_index())

    with CaptureQueriesContext(connection) as queries:
        asked_for = AskedFor(measures)
        assert len(asked_for.points) == 3
        assert all(asked_for.mappings_of(one) for one in measures)
    assert len(queries) == 3


@pytest.mark.parametrize("force", ["own", "disclose"])
def test_a_measure_its_brief_and_its_shortlist_say_it_in_the_same_words(
    client,
    force,
):
    asked_about(law_from(datetime.date(2026, 1, 1)), force=force)

    words = verb_of(Instrument.Kind.LAW, force)
    for address in (
        "/mitigations/M0001/",
        "/shortlist/?m=M0001",
        "/shortlist/brief.md?m=M0001",
    ):
        text = client.get(address).content.decode()
        assert words in text.replace(words.capitalize(), words)
        assert "asks to disclose" not in text


def test_the_filter_the_laws_the_brief_and_the_shortlist_name_law_alike(
    client,
):
    law = law_from(datetime.date(2026, 1, 1))
    asked_about(law, force="requires")

    for address in (
        "/mitigations/?in_force_on=2026-11-30",
        "/shortlist/?m=M0001",
        "/shortlist/brief.md?m=M0001",
    ):
        text = client.get(address).content.decode()
        assert LAW_THAT_APPLIES in text.lower()
    for address in (
        "/instruments/",
        "/shortlist/?m=M0001",
        "/shortlist/brief.md?m=M0001",
    ):
        assert OF_WHOM in client.get(address).content.decode()


def test_law_that_was_looked_at_on_no_known_day_is_not_said_to_apply():
    law = law_from(datetime.date(2026, 1, 1), checked_on=None)
    one = asked_about(law)

    asked_for = AskedFor([one])
    assert asked_for.points[0].startswith("No law that applies")
    [asked] = asked_for.instruments
    assert "From 1 January 2026: requires 1" in asked.text


def test_a_section_with_a_note_is_cited_with_its_code():
    act = law_from(datetime.date(2026, 1, 1), sections_of="Some Code")
    measures = [
        asked_about(act, longer="some have longer", code=code)
        for code in ("22.1(a)", "22.2")
    ]

    assert (
        AskedFor(measures)
        .points[0]
        .endswith(
            " An Act, Some Code 22.1(a), 22.2: some have longer.",
        )
    )


def test_what_was_read_once_is_not_read_again():
    one = asked_about(InstrumentFactory())
    said = AskedFor([one]).points

    with CaptureQueriesContext(connection) as queries:
        assert AskedFor([one]).points == said
    assert len(queries) == 0


def test_a_law_that_changed_is_told_of_anew():
    law = law_from(datetime.date(2026, 1, 1))
    one = asked_about(law)
    assert "An Act" in AskedFor([one]).points[0]

    Instrument.objects.filter(pk=law.pk).update(short_title="Another Act")

    assert "Another Act" in AskedFor([one]).points[0]


def test_what_is_no_longer_mapped_is_not_told_of():
    one = asked_about(InstrumentFactory())
    assert AskedFor([one]).instruments

    Mapping.objects.all().delete()

    assert AskedFor([one]).instruments == []
