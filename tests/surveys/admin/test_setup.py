"""Setting a study up, step by step."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from catalogue.models import Mitigation
from surveys.design import setup as designing
from surveys.files.storing import importable
from surveys.models import (
    Answer,
    Criterion,
    ExpertiseArea,
    Invitation,
    Item,
    Response,
    RiskArea,
    Round,
    Scale,
    Study,
)
from surveys.running import rounds
from tests.factories import ClassificationFactory, MitigationFactory
from tests.surveys.factories import make_lead, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def step(study, name):
    return reverse("admin:surveys_study_setup", args=[study.pk, name])


def send(client, study, name, **data):
    return client.post(step(study, name), data, follow=True).content.decode()


def question(number=0, total=1, initial=0, **fields):
    """A question as its form sends it."""
    form = {
        "name": "Effective",
        "question": "Does it work?",
        "answers": "agree-5",
        "position": "1",
        **fields,
    }
    return {
        "criteria-TOTAL_FORMS": total,
        "criteria-INITIAL_FORMS": initial,
        **{f"criteria-{number}-{name}": value for name, value in form.items()},
    }


def draft(**fields):
    return Study.objects.create(
        slug="a",
        label="A",
        title="A study",
        method="Asked.",
        limits="Few.",
        **fields,
    )


def test_a_study_is_set_up_from_nothing_to_its_first_round(admin_client):
    mitigation = MitigationFactory()
    new = {
        "label": "Safety 2026",
        "title": "What experts think",
        "method": "Asked.",
        "limits": "Few.",
        "go": "on",
    }

    admin_client.post(reverse("admin:surveys_study_new"), new)
    study = Study.objects.get()
    send(
        admin_client,
        study,
        "measures",
        shown=mitigation.accession,
        pick=mitigation.accession,
    )
    item = study.items.get()
    send(
        admin_client,
        study,
        "wording",
        **{
            "shown": item.pk,
            f"item-{item.pk}-position": "1",
            f"item-{item.pk}-wording": "Do it.",
        },
    )
    send(admin_client, study, "questions", **question())
    send(
        admin_client,
        study,
        "asked",
        min_cell_size="5",
        consensus_percent="75",
        new_areas="Law\nEconomics",
    )
    send(
        admin_client,
        study,
        "consent",
        consent_text="You may stop at any time.",
    )
    shown = send(admin_client, study, "open", sure="yes")

    study.refresh_from_db()
    assert "Round 1 is open." in shown
    assert (study.slug, study.status, study.consensus_percent) == (
        "safety-2026",
        Study.Status.OPEN,
        75,
    )
    assert study.items.get().wording == "Do it."
    assert study.criteria.get().slug == "effective"
    assert (
        study.criteria.get().scale.points.filter(is_dont_know=True).count()
        == 1
    )
    assert sorted(study.expertise_areas.values_list("slug", flat=True)) == [
        "economics",
        "law",
    ]


def test_a_second_study_of_the_same_label_gets_an_address_of_its_own(
    admin_client,
):
    new = {
        "label": "A",
        "title": "What experts think",
        "method": "Asked.",
        "limits": "Few.",
    }
    draft()

    admin_client.post(reverse("admin:surveys_study_new"), new)

    assert sorted(Study.objects.values_list("slug", flat=True)) == ["a", "a-2"]


def test_a_step_says_what_is_missing_and_what_is_done():
    steps = {one.name: one for one in designing.steps(draft())}

    assert steps["measures"].missing == [
        "It asks about no measure: pick some from the catalogue.",
    ]
    assert steps["consent"].missing == ["It has no consent text."]
    assert (steps["about"].done, steps["about"].missing) == ("A", [])


def test_measures_are_found_by_the_same_filters_as_the_list(admin_client):
    study = draft()
    audits, other = (
        MitigationFactory(name="Independent audits"),
        MitigationFactory(name="Staged release"),
    )
    MitigationFactory(
        name="Audits nobody may see",
        status=Mitigation.Status.DRAFT,
    )
    ClassificationFactory(mitigation=audits)

    by_word = admin_client.get(
        step(study, "measures"),
        {"q": "audit"},
    ).content.decode()
    by_document = admin_client.get(
        step(study, "measures"),
        {"document": other.document.slug},
    ).content.decode()

    assert "Independent audits" in by_word
    assert "Staged release" not in by_word
    assert "nobody may see" not in by_word
    assert "Staged release" in by_document
    assert "Independent audits" not in by_document


def test_a_filter_that_does_not_exist_is_named(admin_client):
    shown = admin_client.get(
        step(draft(), "measures"),
        {"fase": "x"},
    ).content.decode()

    assert "There is no parameter “fase”. Did you mean “phase”?" in shown


def test_unticked_measures_leave_and_those_on_other_pages_stay(admin_client):
    study = make_study(items=2)
    first, second = study.items.select_related("mitigation")
    new = MitigationFactory()

    send(
        admin_client,
        study,
        "measures",
        shown=[first.mitigation.accession, new.accession],
        pick=[new.accession],
    )

    assert set(study.items.values_list("mitigation", flat=True)) == {
        second.mitigation_id,
        new.pk,
    }


def test_a_draft_measure_cannot_be_picked(admin_client):
    hidden = MitigationFactory(status=Mitigation.Status.DRAFT)
    study = draft()

    send(
        admin_client,
        study,
        "measures",
        shown=hidden.accession,
        pick=hidden.accession,
    )

    assert not study.items.exists()


def test_questions_are_changed_and_removed(admin_client):
    study = make_study()
    old = study.criteria.get()
    data = question(
        total=1,
        initial=1,
        id=old.pk,
        name="Worth doing",
        answers=old.scale_id,
    )

    send(admin_client, study, "questions", **data)
    assert (study.criteria.get().name, study.criteria.get().slug) == (
        "Worth doing",
        "do",
    )

    send(
        admin_client,
        study,
        "questions",
        **data,
        **{"criteria-0-DELETE": "on"},
    )
    assert not study.criteria.exists()


def test_a_question_has_the_clause_by_which_its_results_are_told(admin_client):
    study = make_study()
    old = study.criteria.get()

    send(
        admin_client,
        study,
        "questions",
        **question(
            total=1,
            initial=1,
            id=old.pk,
            answers=old.scale_id,
            clause="agreed that it should be done",
        ),
    )

    assert study.criteria.get().clause == "agreed that it should be done"


def test_a_question_named_as_a_column_of_answer_files_gets_another_key(
    admin_client,
):
    study = draft()

    send(admin_client, study, "questions", **question(name="Comment"))

    assert study.criteria.get().slug == "comment-2"


def test_a_key_with_a_meaning_in_answer_files_is_refused():
    with pytest.raises(ValidationError, match="has a meaning of its own"):
        Criterion(
            study=draft(),
            slug="combination",
            name="Combination",
            question="?",
        ).full_clean()


def test_a_starting_scale_is_made_once(admin_client):
    one, other = draft(), make_study()
    Criterion.objects.all().delete()

    send(admin_client, one, "questions", **question())
    send(
        admin_client,
        other,
        "questions",
        **question(answers=Scale.objects.get(slug="agree-5").pk),
    )

    assert Scale.objects.filter(slug="agree-5").count() == 1
    assert Criterion.objects.filter(scale__slug="agree-5").count() == 2


def test_an_area_of_expertise_that_is_there_is_taken_again(admin_client):
    ExpertiseArea.objects.create(slug="law", name="Law")
    study = draft()

    send(admin_client, study, "asked", min_cell_size="5", new_areas="law\nLaw")

    assert study.expertise_areas.get().slug == "law"


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("consensus_percent", "40", "more than 50"),
        ("combination_limit", "3", "A limit needs the question"),
        ("new_areas", "???", "Further areas"),
        ("items_per_expert", "0", "items_per_expert"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_saved(
    admin_client,
    field,
    value,
    error,
):
    study = draft()

    shown = send(
        admin_client,
        study,
        "asked",
        **{"min_cell_size": "7", field: value},
    )

    study.refresh_from_db()
    assert error in shown
    assert study.min_cell_size == 5


def test_risk_areas_are_chosen(admin_client):
    area = RiskArea.objects.create(
        slug="cbrn",
        name="CBRN",
        definition="Weapons.",
    )
    study = draft()

    send(admin_client, study, "asked", min_cell_size="5", risk_areas=area.pk)

    assert study.risk_areas.get() == area


@pytest.mark.parametrize(
    "name",
    ["about", "measures", "wording", "questions", "asked", "consent"],
)
def test_nothing_is_changed_once_the_study_is_open(admin_client, name):
    study = make_study()
    item = study.items.first()
    rounds.open_round(study=study)
    data = {
        "label": "B",
        "title": "B",
        "method": "B",
        "limits": "B",
        "consent_text": "B",
        "min_cell_size": "2",
        "shown": item.pk if name == "wording" else item.mitigation.accession,
        f"item-{item.pk}-wording": "B",
        f"item-{item.pk}-position": "9",
        **question(),
    }

    shown = send(admin_client, study, name, **data)

    before = (study.label, study.consent_text, study.min_cell_size)
    study.refresh_from_db()
    assert "can no longer be changed" in shown
    assert (study.label, study.consent_text, study.min_cell_size) == before
    assert (study.items.count(), study.criteria.count()) == (3, 1)
    assert study.items.first().wording == item.mitigation.description


def test_the_first_round_needs_its_box_ticked(admin_client):
    study = make_study()

    assert "cannot be undone" in send(admin_client, study, "open")
    assert not study.rounds.exists()


def test_an_unknown_step_is_not_found(admin_client):
    assert admin_client.get(step(draft(), "nonsense")).status_code == 404


def test_a_lead_who_may_not_add_studies_begins_none(client):
    client.force_login(make_lead("change_study"))

    assert client.get(reverse("admin:surveys_study_new")).status_code == 403


def test_a_lead_who_may_add_studies_begins_one(client):
    client.force_login(make_lead("change_study", "add_study"))

    assert client.get(reverse("admin:surveys_study_new")).status_code == 200


def test_a_stranger_begins_no_study(client):
    assert client.get(reverse("admin:surveys_study_new")).status_code == 302


@pytest.mark.parametrize(
    "name",
    ["about", "measures", "wording", "questions", "asked", "consent", "open"],
)
def test_a_step_takes_the_same_queries_for_any_number_of_measures(
    admin_client,
    name,
    django_assert_max_num_queries,
    django_assert_num_queries,
):
    few, many = make_study(items=1), make_study(items=4)
    admin_client.get(
        step(few, name),
    )  # what is read once and kept is not counted
    with django_assert_max_num_queries(60) as taken:
        admin_client.get(step(few, name))

    with django_assert_num_queries(len(taken.captured_queries)):
        admin_client.get(step(many, name))


# Preview


def preview(study, part=""):
    return reverse("admin:surveys_study_preview", args=[study.pk]) + part


def test_the_preview_shows_what_an_expert_sees_and_leads_on_within_itself(
    admin_client,
):
    study = make_study(items=2)
    Item.objects.filter(study=study, position=0).update(wording="Do it well.")

    welcome = admin_client.get(preview(study)).content.decode()
    first = admin_client.get(preview(study, "1/")).content.decode()
    review = admin_client.get(preview(study, "review/")).content.decode()

    assert study.consent_text in welcome
    assert "Do it well." in first
    assert "Should it be done?" in first
    assert "Your answers so far" in review
    assert all(
        "Nothing you enter here is kept." in page
        for page in (welcome, first, review)
    )
    assert "/answer/" not in welcome + first + review


def test_a_survey_that_ran_elsewhere_is_looked_at_as_if_it_ran_here(
    admin_client,
):
    study = make_study(ran_elsewhere=True)

    welcome = admin_client.get(preview(study))

    study.refresh_from_db()
    assert "Your answers are anonymous." in welcome.content.decode()
    assert (study.ran_elsewhere, study.invites_people) == (True, False)


def test_the_preview_is_walked_through_and_keeps_nothing(admin_client):
    study = make_study(items=2)

    begun = admin_client.post(preview(study), {"consent": "yes"})
    first = admin_client.post(
        preview(study, "1/"),
        {"do": "a", "remark": "Costly.", "go": "on"},
    )
    last = admin_client.post(preview(study, "2/"), {"do": "a", "go": "on"})

    assert [answer["Location"] for answer in (begun, first, last)] == [
        preview(study, "1/"),
        preview(study, "2/"),
        preview(study, "review/"),
    ]
    study.refresh_from_db()
    assert study.status == Study.Status.DRAFT
    assert (
        Response.objects.count(),
        Invitation.objects.count(),
        Round.objects.count(),
    ) == (
        0,
        0,
        0,
    )
    assert importable(study) == ""


def test_the_preview_is_walked_through_with_javascript_to_its_end(
    admin_client,
):
    study = make_study(items=2)
    with_script = {"HX-Request": "true"}

    kept = admin_client.post(
        preview(study, "1/"),
        {"was-do": "", "do": "a"},
        headers=with_script,
    )
    shown = re.findall(
        r'name="was-(\w+)" value="(\w*)"',
        kept.content.decode(),
    )
    again = {
        **{f"was-{name}": value for name, value in shown},
        "do": "a",
        "remark": "Costly.",
        "go": "on",
    }
    second = admin_client.post(
        preview(study, "1/"),
        again,
        headers=with_script,
    )
    last = admin_client.post(
        preview(study, "2/"),
        {"was-do": "", "go": "review"},
        headers=with_script,
    )
    end = admin_client.post(preview(study, "review/"))

    assert second["HX-Redirect"] == preview(study, "2/")
    assert last["HX-Redirect"] == preview(study, "review/")
    assert "your answers are in" in end.content.decode()
    assert not Answer.objects.exists()


def test_the_preview_says_what_the_real_page_says_without_consent(
    admin_client,
):
    answer = admin_client.post(preview(make_study()), {})

    assert answer.status_code == 400
    assert "Tick the box to take part." in answer.content.decode()


def test_the_list_of_studies_leads_to_setting_up_and_running(admin_client):
    draft_study, open_study = make_study(), make_study()
    rounds.open_round(study=open_study)

    shown = admin_client.get(
        reverse("admin:surveys_study_changelist"),
    ).content.decode()

    for address in (
        reverse("admin:surveys_study_new"),
        reverse("admin:surveys_study_work", args=[draft_study.pk]),
        reverse("admin:surveys_study_work", args=[open_study.pk]),
    ):
        assert f'href="{address}"' in shown


def test_what_has_no_latin_letters_gets_a_key_all_the_same():
    study = draft()

    [area] = designing.add_expertise(["安全"])

    assert area.slug.startswith("area-")
    assert designing.free_slug(study, "有效") == "criterion"
    assert designing.free_slug(study, "Эффективность") == "effektivnost"
