"""What readers are told of changes: in words, of published states only."""

import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.curation import changes
from catalogue.models import Category, Classification, Mapping, Mitigation
from catalogue.releases.cutting import cut
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
BEGIN = datetime(2026, 11, 1, 9, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def published():
    """A mitigation that was published on the first of the month, in category 2.2.2."""
    taxonomy = TaxonomyFactory(short_title="Second version", is_default=True)
    for code in ("2.2.2", "2.3.1"):
        CategoryFactory(taxonomy=taxonomy, code=code)
    mitigation = MitigationFactory(
        accession="M0001",
        name="Watermarks",
        status="draft",
    )
    ClassificationFactory(
        mitigation=mitigation,
        category=Category.objects.get(code="2.2.2"),
    )
    at(-5)
    write(mitigation, reason="Too early to say", name="Zebra marks")
    at(-4)
    write(mitigation, reason="Reviewed", name="Watermarks", status="published")
    at(0)
    return mitigation


def at(days):
    """Dates all that has no date of ours yet."""
    for history in (
        Mitigation.history,
        Classification.history,
        Mapping.history,
    ):
        history.filter(history_date__gt=BEGIN + timedelta(days=20)).update(
            history_date=BEGIN + timedelta(days=days),
        )


def write(mitigation, reason="", **values):
    for name, value in values.items():
        setattr(mitigation, name, value)
    mitigation._change_reason = reason
    mitigation.save()


def move(mitigation, code, reason):
    placed = mitigation.classifications.get()
    placed.category = Category.objects.get(code=code)
    placed._change_reason = reason
    placed.save()


def told(mitigation):
    return [
        (event.what, event.text, event.reason)
        for event in changes.history_of(mitigation.pk)
    ]


def test_what_happened_is_read_again_only_when_something_did(
    published,
    django_assert_num_queries,
):
    before = told(published)
    with django_assert_num_queries(0):
        assert told(published) == before

    write(
        published,
        reason="It is what they are called",
        name="Watermarks of text",
    )
    at(3)

    assert told(published)[0] == (
        "changed",
        "Renamed from “Watermarks”",
        "It is what they are called",
    )


def test_a_reclassification_says_from_where_to_where_and_why(
    client,
    published,
):
    move(published, "2.3.1", "Because it is done when a model is deployed.")
    at(2)

    page = client.get("/mitigations/M0001/").content.decode()
    assert told(published) == [
        (
            "reclassified",
            "Reclassified from 2.2.2 to 2.3.1",
            "Because it is done when a model is deployed.",
        ),
        ("published", "Published", "Reviewed"),
    ]
    assert "3 November 2026" in page
    assert "Reclassified from 2.2.2 to 2.3.1." in page
    assert "Because it is done when a model is deployed." in page


def test_a_place_that_is_taken_away_and_given_anew_in_one_sitting_is_a_reclassification(
    published,
):
    published.classifications.all().delete()
    ClassificationFactory(
        mitigation=published,
        category=Category.objects.get(code="2.3.1"),
    )
    at(2)

    assert told(published)[0][:2] == (
        "reclassified",
        "Reclassified from 2.2.2 to 2.3.1",
    )


def test_nothing_is_told_of_drafts_nor_of_who_wrote(client, published):
    user = UserFactory(username="Ada")
    Mitigation.history.update(history_user=user)

    shown = [
        client.get(path).content.decode()
        for path in ("/mitigations/M0001/", "/changes/", "/changes.atom")
    ]
    shown.append(
        client.get(
            "/api/v1/mitigations/M0001/?include=history",
        ).content.decode(),
    )

    assert not [
        word
        for text in shown
        for word in ("Zebra", "Too early", "Ada")
        if word in text
    ]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"name": "Marks"}, "Renamed from “Watermarks”"),
        (
            {"description": "Something else entirely."},
            "Description rewritten",
        ),
        ({"requirements": "Outside testers."}, "What it takes added"),
        (
            {"is_preliminary": True, "page": "4"},
            "Place in the source corrected; marked as preliminary",
        ),
    ],
)
def test_each_change_is_told_in_words(published, values, text):
    write(published, **values)
    at(2)

    assert told(published)[0][:2] == ("changed", text)


@pytest.fixture
def article():
    law = InstrumentFactory(short_title="EU AI Act")
    return ProvisionFactory(instrument=law, code="Article 9")


def test_what_is_found_to_be_asked_is_told_with_its_reason(published, article):
    mapping = ProvisionMappingFactory.build(
        source=published,
        provision=article,
    )
    mapping._change_reason = "Read again"
    mapping.save()
    at(2)

    assert told(published)[0] == (
        "changed",
        "Found to be asked for by EU AI Act, Article 9",
        "Read again",
    )


def test_a_change_of_force_and_a_mapping_that_went_are_told(
    published,
    article,
):
    mapping = ProvisionMappingFactory(source=published, provision=article)
    at(2)
    mapping.force = "disclose"
    mapping.save()
    at(3)
    mapping.delete()
    at(4)

    assert [text for _, text, _ in told(published)[:2]] == [
        "No longer said to be asked for by EU AI Act, Article 9",
        "What EU AI Act, Article 9 does about it changed from “requires” to “asks to disclose”",
    ]


def test_many_provisions_at_once_are_counted(published):
    for _ in range(4):
        ProvisionMappingFactory(source=published)
    at(2)

    assert told(published)[0][1] == (
        "Found to be asked for by 4 provisions of laws, codes and standards"
    )


def test_why_a_mapping_to_a_mitigation_was_written_is_not_told(published):
    mapping = MappingFactory.build(
        source=published,
        target=MitigationFactory(status="draft"),
    )
    mapping._change_reason = "Like the draft Zebra"
    mapping.save()
    write(published, name="Marks")
    at(2)

    assert told(published)[0][2] == ""


def test_a_look_is_told(published):
    write(published, instruments_checked_on=date(2026, 11, 30))
    at(2)

    assert told(published)[0][1] == "Looked for in laws, codes and standards"


def test_terms_are_told_by_name(published):
    published.actors.add(ActorFactory(name="Developer"))
    at(2)

    assert told(published)[0][1] == "Actor added: Developer"


def test_what_was_withdrawn_and_came_back_says_so(published):
    write(published, reason="A mistake", status="draft")
    at(2)
    write(published, status="draft", name="Zebra")
    at(3)
    write(published, status="published", name="Marks", reason="Mended")
    at(4)

    assert [what for what, *_ in told(published)] == [
        "published",
        "withdrawn",
        "published",
    ]
    assert told(published)[0][1:] == (
        "Published again; renamed from “Watermarks”",
        "Mended",
    )


@pytest.mark.parametrize(
    "path",
    ["/api/v1/mitigations/?include=history", "/changes/", "/changes.atom"],
)
def test_queries_do_not_grow_with_mitigations(client, published, path):
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for one in MitigationFactory.create_batch(
        3,
        document=published.document,
        actors=1,
    ):
        ClassificationFactory(
            mitigation=one,
            category=Category.objects.get(code="2.3.1"),
        )
    with CaptureQueriesContext(connection) as many:
        client.get(path)

    assert len(many) == len(few)


def test_the_list_of_the_api_tells_what_one_record_tells(client, published):
    [listed] = client.get("/api/v1/mitigations/?include=history").json()[
        "results"
    ]

    assert (
        listed["history"]
        == client.get("/api/v1/mitigations/M0001/?include=history").json()[
            "history"
        ]
    )
    assert listed["history"] == [
        {
            "at": "2026-11-01T09:00:00Z",
            "what": "published",
            "said": "Published",
            "reason": "Reviewed",
        },
    ]


def test_the_feed_is_atom_with_names_that_stay(client, published, settings):
    settings.SITE_URL = "https://catalogue.example"
    move(published, "2.3.1", "Because.")
    cut("2026.11", notes="The first.")

    answer = client.get("/changes.atom")
    feed, again = (
        ElementTree.fromstring(one.content)
        for one in (
            answer,
            client.get("/changes.atom", headers={"Host": "localhost"}),
        )
    )

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert ids == [
        entry.findtext(f"{ATOM}id") for entry in again.iter(f"{ATOM}entry")
    ]
    assert len(set(ids)) == len(ids) == 3
    assert "tag:catalogue.example,2026-11:releases/2026.11" in ids
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        assert all(
            element.findtext(f"{ATOM}{name}")
            for name in ("id", "title", "updated")
        )
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert 'href="/changes.atom"' in client.get("/").content.decode()


@pytest.mark.parametrize(
    "reason",
    [
        "From the catalogue’s files: documents/uuk-2024.yaml: M0013",
        "No longer in the data files",
    ],
)
def test_that_a_change_came_with_the_files_is_told_to_nobody(
    client,
    published,
    reason,
):
    write(published, name="Marks", reason=reason)
    at(2)

    assert told(published)[0] == ("changed", "Renamed from “Watermarks”", "")
    assert reason not in client.get("/changes/").content.decode()


def test_changes_of_one_day_that_are_alike_stand_as_one_under_their_month(
    client,
    published,
):
    MitigationFactory.create_batch(4, document=published.document)
    at(2)
    write(published, name="Marks", reason="A better name")
    at(40)

    answer = client.get("/changes/")

    assert [
        (change.text, len(change.entries))
        for change in answer.context["changes"]
    ] == [
        ("Renamed from “Watermarks”", 1),
        ("Published", 4),
        ("Published", 1),
    ]
    assert "Published: 4 mitigations" in answer.content.decode()
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", answer.content.decode()) == [
        "December 2026",
        "November 2026",
    ]


def test_an_empty_catalogue_has_an_empty_feed(client):
    assert ElementTree.fromstring(
        client.get("/changes.atom").content,
    ).findtext(f"{ATOM}title")
    assert client.get("/changes/").status_code == 200


def test_a_control_character_in_an_old_text_does_not_end_the_feed(
    client,
    published,
):
    published.name = "Before\x0bafter"
    published._change_reason = "Pasted\x0cfrom slides"
    published.save()

    feed = ElementTree.fromstring(client.get("/changes.atom").content)

    assert any(
        "Before after" in (entry.findtext(f"{ATOM}title") or "")
        for entry in feed.iter(f"{ATOM}entry")
    )


def test_what_a_reviewer_wrote_to_an_author_before_is_told_to_no_reader():
    mitigation = MitigationFactory(accession="M0001", status="draft")
    for status, reason in (
        ("in_review", "Ready"),
        ("draft", "Sent back by a reviewer"),
        ("published", "First publication"),
    ):
        write(mitigation, reason=reason, status=status)

    [event] = changes.histories([mitigation.pk])[mitigation.pk]

    assert (event.what, event.reason) == ("published", "First publication")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Import 7: a_controls_2.csv", "Imported from a file (import 7)"),
        (
            "Undone: Import 7: a_controls_2.csv",
            "Import 7 of a file was undone",
        ),
        ("Important 7: so", "Important 7: so"),
    ],
)
def test_readers_are_not_told_what_a_file_was_called(published, reason, told):
    write(published, reason=reason, name="Marks")
    at(1)

    assert changes.histories([published.pk])[published.pk][0].reason == told


def test_what_stands_as_one_among_changes_is_in_the_order_of_its_titles(
    client,
    published,
):
    for name in ("Delta", "Beta", "Gamma", "Alpha"):
        MitigationFactory(name=name, document=published.document)
    at(2)

    [many, _] = client.get("/changes/").context["changes"]

    titles = [entry.title for entry in many.entries]
    assert titles == sorted(titles)
    assert len(titles) == 4
