"""What laws, codes and standards ask for is filtered by, all that is chosen of one mapping."""

import datetime
from collections import Counter

import pytest
from django.http import QueryDict
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Instrument, Mapping, Mitigation, Provision
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.engine]

DAYS = ("2026-01-01", "2026-11-30", "2027-01-01")


def chosen(query: str) -> MitigationFilter:
    return MitigationFilter(QueryDict(query), Mitigation.objects.published())


def listed(query: str) -> set[str]:
    filters = chosen(query)
    assert filters.problems == []
    return {one.accession for one in filters.qs}


def a_law(slug: str, begins: str, **fields) -> Provision:
    law = InstrumentFactory(
        slug=slug,
        short_title=slug,
        kind=Instrument.Kind.LAW,
        in_force_on=datetime.date.fromisoformat(begins),
    )
    return ProvisionFactory(instrument=law, **fields)


def ask(provision: Provision, force: str = "requires") -> Mitigation:
    """A new mitigation that it asks for."""
    source = MitigationFactory()
    ProvisionMappingFactory(source=source, provision=provision, force=force)
    return source


def test_force_is_that_of_the_instrument_chosen_and_of_no_other():
    first = a_law("first-law", "2026-01-01")
    second = a_law("second-law", "2026-01-01")
    both = ask(first, "suggests")
    ProvisionMappingFactory(source=both, provision=second, force="requires")

    assert listed("instrument=second-law&force=requires") == {both.accession}
    assert listed("instrument=first-law&force=requires") == set()


def test_a_count_is_of_what_has_the_force_that_is_chosen():
    first = a_law("first-law", "2026-01-01")
    ask(first, "suggests")
    ask(first, "requires")
    facet = chosen("instrument=first-law&force=requires").facet("force")

    counts = {one.value: one.count for one in facet.flat}
    assert counts["requires"] == counts["suggests"] == 1


def test_a_law_that_begins_later_asks_for_nothing_before():
    soon = ask(a_law("soon", "2027-01-01"))
    ask(ProvisionFactory())

    assert listed("in_force_on=2026-12-31") == set()
    assert listed("in_force_on=2027-01-01") == {soon.accession}


def test_a_law_that_was_replaced_asks_for_nothing_more():
    law = a_law("former", "2026-01-01")
    Instrument.objects.update(ended_on=datetime.date(2026, 6, 1))
    former = ask(law)

    assert listed("in_force_on=2026-05-31") == {former.accession}
    assert listed("in_force_on=2026-06-01") == set()


def test_the_day_of_a_provision_goes_before_that_of_its_law():
    later = datetime.date(2027, 8, 1)
    asked = ask(a_law("in-steps", "2026-01-01", applies_from=later))

    assert listed("in_force_on=2027-07-31") == set()
    assert listed("in_force_on=2027-08-01") == {asked.accession}


def test_a_provision_takes_in_what_is_part_of_it():
    article = a_law("the-act", "2026-01-01", code="Article 55")
    part = ProvisionFactory(
        instrument=article.instrument,
        parent=article,
        code="Article 55(1)(b)",
    )
    asked = ask(part)
    ask(a_law("other-act", "2026-01-01", code="Article 55"))

    assert listed("provision=the-act:Article+55") == {asked.accession}


def test_what_nothing_asks_for_has_its_list():
    ask(a_law("some-law", "2026-01-01"))
    alone = MitigationFactory()

    assert listed("instrument=none") == {alone.accession}
    assert listed("instrument=none&force=requires") == set()


def test_what_no_law_asks_for_has_its_list_whatever_else_asks_for_it():
    code = ProvisionFactory(instrument__slug="a-code")
    of_both = ask(code, "suggests")
    ProvisionMappingFactory(source=of_both, provision=a_law("l", "2026-01-01"))
    of_code = ask(code, "suggests")
    alone = MitigationFactory()

    query = "instrument=no-law"
    assert listed(query) == {of_code.accession, alone.accession}
    assert listed(f"{query}&force=suggests") == {of_code.accession}
    assert listed(f"{query}&force=requires") == set()
    assert listed(f"{query}&in_force_on=2026-12-31") == set()
    assert listed(f"{query}&instrument=l") == {
        one.accession for one in (of_both, of_code, alone)
    }


def test_what_law_or_nothing_asks_for_is_offered_with_its_count():
    ask(ProvisionFactory())
    ask(a_law("some-law", "2026-01-01"))
    MitigationFactory()

    facet = chosen("").facet("instrument")

    special = {one.value: one.count for one in facet.flat if one.is_special}
    assert special == {"no-law": 2, "none": 1}


def test_a_facet_without_choices_offers_nothing_special():
    MitigationFactory()

    assert chosen("").facet("instrument").flat == []


def test_a_chip_says_once_that_no_law_asks():
    ask(ProvisionFactory())

    [chip] = chosen("instrument=no-law").chips
    assert chip.label == "Asked for by no binding law, as far as known"


@pytest.mark.parametrize(
    ("query", "removal"),
    [
        ("in_force_on=2026-12-02", "Remove: law that applies on 2 December"),
        ("instrument=none", "Remove: Asked for by none, as far as known"),
        ("force=requires", "Remove How binding: "),
    ],
)
def test_what_takes_a_filter_off_names_it_once(client, query, removal):
    ask(a_law("some-law", "2026-01-01"))
    MitigationFactory()

    page = client.get(f"/mitigations/?{query}").content.decode()
    assert removal in " ".join(strip_tags(page).split())


def test_whom_a_law_asks_is_filtered_by():
    asked = ask(a_law("of-some", "2026-01-01", addressee="frontier"))
    ask(a_law("of-others", "2026-01-01", addressee="high-risk"))

    assert listed("addressee=frontier&force=requires") == {asked.accession}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("instrument=no-such", "instrument"),
        ("provision=no-such:Article+1", "provision"),
        ("force=demands", "force"),
        ("in_force_on=tomorrow", "in_force_on"),
        ("in_force_on=2026-02-30", "in_force_on"),
        ("in_force_on=20260203", "in_force_on"),
        ("in_force_on=%202026-12-02", "in_force_on"),
        ("in_force_on=2026-12-02%0A", "in_force_on"),
        ("in_force_on=%09", "in_force_on"),
        ("in_force_on=2026-01-01&in_force_on=2027-01-01", "in_force_on"),
    ],
)
def test_what_there_is_not_is_refused(query, name):
    [problem] = chosen(query).problems
    assert problem.parameter == name


@pytest.fixture
def a_world(db):
    """Two laws and a code, and mitigations that they ask for in several ways."""
    laws = [
        a_law("today", "2026-01-01", addressee="frontier"),
        a_law("later", "2027-01-01", addressee="general-purpose"),
        ProvisionFactory(instrument__slug="a-code"),
    ]
    for law in laws:
        ProvisionFactory(
            instrument=law.instrument,
            parent=law,
            addressee=law.addressee,
        )
    provisions = list(Provision.objects.all())
    forces = Mapping.Force.values
    for number in range(12):
        source = MitigationFactory()
        for step in range(number % 4):
            ProvisionMappingFactory(
                source=source,
                provision=provisions[(number + step * 2) % len(provisions)],
                force=forces[(number * 3 + step) % len(forces)],
                relation=("closeMatch", "relatedMatch")[number % 2],
            )


def with_wider(provision: Provision) -> list[str]:
    """The keys of a provision and of all that it is part of."""
    keys = []
    while provision:
        keys.append(provision.key)
        provision = provision.parent
    return keys


def lacking(by_law: bool) -> set[str]:
    """What no law asks for, or nothing at all."""
    asked = Mapping.objects.of_provisions()
    if by_law:
        asked = asked.filter(provision__instrument__kind="law")
    rows = Mitigation.objects.exclude(pk__in=asked.values("source"))
    return {one.accession for one in rows}


def by_brute_force(query: QueryDict) -> set[str]:
    found = set()
    instruments = query.getlist("instrument")
    if not query.keys() - {"instrument"}:
        if "none" in instruments:
            found |= lacking(by_law=False)
        if "no-law" in instruments:
            found |= lacking(by_law=True)
    of_no_law = lacking(by_law=True)
    for row in Mapping.objects.of_provisions().select_related(
        "provision__parent__instrument",
    ):
        provision = row.provision
        wider = with_wider(provision)
        law = provision.instrument
        named = [law.slug]
        if row.source.accession in of_no_law:
            named.append("no-law")
        has = {
            "instrument": named,
            "provision": wider,
            "force": [row.force],
            "relation": [row.relation],
            "addressee": [provision.addressee],
        }
        answers = all(
            set(has[name]) & set(query.getlist(name))
            for name in has
            if name in query
        )
        if day := query.get("in_force_on"):
            begins = provision.begins_on if law.is_binding else None
            answers &= bool(begins and begins.isoformat() <= day)
        if answers:
            found.add(row.source.accession)
    return found


@given(st.data())
def test_all_that_is_chosen_is_asked_of_one_mapping(a_world, data):
    options = {
        "instrument": ["today", "later", "a-code", "no-law", "none"],
        "provision": [one.key for one in Provision.objects.all()],
        "force": Mapping.Force.values,
        "relation": ["closeMatch", "relatedMatch"],
        "addressee": Provision.Addressee.values,
    }
    query = QueryDict(mutable=True)
    for name, values in options.items():
        some = st.lists(st.sampled_from(values), max_size=3, unique=True)
        if drawn := data.draw(some, label=name):
            query.setlist(name, drawn)
    if day := data.draw(st.sampled_from([None, *DAYS]), label="day"):
        query["in_force_on"] = day
    if not query:
        return

    assert listed(query.urlencode()) == by_brute_force(query)
    counts = Counter()
    for value in options["instrument"]:
        alone = query.copy()
        alone["instrument"] = value
        counts[value] = len(by_brute_force(alone))
    facet = chosen(query.urlencode()).facet("instrument")
    assert {one.value: one.count for one in facet.flat if one.count} == {
        value: count for value, count in counts.items() if count
    }
    forces = {}
    for value in options["force"]:
        alone = query.copy()
        alone["force"] = value
        forces[value] = len(by_brute_force(alone))
    facet = chosen(query.urlencode()).facet("force")
    assert {one.value: one.count for one in facet.flat} == forces
