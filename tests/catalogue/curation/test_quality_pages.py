"""The pages of the quality desk."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from catalogue.curation import workflow
from catalogue.curation.quality import CHECKS, desk
from catalogue.models import Dismissal, Mapping, Mitigation, Proposal, Review
from tests.factories import DocumentFactory, MitigationFactory, UserFactory
from tests.files import csv_rows

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

TEXT = "A developer pays outsiders who find faults in a released model and report them."


def signed_in(client, *permissions):
    user = UserFactory(is_staff=True, first_name="Ada", last_name="Tester")
    user.user_permissions.set(
        Permission.objects.filter(codename__in=permissions),
    )
    client.force_login(user)
    return user


@pytest.fixture
def curator(client):
    return signed_in(
        client,
        "view_mitigation",
        "change_mitigation",
        "add_mapping",
    )


def page(check, query=""):
    return reverse("admin:quality_check", args=[check]) + query


def ticked(check):
    return [
        f"{one.fingerprint} {one.subject}"
        for one in desk.open_issues(CHECKS[check])
    ]


def test_the_desk_and_the_front_page_count_every_check(client, curator):
    MitigationFactory(description="n/a")

    desk_page = client.get(reverse("admin:quality")).content.decode()
    front = client.get(reverse("admin:index")).content.decode()

    assert all(check.title in desk_page for check in CHECKS.values())
    assert re.search(r"No description</a> <b>1</b>", front)
    assert "Never checked" in desk_page or "holds no addresses" in desk_page


@pytest.mark.parametrize("check", list(CHECKS))
def test_each_check_has_a_page(client, curator, check):
    assert client.get(page(check)).status_code == 200


def test_a_finding_leads_to_the_field_that_mends_it(client, curator):
    mitigation = MitigationFactory(description="n/a")

    shown = client.get(page("no-description")).content.decode()

    form = reverse("admin:catalogue_mitigation_change", args=[mitigation.pk])
    assert f'href="{form}#id_description"' in shown
    assert 'id="id_description"' in client.get(form).content.decode()


def test_findings_are_narrowed_by_document_and_kind_and_paged(client, curator):
    document = DocumentFactory(abstract="")
    MitigationFactory.create_batch(26, description="n/a", document=document)
    MitigationFactory(description="n/a")

    def shown(query):
        return client.get(page("no-description", query)).context["page_obj"]

    assert len(shown("")) == 25
    assert shown("").paginator.count == 28
    assert shown(f"?document={document.slug}").paginator.count == 27
    assert (
        shown(
            f"?document={document.slug}&group=mitigations&page=2",
        ).start_index()
        == 26
    )
    assert (
        client.get(page("no-description", f"?document={document.slug}"))
        .content.decode()
        .count("page=2")
        == 1
    )


def test_ticked_findings_are_dismissed_with_a_reason_and_taken_back(
    client,
    curator,
):
    MitigationFactory.create_batch(2, description="n/a")

    client.post(
        page("no-description"),
        {
            "dismiss": "yes",
            "finding": ticked("no-description"),
            "reason": "So be it.",
        },
    )

    assert {
        (row.reason, row.dismissed_by) for row in Dismissal.objects.all()
    } == {("So be it.", curator)}
    assert (
        "Nothing is open."
        in client.get(page("no-description")).content.decode()
    )
    shown = client.get(
        page("no-description", "?show=dismissed"),
    ).content.decode()
    assert "So be it." in shown

    client.post(
        page("no-description", "?show=dismissed"),
        {"take_back": Dismissal.objects.first().subject},
    )
    assert len(ticked("no-description")) == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"dismiss": "yes", "reason": "So."}, "Tick the findings"),
        (
            {"dismiss": "yes", "finding": "x M9999", "reason": "So."},
            "no longer found",
        ),
        ({}, "Nothing was done"),
        ({"act": "x"}, "Nothing can be done about it from here"),
        ({"map": "M9998 M9999 exactMatch"}, "no longer there"),
        ({"take_back": "x"}, "had been taken back already"),
    ],
)
def test_what_cannot_be_done_says_why(client, curator, sent, said):
    assert (
        said
        in client.post(
            page("no-description"),
            sent,
            follow=True,
        ).content.decode()
    )


def test_a_pair_is_mapped_by_one_click(client):
    signed_in(
        client,
        "view_mitigation",
        "change_mitigation",
        "add_mapping",
        "publish_mitigation",
    )
    one, other = (
        MitigationFactory(name="Bug bounties", description=TEXT)
        for _ in range(2)
    )
    shown = client.get(page("likely-duplicate")).content.decode()
    [value] = re.findall(r'name="map" value="([^"]+ broadMatch)"', shown)

    client.post(page("likely-duplicate"), {"map": value})

    row = Mapping._default_manager.get()
    assert (row.source, row.target, row.relation, row.asserted_by) == (
        one,
        other,
        "broadMatch",
        "Ada Tester",
    )
    again = client.post(
        page("likely-duplicate"),
        {"map": value},
        follow=True,
    ).content.decode()
    assert "mapped already" in again
    assert "Nothing is open." in again


def test_a_pair_that_readers_see_is_proposed_by_who_may_not_publish(
    client,
    curator,
):
    one, other = (
        MitigationFactory(name="Bug bounties", description=TEXT)
        for _ in range(2)
    )

    client.post(
        page("likely-duplicate"),
        {"map": f"{one.accession} {other.accession} exactMatch"},
    )

    assert not Mapping._default_manager.exists()
    [proposal] = Proposal.objects.all()
    assert (proposal.record, proposal.author) == (one, curator)
    workflow.approve(
        proposal=proposal,
        reviewer=UserFactory(is_superuser=True),
    )
    row = Mapping._default_manager.get()
    assert (row.source, row.target, row.asserted_by) == (
        one,
        other,
        "Ada Tester",
    )


def test_a_pair_is_proposed_once_and_marked_where_it_is_listed(
    client,
    curator,
):
    for name in ("Bug bounties", "Watermarks"):
        MitigationFactory.create_batch(2, name=name, description=TEXT)
    one, other, *_ = Mitigation.objects.order_by("pk")
    proposed = f"{one.accession} {other.accession}"

    for relation in ("exactMatch", "exactMatch", "closeMatch"):
        said = client.post(
            page("likely-duplicate"),
            {"map": f"{proposed} {relation}"},
            follow=True,
        ).content.decode()

    assert Proposal.objects.count() == 1
    assert "You have proposed to map these two already" in said
    assert said.index("it waits for a reviewer</a>") > said.index(
        "exactMatch",
    )  # after what is still to be done
    assert f'value="{proposed} exactMatch"' not in said


def test_a_relation_that_is_none_is_refused(client, curator):
    one, other = MitigationFactory.create_batch(2)

    client.post(
        page("likely-duplicate"),
        {"map": f"{one.accession} {other.accession} sameAs"},
    )

    assert not Mapping._default_manager.exists()


def test_a_record_is_marked_as_reviewed_by_one_click(client, curator):
    mitigation = MitigationFactory()
    mitigation.history.update(history_date="2020-01-01T00:00Z")
    assert (
        "Mark as reviewed" in client.get(page("not-reviewed")).content.decode()
    )

    client.post(
        page("not-reviewed"),
        {"act": f"mitigation {mitigation.accession}"},
    )

    assert Review.objects.get().reviewer == curator
    assert f"mitigation {mitigation.accession}" not in [
        one.subject for one in CHECKS["not-reviewed"].find()
    ]


def test_findings_are_downloaded_as_they_are_narrowed(client, curator):
    MitigationFactory(name="=1+1", description="n/a")
    MitigationFactory(description="n/a")
    first = next(CHECKS["no-description"].find())

    answer = client.get(
        reverse("admin:quality_file"),
        {"check": "no-description", "document": first.document},
    )

    [row] = csv_rows(answer)
    assert (row["check"], row["subject"]) == ("no-description", first.subject)
    assert row["address"] == f"http://testserver{first.url}"
    assert (
        answer["Content-Disposition"]
        == 'attachment; filename="findings-no-description.csv"'
    )


def test_who_may_look_and_who_may_act(client):
    MitigationFactory(description="n/a")
    looks = {(): 403, ("view_mitigation",): 200, ("change_mitigation",): 200}
    for permissions, status in looks.items():
        signed_in(client, *permissions)
        assert client.get(page("no-description")).status_code == status
        assert client.get(reverse("admin:quality_file")).status_code == status
    signed_in(client, "view_mitigation")
    sent = {
        "dismiss": "yes",
        "finding": ticked("no-description"),
        "reason": "So.",
    }
    assert client.post(page("no-description"), sent).status_code == 403
    signed_in(client, "change_mitigation")
    assert (
        client.post(
            page("likely-duplicate"),
            {"map": "M0001 M0002 exactMatch"},
        ).status_code
        == 403
    )
    client.logout()
    assert client.get(reverse("admin:quality")).status_code == 302


def test_an_unknown_check_is_not_found(client, curator):
    assert client.get(page("no-such-check")).status_code == 404
    assert (
        client.get(reverse("admin:quality_file"), {"check": "x"}).status_code
        == 404
    )
