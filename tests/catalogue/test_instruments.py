"""Laws, codes and standards, and mappings to what they ask for: the rules that hold whoever
writes.
"""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from catalogue.database.public import RULES
from catalogue.models import Instrument, Mapping, Provision
from catalogue.models.instrument import validate_date_in_part
from catalogue.record.asking import after_verb, applies, asks
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db
LAW = Instrument.Kind.LAW


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "poem"},
        {"kind": "code", "in_force_on": date(2026, 1, 1)},
        {
            "kind": "law",
            "in_force_on": date(2026, 1, 2),
            "ended_on": date(2026, 1, 1),
        },
    ],
    ids=["an unknown kind", "a code in force", "an end before the beginning"],
)
def test_the_database_refuses_an_instrument_with(fault):
    with pytest.raises(IntegrityError), transaction.atomic():
        InstrumentFactory(**fault)


def test_an_instrument_does_not_replace_itself_at_once_or_in_a_circle():
    old = InstrumentFactory()
    new = InstrumentFactory()
    old.replaced_by = new
    old.save()
    new.replaced_by = old

    with pytest.raises(ValidationError, match="in a circle"):
        new.clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Instrument.objects.filter(pk=old.pk).update(replaced_by=old.pk)


@pytest.mark.any_engine
@pytest.mark.parametrize("text", ["2023", "2023-12", "2024-02-29"])
def test_what_is_known_of_a_day_is_taken(text):
    validate_date_in_part(text)


@pytest.mark.any_engine
@pytest.mark.parametrize(
    "text",
    ["23", "2023-13", "2023-02-29", "2023-1", "March 2023", "2023-12-01 "],
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValidationError):
        validate_date_in_part(text)


def test_an_id_stands_once_in_its_instrument_and_is_free_in_another():
    provision = ProvisionFactory(code="Article 9")
    ProvisionFactory(code="Article 9")

    with pytest.raises(IntegrityError), transaction.atomic():
        ProvisionFactory(code="Article 9", instrument=provision.instrument)


def test_the_database_keeps_a_provision_within_its_instrument():
    stranger = ProvisionFactory()

    with (
        pytest.raises(DatabaseError, match="its_own_instrument"),
        transaction.atomic(),
    ):
        ProvisionFactory(parent=stranger)


def test_the_database_moves_no_provision_away_from_its_parts():
    wider = ProvisionFactory()
    ProvisionFactory(instrument=wider.instrument, parent=wider)
    other = InstrumentFactory()

    with (
        pytest.raises(DatabaseError, match="its_own_instrument"),
        transaction.atomic(),
    ):
        Provision.objects.filter(pk=wider.pk).update(instrument=other)


@pytest.mark.any_engine
def test_a_form_says_what_is_wrong_with_the_place_of_a_provision():
    wider = ProvisionFactory()
    part = ProvisionFactory(instrument=wider.instrument, parent=wider)
    wider.parent = part
    with pytest.raises(ValidationError, match="in a circle"):
        wider.clean()

    part.parent = ProvisionFactory()
    with pytest.raises(ValidationError, match="of another instrument"):
        part.clean()

    moved = Provision.objects.get(pk=wider.pk)
    moved.instrument = InstrumentFactory()
    with pytest.raises(ValidationError, match="move that one first"):
        moved.clean()


@pytest.mark.parametrize(
    "fault",
    [
        {"framework": "A framework", "entry": "1"},
        {"target": True},
        {"force": "begs"},
        {"confidence": "utter"},
    ],
    ids=["an entry besides", "a mitigation besides", "force", "confidence"],
)
def test_the_database_refuses_a_mapping_to_a_provision_with(fault):
    if "target" in fault:
        fault = {"target": MitigationFactory()}

    with pytest.raises(IntegrityError), transaction.atomic():
        ProvisionMappingFactory(**fault)


def test_another_mitigation_asks_for_nothing():
    with pytest.raises(IntegrityError), transaction.atomic():
        MappingFactory(force=Mapping.Force.REQUIRES)


def test_a_mitigation_is_mapped_once_to_a_provision():
    mapping = ProvisionMappingFactory()
    ProvisionMappingFactory(provision=mapping.provision)

    with pytest.raises(IntegrityError), transaction.atomic():
        ProvisionMappingFactory(
            source=mapping.source,
            provision=mapping.provision,
        )


def test_a_mapped_provision_is_not_deleted():
    mapping = ProvisionMappingFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        mapping.provision.instrument.delete()


def test_what_is_in_force_on_a_day_follows_the_provision_or_its_law():
    law = InstrumentFactory(kind=LAW, in_force_on=date(2026, 1, 1))
    repealed = InstrumentFactory(
        kind=LAW,
        in_force_on=date(2020, 1, 1),
        ended_on=date(2026, 6, 1),
    )
    as_the_law = ProvisionFactory(instrument=law)
    ProvisionFactory(instrument=law, applies_from=date(2027, 1, 1))
    before = ProvisionFactory(instrument=repealed)
    ProvisionFactory(applies_from=date(2020, 1, 1))  # of a voluntary code

    def in_force(day):
        return {*Provision.objects.in_force_on(day)}

    assert in_force(date(2025, 12, 31)) == {before}
    assert in_force(date(2026, 5, 31)) == {before, as_the_law}
    assert in_force(date(2026, 6, 1)) == {as_the_law}
    assert as_the_law.begins_on == law.in_force_on


@pytest.mark.any_engine
def test_what_is_of_no_law_begins_on_no_day():
    code = ProvisionFactory(applies_from=date(2020, 1, 1))

    assert code.begins_on is None


@pytest.mark.any_engine
def test_what_is_asked_of_a_mitigation_comes_with_binding_law_first():
    code = ProvisionFactory(instrument__position=1)
    law = InstrumentFactory(kind=LAW, position=2)
    second = ProvisionFactory(instrument=law, position=2)
    first = ProvisionFactory(instrument=law, position=1)
    mitigation = MitigationFactory(status="published")
    for provision in (code, second, first):
        ProvisionMappingFactory(source=mitigation, provision=provision)
    MappingFactory(source=mitigation)

    asked = mitigation.mappings_from.of_provisions()

    assert [one.provision for one in asked] == [first, second, code]
    assert mitigation.mappings_from.of_measures().count() == 1


@pytest.mark.any_engine
def test_links_and_notes_of_an_instrument_are_read_line_by_line():
    instrument = InstrumentFactory(
        further_links="https://example.org/1 First chapter\nhttps://example.org/2",
        unverified="The names.\n\nThe dates.",
    )

    assert instrument.links == [
        ("https://example.org/1", "First chapter"),
        ("https://example.org/2", "https://example.org/2"),
    ]
    assert instrument.unverified_list == ["The names.", "The dates."]


@pytest.mark.parametrize("name", list(RULES))
def test_the_name_of_a_trigger_is_one_that_no_engine_cuts(name):
    """PostgreSQL cuts names at 63 characters, and then misses the trigger."""
    assert len(name) <= 63


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ("2024-07-12", "12 July 2024"),
        ("2023-12", "December 2023"),
        ("2023", "2023"),
        ("", ""),
    ],
)
def test_the_day_of_publication_is_said_as_far_as_it_is_known(published, said):
    instrument = InstrumentFactory.build(published=published)

    assert instrument.published_in_words == said


@pytest.mark.parametrize(
    ("kind", "force", "words"),
    [
        ("law", "requires", "requires nearly this measure"),
        ("law", "disclose", "requires disclosure of nearly this measure"),
        ("code", "requires", "commits signatories to nearly this measure"),
        ("framework", "requires", "asks for nearly this measure"),
        ("standard", "requires", "asks for nearly this measure"),
        ("community", "own", "asks for rules of one's own on nearly this"),
        ("code", "suggests", "suggests nearly this measure"),
    ],
)
def test_only_law_is_said_to_require(kind, force, words):
    mapping = ProvisionMappingFactory(
        provision__instrument__kind=kind,
        relation="closeMatch",
        force=force,
    )

    assert asks(mapping).startswith(words)


@pytest.mark.any_engine
@pytest.mark.parametrize("field", ["force", "note"])
def test_the_database_refuses_a_provision_of_which_nothing_is_said(field):
    mapping = ProvisionMappingFactory()

    with pytest.raises(IntegrityError, match="a_mapping_to_a_provision_says"):
        Mapping.objects.filter(pk=mapping.pk).update(**{field: ""})


@pytest.mark.any_engine
@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("force", "Say what the provision does about the measure"),
        ("note", "Say why the provision is judged to ask"),
    ],
)
def test_a_form_says_what_a_mapping_to_a_provision_lacks(field, message):
    mapping = ProvisionMappingFactory()
    setattr(mapping, field, "")

    with pytest.raises(ValidationError, match=message):
        mapping.full_clean()


@pytest.mark.parametrize(
    ("whom", "day", "said"),
    [
        ("large developers", None, "to large developers"),
        ("", date(2026, 1, 1), "from 1 January 2026"),
        ("them", date(2026, 1, 1), "to them, from 1 January 2026"),
        ("from 2027 on all", None, "to from 2027 on all"),
        ("", None, ""),
    ],
)
def test_of_whom_is_told_apart_from_the_day_however_it_begins(whom, day, said):
    law = InstrumentFactory(kind=LAW, in_force_on=day)
    provision = ProvisionFactory(instrument=law, applies_to=whom)

    assert after_verb(applies(provision)) == said


@pytest.mark.parametrize(
    ("relation", "said"),
    [
        ("exactMatch", "names this measure as an example"),
        ("closeMatch", "names nearly this measure as an example"),
        ("narrowMatch", "names a part of this measure as an example"),
        (
            "broadMatch",
            "asks for something wider and names this measure as an example",
        ),
        (
            "relatedMatch",
            "names something related to this measure as an example",
        ),
    ],
)
def test_an_example_says_what_is_asked_for_as_all_else_does(relation, said):
    mapping = ProvisionMappingFactory(relation=relation, force="example")

    assert asks(mapping) == said


@pytest.mark.any_engine
@pytest.mark.parametrize(
    ("looked_at", "is_ahead"),
    [
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
        (None, True),
    ],
)
def test_what_had_not_begun_as_far_as_known_is_ahead(looked_at, is_ahead):
    law = InstrumentFactory(
        kind=LAW,
        in_force_on=date(2026, 1, 1),
        checked_on=looked_at,
    )

    assert ProvisionFactory(instrument=law).is_ahead == is_ahead


@pytest.mark.parametrize(
    ("ended", "looked_at", "has_ended"),
    [
        (date(2026, 1, 1), date(2025, 12, 31), False),
        (date(2026, 1, 1), date(2026, 1, 1), True),
        (date(2026, 1, 1), None, True),
        (None, None, False),
    ],
)
def test_an_instrument_has_ended_by_the_day_of_the_last_look(
    ended,
    looked_at,
    has_ended,
):
    one = InstrumentFactory.build(ended_on=ended, checked_on=looked_at)

    assert one.has_ended == has_ended
