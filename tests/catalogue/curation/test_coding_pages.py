"""The pages of coding: what coders see, and what they must not see."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.serializers import serialize
from django.urls import reverse

from catalogue.curation import double_coding
from catalogue.models import Category, CodingUnit, Mitigation, Seat
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    MitigationFactory,
    TaxonomyFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

SECRET, REASON = "Kept to oneself", "Said by the first coder alone."


def user(*permissions, **fields):
    one = UserFactory(is_staff=True, **fields)
    kind = ContentType.objects.get_for_model(Mitigation)
    for name in permissions:
        permission, _ = Permission.objects.get_or_create(
            codename=name,
            content_type=kind,
            defaults={"name": name},
        )
        one.user_permissions.add(permission)
    return one


@pytest.fixture
def taxonomy():
    taxonomy = TaxonomyFactory(short_title="The tree")
    CategoryFactory(
        taxonomy=taxonomy,
        code="1.1",
        name="Filters",
        definition="Sifting what is typed.",
    )
    CategoryFactory(
        taxonomy=taxonomy,
        code="1.2",
        name=SECRET,
        definition="What nobody else shall know.",
    )
    CategoryFactory(
        taxonomy=taxonomy,
        code="2.1",
        name="Audits",
        definition="Outsiders look at the filters.",
    )
    return taxonomy


@pytest.fixture
def first(taxonomy):
    return user("code_mitigation", first_name="Ada")


@pytest.fixture
def second(taxonomy):
    return user("code_mitigation", first_name="Bo")


@pytest.fixture
def unit(taxonomy, first, second):
    mitigation = MitigationFactory(section="Chapter 4", page="17")
    ClassificationFactory(
        mitigation=mitigation,
        category=taxonomy.categories.get(code="2.1"),
    )
    double_coding.assign(
        mitigations=[mitigation],
        taxonomy=taxonomy,
        coders=[first, second],
    )
    return CodingUnit.objects.get()


def choose(unit, coder, code, rationale="So."):
    category = unit.taxonomy.categories.get(code=code)
    return double_coding.record_choice(
        unit=unit,
        coder=coder,
        category=category,
        confidence="low",
        rationale=rationale,
    )


def key(unit, code):
    return str(unit.taxonomy.categories.get(code=code).pk)


def page_of(unit):
    return reverse("admin:coding_unit", args=[unit.pk])


# Blindness


@pytest.fixture
def half_coded(unit, first):
    choose(unit, first, "1.2", REASON)
    return unit


def test_the_others_page_shows_neither_choice_nor_rationale_nor_a_place_it_has(
    client,
    half_coded,
    second,
):
    client.force_login(second)

    page = client.get(page_of(half_coded))

    assert page.context["form"]["category"].value() is None
    assert "checked" not in page.content.decode().partition('id="tree"')[2]
    assert REASON not in page.content.decode()
    assert "has coded" not in page.content.decode()


def test_no_list_of_coding_says_what_was_chosen(client, half_coded):
    # Even to who may see everything.
    client.force_login(user(is_superuser=True))

    for name in (
        "coding",
        "coding_units",
        "coding_disputes",
        "coding_assign",
        "quality",
        "index",
    ):
        shown = client.get(reverse(f"admin:{name}")).content.decode()
        assert SECRET not in shown, name
        assert REASON not in shown, name
    assert (
        client.get(
            reverse("admin:coding_decide", args=[half_coded.pk]),
        ).status_code
        == 404
    )


def test_history_and_logs_say_nothing_before_both_are_in(
    client,
    half_coded,
    first,
    second,
):
    client.force_login(user(is_superuser=True))
    mitigation = half_coded.mitigation

    for address in (
        reverse("admin:catalogue_mitigation_history", args=[mitigation.pk]),
        reverse("admin:catalogue_mitigation_change", args=[mitigation.pk]),
        reverse("admin:auth_user_delete", args=[first.pk]),
        reverse(
            "admin:catalogue_category_delete",
            args=[key(half_coded, "1.2")],
        ),
    ):
        shown = client.get(address).content.decode()
        assert REASON not in shown, address
        if "category" not in address and "change" not in address:
            assert SECRET not in shown, address
        assert "Seat" not in shown, address
        assert "seat 1" not in shown, address
    assert not LogEntry.objects.exists()


def test_neither_site_nor_api_tell_of_it(client, half_coded):
    mitigation = half_coded.mitigation

    for address in (
        mitigation.get_absolute_url(),
        f"/api/v1/mitigations/{mitigation.accession}/",
        "/about/",
    ):
        shown = client.get(address).content.decode()
        assert SECRET not in shown
        assert REASON not in shown


def test_no_error_tells_of_it(client, half_coded, second):
    client.force_login(second)
    wrong = [
        {"step": "next"},
        {
            "step": "next",
            "category": key(half_coded, "1.1"),
            "confidence": "sure",
            "rationale": "",
        },
        {
            "step": "next",
            "category": "999999",
            "confidence": "low",
            "rationale": "So.",
        },
    ]

    for sent in wrong:
        answer = client.post(page_of(half_coded), sent)
        assert answer.status_code == 422
        errors = (
            answer.content.decode()
            .partition('role="alert"')[2]
            .partition("</div>")[0]
        )
        assert errors.strip()
        assert SECRET not in errors
        assert REASON not in answer.content.decode()


def test_a_third_person_learns_nothing_from_a_units_page(client, half_coded):
    client.force_login(user("code_mitigation"))

    answer = client.get(page_of(half_coded), follow=True)

    assert "is not yours to code" in answer.content.decode()
    assert SECRET not in answer.content.decode()


def test_seats_have_no_history_and_no_page_of_their_own(half_coded, client):
    client.force_login(user(is_superuser=True))

    assert not hasattr(Seat, "history")
    assert client.get("/admin/catalogue/seat/").status_code == 404
    assert SECRET not in str(Seat.objects.first())
    assert REASON not in serialize("json", Category.objects.all())


# Coding


def test_a_coder_reads_the_text_and_its_locator_and_saves_and_goes_on(
    client,
    unit,
    first,
    second,
    taxonomy,
):
    double_coding.assign(
        mitigations=[MitigationFactory()],
        taxonomy=taxonomy,
        coders=[first, second],
    )
    client.force_login(first)

    shown = client.get(page_of(unit)).content.decode()
    assert unit.mitigation.description in shown
    assert "Chapter 4, page 17" in shown
    assert "Sifting what is typed." in shown

    sent = {
        "step": "next",
        "category": key(unit, "1.1"),
        "confidence": "moderate",
        "rationale": "It sifts.",
    }
    answer = client.post(page_of(unit), sent)

    seat = double_coding.seat_of(unit, first)
    assert (seat.category.code, seat.confidence, seat.rationale) == (
        "1.1",
        "moderate",
        "It sifts.",
    )
    assert answer.url == page_of(CodingUnit.objects.last())


@pytest.mark.parametrize(
    ("query", "codes", "chosen"),
    [
        ("", ["1", "1.1", "1.2", "2", "2.1"], ""),
        ("1.1", ["1", "1.1"], "1.1"),
        ("1", ["1", "1.1", "1.2"], "1"),
        ("outsider", ["2", "2.1"], "2.1"),
        ("filter", ["1", "1.1", "2", "2.1"], ""),
        ("audit sift", [], ""),
    ],
)
def test_the_tree_is_searched_without_script_and_nothing_typed_is_lost(
    client,
    unit,
    first,
    query,
    codes,
    chosen,
):
    client.force_login(first)

    page = client.post(
        page_of(unit),
        {
            "step": "find",
            "q": query,
            "confidence": "high",
            "rationale": "Half a thought",
        },
    )

    assert [one.code for one in page.context["rows"]] == codes
    assert page.context["chosen"] == (key(unit, chosen) if chosen else "")
    assert page.context["form"]["rationale"].value() == "Half a thought"
    assert not double_coding.seat_of(unit, first).category_id


def test_what_one_has_chosen_is_shown_while_searching(client, unit, first):
    client.force_login(first)

    page = client.post(
        page_of(unit),
        {"step": "find", "q": "outsider", "category": key(unit, "1.1")},
    )

    assert [one.code for one in page.context["rows"]] == [
        "1",
        "1.1",
        "2",
        "2.1",
    ]


def test_a_coder_who_comes_too_late_is_told_so(client, unit, first, second):
    client.force_login(first)
    choose(unit, first, "1.1")
    choose(unit, second, "1.1")

    sent = {
        "step": "next",
        "category": key(unit, "1.2"),
        "confidence": "low",
        "rationale": "So.",
    }
    answer = client.post(page_of(unit), sent, follow=True)

    assert "what they chose stands" in answer.content.decode()


def test_a_category_that_is_gone_is_named_to_who_chose_it(client, unit, first):
    choose(unit, first, "1.2")
    unit.taxonomy.categories.get(code="1.2").delete()
    client.force_login(first)

    assert (
        f"You had chosen “1.2 {SECRET}”, which has been removed"
        in client.get(page_of(unit)).content.decode()
    )


def test_a_coder_takes_the_next_open_one_and_gives_it_back(
    client,
    taxonomy,
    second,
):
    mitigation = MitigationFactory()
    client.force_login(second)

    answer = client.post(reverse("admin:coding"), {"taxonomy": taxonomy.slug})
    assert answer.url == page_of(CodingUnit.objects.get(mitigation=mitigation))
    client.post(answer.url, {"step": "give_back"})

    assert not Seat.objects.exists()


# Deciding


def test_a_third_sees_both_side_by_side_and_decides(
    client,
    unit,
    first,
    second,
):
    choose(unit, first, "1.2", REASON)
    choose(unit, second, "1.1", "Said by the second.")
    client.force_login(user("code_mitigation", first_name="Cleo"))

    queue = client.get(reverse("admin:coding_disputes")).content.decode()
    assert f"1.2 {SECRET}" in queue
    assert "1.1 Filters" in queue
    page = client.get(
        reverse("admin:coding_decide", args=[unit.pk]),
    ).content.decode()
    for shown in (
        REASON,
        "Said by the second.",
        "Sifting what is typed.",
        "What nobody else shall know.",
    ):
        assert shown in page

    sent = {
        "choice": key(unit, "1.1"),
        "confidence": "high",
        "reason": "It sifts.",
    }
    client.post(reverse("admin:coding_decide", args=[unit.pk]), sent)

    assert (
        unit.mitigation.classifications.get(is_primary=True).rationale
        == "It sifts."
    )
    assert (
        "Nothing waits"
        in client.get(reverse("admin:coding_disputes")).content.decode()
    )


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"confidence": "high", "reason": "So."}, "Choose one."),
        (
            {"choice": "other", "confidence": "high", "reason": "So."},
            "Choose the other category.",
        ),
        (
            {
                "choice": "other",
                "other": "999999",
                "confidence": "high",
                "reason": "So.",
            },
            "Select a valid choice",
        ),
        ({"confidence": "high"}, "Say why"),
    ],
)
def test_a_decision_without_its_parts_says_what_is_missing(
    client,
    unit,
    first,
    second,
    sent,
    said,
):
    choose(unit, first, "1.2")
    choose(unit, second, "1.1")
    client.force_login(user("code_mitigation"))

    answer = client.post(reverse("admin:coding_decide", args=[unit.pk]), sent)

    assert answer.status_code == 422
    assert said in answer.content.decode()


# Leading


def test_a_lead_assigns_and_takes_away(client, taxonomy, first, second):
    mitigations = MitigationFactory.create_batch(3)
    client.force_login(user("publish_mitigation"))
    ends = f"{mitigations[0].accession}-{mitigations[1].accession}"

    sent = {
        "taxonomy": taxonomy.slug,
        "accessions": ends,
        "first": first.pk,
        "second": second.pk,
    }
    answer = client.post(reverse("admin:coding_assign"), sent, follow=True)

    assert "Assigned 2; 0 were so already." in answer.content.decode()
    assert {unit.mitigation for unit in CodingUnit.objects.all()} == set(
        mitigations[:2],
    )
    seat = Seat.objects.filter(coder=first).first()
    client.post(reverse("admin:coding_units"), {"release": seat.pk})
    assert Seat.objects.count() == 3


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Say which mitigations"),
        ({"accessions": "M1"}, "is no accession"),
        ({"accessions": "M0009-M0001"}, "from a higher to a lower"),
        ({"accessions": "M9999"}, "No mitigation is meant"),
    ],
)
def test_an_assignment_that_cannot_be_says_why(client, taxonomy, sent, said):
    client.force_login(user("publish_mitigation"))

    answer = client.post(
        reverse("admin:coding_assign"),
        {"taxonomy": taxonomy.slug, **sent},
    )

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_who_may_do_what(client, half_coded):
    code, lead = (
        {"coding", "coding_disputes"},
        {"coding", "coding_assign", "coding_units"},
    )
    for one, allowed in (
        (user("code_mitigation"), code),
        (user("publish_mitigation"), lead),
        (user(), set()),
    ):
        client.force_login(one)
        answers = {
            name: client.get(reverse(f"admin:{name}")).status_code
            for name in code | lead
        }
        assert {
            name for name, status in answers.items() if status == 200
        } == allowed


def test_agreement_stands_on_the_about_page_with_n_or_as_not_there_yet(
    client,
    unit,
    first,
    second,
):
    assert (
        "No mitigation has been classified by two coders yet."
        in client.get("/about/").content.decode()
    )
    choose(unit, first, "1.2")
    choose(unit, second, "1.1")

    shown = client.get("/about/").content.decode()

    assert "Coded by two (n)" in shown
    assert re.search(r"<td[^>]*>100\.0 %</td>", shown)  # at level 1 they agree


@pytest.mark.parametrize("count", [1, 3])
def test_pages_take_the_same_queries_for_any_number_of_units(
    client,
    taxonomy,
    first,
    second,
    count,
    django_assert_num_queries,
):
    double_coding.assign(
        mitigations=MitigationFactory.create_batch(2 * count),
        taxonomy=taxonomy,
        coders=[first, second],
    )
    for unit in CodingUnit.objects.all()[:count]:
        choose(unit, first, "1.1")
        choose(unit, second, "1.2")
    client.force_login(user(is_superuser=True))
    client.get(reverse("admin:coding"))

    for name, queries in (
        ("coding", 11),
        ("coding_disputes", 6),
        ("coding_units", 6),
    ):
        with django_assert_num_queries(queries):
            assert client.get(reverse(f"admin:{name}")).status_code == 200
