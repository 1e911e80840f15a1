"""Curation in the admin: what a curator sees, changes, is told, and can take back."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from catalogue.curation import history
from catalogue.models import (
    Category,
    Classification,
    ImportBatch,
    Mapping,
    Mitigation,
)
from tests.factories import (
    ActorFactory,
    AuthorFactory,
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

LISTS = [
    "mitigation",
    "mapping",
    "category",
    "taxonomy",
    "lifecyclephase",
    "actor",
    "document",
    "synonym",
    "instrument",
    "provision",
    "notcovered",
]


def page_of(model, page="changelist", *args):
    return reverse(f"admin:catalogue_{model}_{page}", args=args)


@pytest.fixture
def curator(client):
    user = User.objects.create_user("ada", is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


def form_data(page) -> dict:
    """What a browser would send from the form of `page` as it stands."""
    form = page.context["adminform"].form
    formsets = [
        inline.formset for inline in page.context["inline_admin_formsets"]
    ]
    data = {}
    for one in [
        form,
        *(f for s in formsets for f in [s.management_form, *s.forms]),
    ]:
        for bound in one:
            value = bound.value()
            if value is not None and value is not False:
                values = value if isinstance(value, list) else [value]
                data[bound.html_name] = (
                    [str(getattr(v, "pk", v)) for v in values]
                    if value != []
                    else []
                )
    return data


def change(client, record, **changes):
    """Opens the record's form, changes fields, and sends it. Gives the answer."""
    address = page_of(record._meta.model_name, "change", record.pk)
    return client.post(address, {**form_data(client.get(address)), **changes})


def errors(answer) -> str:
    return " ".join(
        re.findall(
            r'class="error(?:list|note)[^>]*>(.*?)</(?:ul|p)>',
            answer.content.decode(),
            re.DOTALL,
        ),
    )


# Who may


@pytest.mark.parametrize("model", LISTS)
def test_strangers_and_staff_without_permission_see_nothing(client, model):
    assert client.get(page_of(model)).status_code == 302  # to the log-in

    client.force_login(User.objects.create_user("bo", is_staff=True))
    assert client.get(page_of(model)).status_code == 403


def test_a_viewer_may_read_the_history_and_not_restore(client):
    mitigation = MitigationFactory()
    viewer = User.objects.create_user("cy", is_staff=True)
    viewer.user_permissions.add(
        Permission.objects.get(codename="view_mitigation"),
    )
    client.force_login(viewer)
    record = mitigation.history.first()

    answer = client.get(page_of("mitigation", "history", mitigation.pk))
    refused = client.get(
        page_of(
            "mitigation",
            "restore",
            mitigation.pk,
            "mitigation",
            record.history_id,
        ),
    )

    assert (answer.status_code, refused.status_code) == (200, 403)
    assert b"Restore" not in answer.content


# Lists


@pytest.mark.parametrize("model", LISTS)
@pytest.mark.parametrize("path", ["", "?q=a"])
def test_lists_take_the_same_queries_for_any_number_of_rows(
    curator,
    model,
    path,
    django_assert_max_num_queries,
):
    (
        ClassificationFactory(),
        MappingFactory(),
        ProvisionMappingFactory(),
        ActorFactory(),
        LifecyclePhaseFactory(),
    )
    with django_assert_max_num_queries(30) as few:
        curator.get(page_of(model) + path)
    for _ in range(3):
        (
            ClassificationFactory(),
            MappingFactory(),
            ProvisionMappingFactory(),
            ActorFactory(),
            LifecyclePhaseFactory(),
        )

    with django_assert_max_num_queries(len(few)):
        curator.get(page_of(model) + path)


@pytest.mark.parametrize("model", LISTS)
def test_lists_count_what_each_filter_would_leave(curator, model):
    ClassificationFactory(), MappingFactory()
    ImportBatch.objects.create(
        kind="mitigations",
        size=1,
        state="committed",
        committed_at=timezone.now(),
    )

    assert curator.get(f"{page_of(model)}?_facets=True").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["?document=99999999999999999999", "?id__in=99999999999999999999"],
)
def test_a_number_larger_than_any_is_no_fault_of_the_site(curator, query):
    """SQLite cannot look for it, PostgreSQL finds nothing."""
    assert curator.get(page_of("mitigation") + query).status_code in (200, 400)


@pytest.mark.parametrize("ticked", ["abc", "\x00", "9" * 30])
def test_what_is_no_row_cannot_be_ticked(curator, ticked):
    answer = curator.post(
        page_of("mitigation"),
        {"action": "edit_in_bulk", "_selected_action": ticked},
    )

    assert answer.status_code == 400


def listed(client, query):
    page = client.get(page_of("mitigation") + query)
    assert page.status_code == 200
    return {row.name for row in page.context["cl"].result_list}


def test_mitigations_are_found_by_accession_name_and_foreign_identifier(
    curator,
):
    MitigationFactory(name="Other")
    one = ExternalIdentifierFactory(
        value="AML.M0004",
        mitigation__name="Rate limits",
    ).mitigation

    assert listed(curator, f"?q={one.accession}") == {"Rate limits"}
    assert listed(curator, "?q=rate") == {"Rate limits"}
    assert listed(curator, "?q=aml.m0004") == {"Rate limits"}


def test_the_filter_by_category_takes_in_what_lies_below(curator):
    default = TaxonomyFactory(is_default=True)
    top = CategoryFactory(taxonomy=default, code="2")
    below = CategoryFactory(taxonomy=default, code="2.1", parent=top)
    ClassificationFactory(category=below, mitigation__name="Filed")
    MitigationFactory(name="Unfiled")

    assert listed(curator, "?category=2") == {"Filed"}


@pytest.mark.parametrize("gap", Mitigation.GAPS)
def test_what_lacks_something_is_found(curator, gap):
    complete = MitigationFactory(name="Complete")
    complete.phases.add(LifecyclePhaseFactory())
    complete.actors.add(ActorFactory())
    from tests.factories import RiskManagementFunctionFactory

    complete.functions.add(RiskManagementFunctionFactory())
    ClassificationFactory(
        mitigation=complete,
        category__taxonomy=TaxonomyFactory(is_default=True),
    )
    ClassificationFactory(
        mitigation=complete,
        category__taxonomy=TaxonomyFactory(kind="risks"),
    )
    MitigationFactory(name="Bare")

    assert listed(curator, f"?lacks={gap}") == {"Bare"}


# The form


def test_a_new_mitigation_gets_the_next_accession(curator):
    document = DocumentFactory()
    before = MitigationFactory()
    address = page_of("mitigation", "add")
    data = {
        **form_data(curator.get(address)),
        "name": "New",
        "description": "What it does.",
        "document": document.pk,
    }

    answer = curator.post(address, data)

    assert answer.status_code == 302, errors(answer)
    assert Mitigation.objects.get(name="New").accession > before.accession


def test_no_field_can_change_an_accession(curator):
    mitigation = MitigationFactory()
    accession = mitigation.accession

    change(curator, mitigation, accession="M9999", name="Renamed")

    mitigation.refresh_from_db()
    assert (mitigation.accession, mitigation.name) == (accession, "Renamed")


def test_a_description_that_repeats_the_name_is_refused_in_words(curator):
    mitigation = MitigationFactory()

    answer = change(curator, mitigation, description=mitigation.name)

    assert "Describe the mitigation in other words than its name." in errors(
        answer,
    )


def test_two_primary_places_in_a_taxonomy_are_refused_in_words(curator):
    one = ClassificationFactory(is_primary=True)
    ClassificationFactory(
        mitigation=one.mitigation,
        is_primary=False,
        category=CategoryFactory(taxonomy=one.taxonomy, code="9"),
    )
    both = {f"classifications-{n}-is_primary": "on" for n in range(2)}

    answer = change(curator, one.mitigation, **both)

    assert "is primary: untick one" in errors(answer)
    assert Classification.objects.filter(is_primary=True).count() == 1


def test_the_primary_place_can_move_in_one_save(curator):
    one = ClassificationFactory(is_primary=True, category__code="8")
    other = ClassificationFactory(
        mitigation=one.mitigation,
        is_primary=False,
        category=CategoryFactory(taxonomy=one.taxonomy, code="9"),
    )
    page = curator.get(page_of("mitigation", "change", one.mitigation.pk))
    data = form_data(page)
    places = {
        f.instance.pk: f.prefix
        for f in page.context["inline_admin_formsets"][0].formset.forms
        if f.instance.pk
    }
    data.pop(f"{places[one.pk]}-is_primary")
    data[f"{places[other.pk]}-is_primary"] = "on"

    answer = curator.post(
        page_of("mitigation", "change", one.mitigation.pk),
        data,
    )

    assert answer.status_code == 302, errors(answer)
    assert Classification.objects.get(is_primary=True) == other


def test_a_mapping_that_exists_the_other_way_round_is_refused_in_words(
    curator,
):
    mapping = MappingFactory()
    address = page_of("mapping", "add")
    data = {
        "source": mapping.target_id,
        "target": mapping.source_id,
        "relation": "exactMatch",
        "asserted_by": "Ada",
    }

    answer = curator.post(address, data)

    assert "mapped already" in errors(answer)
    assert Mapping.objects.count() == 1


def test_a_code_without_its_parent_is_refused_in_words(curator):
    taxonomy = TaxonomyFactory()
    data = {
        "taxonomy": taxonomy.pk,
        "code": "4.1",
        "name": "Name",
        "definition": "Text",
    }

    answer = curator.post(page_of("category", "add"), data)

    assert "There is no category 4 in this taxonomy: add it first." in errors(
        answer,
    )
    assert not Category.objects.exists()


def test_an_author_is_refused_both_a_name_and_an_organisation(curator):
    author = AuthorFactory(family="Lovelace", given="Ada", organisation="")

    answer = change(
        curator,
        author.document,
        **{"authors-0-organisation": "The Society"},
    )

    assert "Give a family name, or an organisation, and not both." in errors(
        answer,
    )


def test_a_form_that_was_overtaken_writes_nothing_over(curator):
    mitigation = MitigationFactory(name="First")
    address = page_of("mitigation", "change", mitigation.pk)
    stale = form_data(curator.get(address))
    ClassificationFactory(mitigation=mitigation)  # somebody else, meanwhile

    answer = curator.post(address, {**stale, "name": "Late"})

    assert "after you had opened it" in answer.content.decode()
    mitigation.refresh_from_db()
    assert mitigation.name == "First"


@pytest.mark.parametrize(
    ("status", "may_delete"),
    [("draft", 200), ("published", 403)],
)
def test_only_a_draft_can_be_deleted(curator, status, may_delete):
    mitigation = MitigationFactory(status=status)

    assert (
        curator.get(page_of("mitigation", "delete", mitigation.pk)).status_code
        == may_delete
    )


@pytest.mark.parametrize(
    ("status", "is_linked"),
    [("draft", False), ("published", True)],
)
def test_the_form_links_to_the_public_page_where_there_is_one(
    curator,
    status,
    is_linked,
):
    mitigation = MitigationFactory(status=status)

    page = curator.get(
        page_of("mitigation", "change", mitigation.pk),
    ).content.decode()

    assert (f'href="{mitigation.get_absolute_url()}"' in page) == is_linked


def test_autocomplete_says_which_taxonomy_a_category_stands_in(curator):
    category = CategoryFactory(
        code="2",
        name="Second",
        taxonomy__short_title="Risk domains",
    )
    query = {
        "term": "2",
        "app_label": "catalogue",
        "model_name": "classification",
        "field_name": "category",
    }

    answer = curator.get(reverse("admin:autocomplete"), query).json()

    assert (
        [row["text"] for row in answer["results"]]
        == [category.full_label]
        == ["2 Second (Risk domains)"]
    )


# History


def test_the_history_says_who_changed_what_from_what_to_what(curator):
    mitigation = MitigationFactory(name="Old name")
    change(curator, mitigation, name="New name")

    entry = history.timeline(mitigation)[0]
    page = curator.get(
        page_of("mitigation", "history", mitigation.pk),
    ).content.decode()

    assert entry.changes == [
        {"field": "Name", "old": "Old name", "new": "New name"},
    ]
    assert "ada" in page
    assert "Old name" in page


def test_the_history_of_a_mitigation_has_that_of_its_classifications(curator):
    placed = ClassificationFactory(rationale="For one reason.")
    Classification.objects.get(pk=placed.pk).delete()

    entries = history.timeline(placed.mitigation)

    assert [(e.kind, e.verb) for e in entries[:2]] == [
        ("classification", "removed"),
        ("classification", "added"),
    ]


def restore(client, mitigation, entry, reason="A slip."):
    address = page_of(
        "mitigation",
        "restore",
        mitigation.pk,
        entry.kind,
        entry.record.history_id,
    )
    return client.post(address, {"reason": reason})


def test_a_version_is_restored_with_its_phases(curator):
    phase, other = LifecyclePhaseFactory(), LifecyclePhaseFactory()
    mitigation = MitigationFactory(name="As it was")
    mitigation.phases.set([phase])
    then = history.timeline(mitigation)[0]
    mitigation.name = "Spoilt"
    mitigation.save()
    mitigation.phases.set([other])

    restore(curator, mitigation, then)

    mitigation.refresh_from_db()
    assert (mitigation.name, list(mitigation.phases.all())) == (
        "As it was",
        [phase],
    )
    assert mitigation.history.first().history_change_reason == "A slip."


def test_a_removed_classification_is_brought_back(curator):
    placed = ClassificationFactory(rationale="For one reason.")
    mitigation = placed.mitigation
    placed.delete()

    restore(curator, mitigation, history.timeline(mitigation)[0])

    assert mitigation.classifications.get().rationale == "For one reason."


def test_what_no_longer_fits_is_not_restored_and_the_page_says_why(curator):
    placed = ClassificationFactory(is_primary=True)
    mitigation = placed.mitigation
    placed.delete()
    removed = history.timeline(mitigation)[0]
    ClassificationFactory(
        mitigation=mitigation,
        is_primary=True,
        category=CategoryFactory(taxonomy=placed.taxonomy, code="9"),
    )

    answer = restore(curator, mitigation, removed)

    assert "already has a primary classification" in errors(answer)
    assert mitigation.classifications.count() == 1


def test_restoring_asks_for_a_reason(curator):
    mitigation = MitigationFactory(name="One")
    then = history.timeline(mitigation)[0]
    Mitigation.objects.get(pk=mitigation.pk).save()

    answer = restore(curator, mitigation, then, reason=" ")

    assert "Say why" in errors(answer)


def test_history_takes_the_same_queries_for_any_number_of_changes(
    curator,
    django_assert_max_num_queries,
):
    mitigation = MitigationFactory()
    address = page_of("mitigation", "history", mitigation.pk)
    with django_assert_max_num_queries(30) as few:
        curator.get(address)
    for number in range(5):
        mitigation.name = f"Name {number}"
        mitigation.save()

    with django_assert_max_num_queries(len(few) + 1):
        curator.get(address)


# In bulk


def bulk(client, mitigations, **data):
    chosen = {
        "action": "edit_in_bulk",
        "_selected_action": [m.pk for m in mitigations],
    }
    return client.post(page_of("mitigation"), {**chosen, **data})


def test_a_bulk_edit_shows_first_and_writes_only_when_told(curator):
    phase = LifecyclePhaseFactory()
    one, other, untouched = (
        MitigationFactory(),
        MitigationFactory(),
        MitigationFactory(),
    )
    other.phases.add(phase)
    edit = {"add_phases": [phase.pk], "reason": "Agreed on Monday."}

    shown = bulk(curator, [one, other], **edit, preview="1")
    assert [m.pk for m in shown.context["result"].changed] == [one.pk]
    assert not one.phases.exists()

    bulk(curator, [one, other], **edit, apply="1")
    assert list(one.phases.all()) == [phase]
    assert not untouched.phases.exists()
    assert one.history.first().history_change_reason == "Agreed on Monday."
    assert one.history.first().history_user.username == "ada"


def test_a_bulk_edit_changes_status_preliminary_and_takes_terms_off(curator):
    actor = ActorFactory()
    mitigation = MitigationFactory(status="draft")
    mitigation.actors.add(actor)
    edit = {
        "remove_actors": [actor.pk],
        "is_preliminary": "true",
        "status": "published",
        "reason": "Checked.",
    }

    bulk(curator, [mitigation], **edit, apply="1")

    mitigation.refresh_from_db()
    assert (
        mitigation.status,
        mitigation.is_preliminary,
        mitigation.actors.count(),
    ) == (
        "published",
        True,
        0,
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"reason": "Why"}, "Choose what to change."),
        ({"status": "in_review", "reason": ""}, "required"),
    ],
)
def test_a_bulk_edit_asks_for_what_is_missing(curator, data, said):
    mitigation = MitigationFactory(status="published")

    answer = bulk(curator, [mitigation], **data, apply="1")

    assert said in errors(answer)
    mitigation.refresh_from_db()
    assert mitigation.status == "published"


def test_a_form_that_is_sent_twice_makes_one_record(curator):
    address = page_of("mitigation", "add")
    given = {
        "name": " Rate limits",
        "description": "It limits\r\nrates.",
        "document": str(DocumentFactory().pk),
        "position": "0",
    }
    form = {**form_data(curator.get(address)), **given}

    first, second = (
        curator.post(address, form),
        curator.post(address, form, follow=True),
    )

    assert first.status_code == 302
    [made] = Mitigation.objects.all()
    assert second.redirect_chain == [
        (page_of("mitigation", "change", made.pk), 302),
    ]
    assert "sent twice" in second.content.decode()


def test_a_form_that_comes_back_with_more_in_it_is_no_second_click(curator):
    address, phase = page_of("mitigation", "add"), LifecyclePhaseFactory()
    given = {
        "name": "Rate limits",
        "description": "It limits.",
        "document": str(DocumentFactory().pk),
        "position": "0",
    }
    form = {**form_data(curator.get(address)), **given}

    curator.post(address, form)
    curator.post(address, {**form, "phases": [str(phase.pk)]})

    assert [
        one.phases.count() for one in Mitigation.objects.order_by("pk")
    ] == [0, 1]


def test_another_record_of_the_same_name_can_be_added(curator):
    address, document = page_of("mitigation", "add"), str(DocumentFactory().pk)
    for description in ("It limits rates.", "It limits them otherwise."):
        given = {
            "name": "Rate limits",
            "description": description,
            "document": document,
            "position": "0",
        }
        assert (
            curator.post(
                address,
                {**form_data(curator.get(address)), **given},
            ).status_code
            == 302
        )

    assert Mitigation.objects.count() == 2


def test_what_a_name_is_sorted_by_is_no_change_that_the_history_tells(curator):
    mitigation = MitigationFactory(name="Old name")
    mitigation.name = "New name"
    mitigation.save()

    page = curator.get(
        page_of("mitigation", "history", mitigation.pk),
    ).content.decode()

    assert "New name" in page
    assert "sort name" not in page.lower()
