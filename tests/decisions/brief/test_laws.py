"""What a brief says of laws, codes and standards: of all its measures, and of each."""

import datetime

import pytest

from catalogue.models import Mapping
from catalogue.models.mapping import ASKED_AS
from catalogue.record.crosswalk import NEARNESS
from decisions.brief.laws import about_days, blocks_of_all, blocks_of_measure
from decisions.shortlist.asked import NOTHING_ASKS, AskedFor
from tests.decisions.shortlist.test_asked import (
    LOOKED_AT,
    RELATED,
    asked_about,
    law_from,
)
from tests.factories import InstrumentFactory, MitigationFactory

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 1, 1)


def lines_of(mitigation):
    [block] = blocks_of_measure(mitigation, AskedFor([mitigation]), entry=7)
    return block.items


def test_each_law_has_a_line_with_force_and_day_and_others_one_together():
    ahead = law_from(datetime.date(2027, 1, 1), title="Later Act")
    one = asked_about(ahead, RELATED)
    asked_about(law_from(DAY), source=one, note="Some systems later.")
    asked_about(InstrumentFactory(short_title="A Code"), source=one)
    asked_about(InstrumentFactory(short_title="B Code"), RELATED, source=one)

    first, second, others = lines_of(one)
    assert first.startswith("An Act, ")
    assert first.endswith(
        "requires nearly this measure; from 1 January 2026 (Some systems later).",
    )
    assert second.endswith(
        ": requires something related to this measure; from 1 January 2027.",
    )
    assert others == (
        "Beyond law, asked about as it stands or nearly so by A Code; in part, in something wider or related by B Code."
    )


def test_of_many_provisions_of_a_law_the_nearest_is_told_and_all_are_counted():
    law = law_from(DAY)
    one = asked_about(law, RELATED)
    for relation in (RELATED, Mapping.Relation.EXACT):
        asked_about(law, relation, source=one)

    line, where = lines_of(one)
    assert line.endswith("requires this measure; from 1 January 2026.")
    assert where == "All 3 provisions, each with its reason: [7]."


def test_where_no_law_asks_that_is_said_before_what_else_does():
    one = asked_about(InstrumentFactory(short_title="A Code"))

    [line] = lines_of(one)
    assert line.startswith("No law listed here was found to ask for it. ")


def test_that_nothing_asks_for_a_measure_is_said_only_where_it_was_looked_at():
    looked_at = MitigationFactory(instruments_checked_on=LOOKED_AT)
    unseen = MitigationFactory()
    asked_for = AskedFor([looked_at, unseen])

    [block] = blocks_of_measure(looked_at, asked_for, entry=1)
    assert block.text == NOTHING_ASKS
    [block] = blocks_of_measure(unseen, asked_for, entry=2)
    assert block.text.startswith("Not yet looked at")


def test_the_table_has_a_row_for_each_law_with_the_measures_by_name():
    law = law_from(DAY)
    measures = [asked_about(law) for _ in range(7)]
    asked_about(InstrumentFactory(short_title="A Code"), source=measures[0])
    further = asked_about(law, RELATED)
    measures.append(further)

    advice, table, others = blocks_of_all(AskedFor(measures))
    [[title, count, now, later]] = table.rows
    assert (title, count, later) == ("An Act", "8 of 8", "none")
    assert now.startswith(
        f"requires 7 as they stand or nearly so (“{measures[0].name}”, ",
    )
    assert now.endswith(
        f" and 2 more) and something related to 1 (“{further.name}”)",
    )
    assert others.rows == [["A Code (voluntary code)", "1 of 8", "1", "0"]]
    assert advice.text.startswith("This is no legal advice.")
    assert table.caption.endswith(", as last looked at on 30 November 2026.")


def test_the_table_tells_from_when_law_asks_that_lies_ahead_or_is_not_certain():
    ahead = asked_about(law_from(datetime.date(2027, 1, 1), "Later Act"))
    unsure = asked_about(law_from(DAY), note="Some systems later.")

    _, table = blocks_of_all(AskedFor([ahead, unsure]))
    cells = {row[0]: row[2:] for row in table.rows}
    assert cells["Later Act"] == [
        "none",
        f"from 1 January 2027: requires 1 as it stands or nearly so (“{ahead.name}”)",
    ]
    assert cells["An Act"][1].startswith(
        "from 1 January 2026 (Some systems later): requires 1 ",
    )


def test_what_only_some_have_longer_for_stands_in_the_table_as_applying():
    one = asked_about(law_from(DAY), longer="small firms have until 2030")

    _, table = blocks_of_all(AskedFor([one]))
    [[*_, now, later]] = table.rows
    assert now == (
        f"requires 1 as it stands or nearly so (“{one.name}”), though small firms have until 2030"
    )
    assert later == "none"


def test_of_equally_near_provisions_what_applies_is_told():
    law = law_from(DAY)
    one = asked_about(law, Mapping.Relation.NARROW)
    first = law.provisions.get()
    first.applies_from = datetime.date(2027, 12, 2)
    first.save()
    asked_about(law, Mapping.Relation.NARROW, source=one)

    line, _ = lines_of(one)
    assert line.endswith(
        "requires a part of this measure; from 1 January 2026.",
    )


def test_of_one_law_the_nearest_of_all_five_relations_is_told():
    law = law_from(DAY)
    one = MitigationFactory()
    by_nearness = list(NEARNESS)
    for relation in reversed(by_nearness):
        asked_about(law, relation, source=one)
        line, *_ = lines_of(one)
        assert f": requires {ASKED_AS[relation]}; " in line


def test_where_the_nearest_lies_ahead_the_nearest_that_applies_follows():
    law = law_from(DAY)
    one = asked_about(law)
    first = law.provisions.get()
    first.applies_from = datetime.date(2027, 12, 2)
    first.save()
    asked_about(law, Mapping.Relation.BROAD, source=one)

    line, _ = lines_of(one)
    assert (
        "requires nearly this measure; from 2 December 2027. What applies: "
        in line
    )
    assert line.endswith(
        ": requires something wider that this measure serves; from 1 January 2026.",
    )


def test_what_could_not_be_verified_is_called_so():
    law = law_from(DAY)
    one = asked_about(law)
    law.provisions.update(is_verified=False, code="7")

    [line] = lines_of(one)
    assert line.startswith("An Act, 7 (not verified): requires nearly")


def test_a_day_that_is_noted_is_told_as_the_note_has_it():
    one = asked_about(law_from(DAY), note="1 January 2026 by the general rule")

    [line] = lines_of(one)
    assert line.endswith("; from 1 January 2026 by the general rule.")


def test_when_laws_were_looked_at_is_said_once_for_all_measures():
    one = asked_about(law_from(DAY))
    assert (
        "as last looked at on 30 November 2026. This is no legal advice."
        in (about_days(AskedFor([one])))
    )

    earlier = law_from(DAY, title="Old Act", checked_on=DAY)
    asked_about(earlier, source=one)
    between = "between 1 January 2026 and 30 November 2026."
    assert between in about_days(AskedFor([one]))
    assert about_days(AskedFor([MitigationFactory()])) == ""


def test_where_nothing_asks_for_any_there_is_no_table():
    measures = [MitigationFactory()]

    assert blocks_of_all(AskedFor(measures)) == []


def test_what_bare_numbers_are_sections_of_is_said_once_for_all_measures():
    act = law_from(DAY, sections_of="Some Code")
    measures = [asked_about(act, code=f"22.{n}(a)") for n in range(2)]
    asked_for = AskedFor(measures)

    said = about_days(asked_for)
    assert said.count("Some Code") == 1
    assert (
        "Numbers of An Act are those of sections of the Some Code, unless another is named. "
        in said
    )
    assert "Some Code" not in str(lines_of(measures[0]))
