"""What the pages of laws, codes and standards count, and under which days provisions stand."""

import datetime
import re

import pytest

from catalogue.models import Mapping
from catalogue.pages import provision_tree
from tests.catalogue.pages.test_instruments import law_from, require, text_of
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db
Relation = Mapping.Relation


def test_of_a_provision_that_many_measures_meet_the_first_are_told(
    client,
    monkeypatch,
):
    monkeypatch.setattr(provision_tree, "MOST_ANSWERS", 2)
    provision = ProvisionFactory(code="7")
    for _ in range(3):
        ProvisionMappingFactory(
            source=MitigationFactory(),
            provision=provision,
        )
    answer = client.get(provision.instrument.get_absolute_url())

    [node] = answer.context["nodes"]
    assert (len(node.answers), node.more) == (2, 1)
    assert (
        f'<a href="{node.list_url}">All 3 mitigations</a>'
        in answer.content.decode()
    )
    assert client.get(node.list_url).context["paginator"].count == 3


def test_what_an_instrument_asks_for_adds_up(client):
    instrument = InstrumentFactory()
    wider = ProvisionFactory(instrument=instrument)
    part = ProvisionFactory(instrument=instrument, parent=wider)
    ProvisionMappingFactory(provision=part)
    ProvisionFactory(instrument=instrument)

    page = text_of(client, instrument.get_absolute_url())

    assert "Of 3 provisions:" in page
    assert "<li>1 is met by a measure here" in page
    assert "<li>0 have only something related here" in page
    assert ">1</a> has no measure here" in page
    assert "<li>1 stands here through its parts" in page
    assert (
        "1 of 3 provisions met by a measure here, 0 with only something related, 1 with nothing, 1 counted through its parts"
        in text_of(client, "/instruments/")
    )


@pytest.fixture
def act_with_two_days():
    """An act of which Article 1 applies, without its part (a), to which something is mapped."""
    act = law_from("An Act", 2026)
    act.slug = "act"
    act.save()
    later = datetime.date(2028, 1, 1)
    wider = ProvisionFactory(instrument=act, code="Article 1")
    ProvisionFactory(instrument=act, code="Article 1(b)", parent=wider)
    part = ProvisionFactory(
        instrument=act,
        code="Article 1(a)",
        parent=wider,
        applies_from=later,
        applies_from_note="some later",
        applies_to="large developers",
    )
    for code, whom in (("2", "large developers"), ("3", "developers")):
        ProvisionFactory(
            instrument=act,
            code=f"Article {code}",
            applies_from=later,
            applies_from_note="some later",
            applies_to=whom,
        )
    ProvisionMappingFactory(provision=part)
    return act


@pytest.mark.usefixtures("act_with_two_days")
def test_provisions_stand_under_the_day_from_which_they_apply(client):
    groups = client.get("/instruments/act/").context["groups"]

    placed = [
        (
            str(group.day),
            [(one.provision.code, one.depth) for one in group.nodes],
        )
        for group in groups
    ]
    assert placed == [
        ("2026-01-01", [("Article 1", 1), ("Article 1(b)", 2)]),
        (
            "2028-01-01",
            [("Article 1(a)", 1), ("Article 2", 1), ("Article 3", 1)],
        ),
    ]


@pytest.mark.usefixtures("act_with_two_days")
def test_what_applies_from_when_leads_to_each_provision(client):
    page = text_of(client, "/instruments/act/")

    contents = page[page.index('id="days"') :].partition("</nav>")[0]
    anchors = re.findall('href="#([^"]+)"', contents)
    assert anchors == [
        "from-2026-01-01",
        "Article-1",
        "from-2028-01-01",
        "Article-1(a)",
        "Article-2",
        "Article-3",
    ]
    assert [one for one in anchors if f'id="{one}"' not in page] == []
    assert contents.count("still ahead on 30 November 2026") == 1


@pytest.mark.usefixtures("act_with_two_days")
def test_what_is_said_of_most_from_a_day_is_said_once(client):
    page = text_of(client, "/instruments/act/")

    assert page.count("they apply to large developers, from 1 January") == 1
    assert page.count("(some later)") == 1
    [first, _] = client.get("/instruments/act/").context["groups"]
    assert first.said_below_day.from_when == ""
    assert page.count("Applies to developers.") == 1


def test_what_some_provisions_do_not_say_is_said_of_none_as_usual(client):
    act = law_from("An Act", 2026)
    for whom in ("developers", "developers", ""):
        ProvisionFactory(instrument=act, applies_to=whom)

    page = text_of(client, act.get_absolute_url())

    assert page.count("Applies to developers.") == 2
    assert "they apply from 1 January 2026" in page


@pytest.mark.usefixtures("act_with_two_days")
def test_a_provision_that_nothing_follows_says_why(client):
    page = text_of(client, "/instruments/act/")
    entries = re.findall(
        r'<li id="([^"]+)" class="provision[^>]*>(.*?)</li>',
        page,
    )

    said = {
        name: re.findall("No measure here|See its parts", entry)
        for name, entry in entries
    }
    assert said == {
        "Article-1": ["See its parts"],
        "Article-1(b)": ["No measure here"],
        "Article-1(a)": [],
        "Article-2": ["No measure here"],
        "Article-3": ["No measure here"],
    }


def test_of_what_nothing_is_mapped_to_no_provision_says_that_none_is_there(
    client,
):
    provision = ProvisionFactory()

    page = text_of(client, provision.instrument.get_absolute_url())
    assert "No measure here" not in page


@pytest.fixture
def code_that_asks_for_four():
    """Nearly, in two wordings of one measure; in part; as something wider; and related."""
    code = InstrumentFactory(slug="a-code")
    for relation in (
        Relation.CLOSE,
        Relation.CLOSE,
        Relation.NARROW,
        Relation.BROAD,
        Relation.RELATED,
    ):
        ProvisionMappingFactory(
            source=MitigationFactory(),
            provision=ProvisionFactory(instrument=code),
            relation=relation,
        )
    first, second = Mapping.objects.order_by("pk")[:2]
    MappingFactory(
        source=first.source,
        target=second.source,
        relation=Relation.EXACT,
    )
    return code


@pytest.mark.usefixtures("code_that_asks_for_four")
@pytest.mark.parametrize("address", ["/instruments/", "/instruments/a-code/"])
def test_measures_that_are_themselves_asked_for_are_counted_first(
    client,
    address,
):
    page = text_of(client, address)

    links = re.findall(
        r'href="(/mitigations/\?instrument=a-code[^"]*group=measure)"',
        page,
    )
    counts = [
        client.get(one.replace("&amp;", "&")).context["paginator"].count
        for one in links
    ]
    assert counts == [2, 3, 4]
    assert re.findall(
        r'num">(\d+)</(?:b> measures</a> asked for|span></a> with)',
        page,
    ) == [
        "2",
        "3",
        "4",
    ]


def test_what_only_has_something_related_is_not_said_to_be_asked_for(client):
    ProvisionMappingFactory(relation=Relation.RELATED)

    page = text_of(client, "/instruments/")

    assert '<b class="num">0</b> measures asked for, nearly or in part' in page
    assert '<span class="num">1</span></a> with those that are only' in page


def test_what_law_requires_in_several_wordings_is_named_once_and_linked(
    client,
):
    old = law_from("Old Act", 2026)
    new = law_from("New Act", 2027)
    first, second = (MitigationFactory(name="Audits") for _ in range(2))
    MappingFactory(source=second, target=first, relation=Relation.EXACT)
    require(second, instrument=old)
    require(first, instrument=new)

    now, soon = client.get("/instruments/").context["required"]

    [named] = now.ways[0].named
    assert named.mitigation == second
    assert (now.ways[0].count, soon.ways[0].count) == (1, 1)
    assert soon.ways[0].is_as_before
    assert [one.text for one in soon.ways[0].further_laws] == [
        "New Act then requires it too",
    ]
    assert f'<a href="{second.get_absolute_url()}">Audits</a>' in text_of(
        client,
        "/instruments/",
    )
