"""Deleting in the admin: what keeps a record, and why it goes."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission, User

from catalogue.models import Category, Document, Mitigation, Provision
from tests.catalogue.admin.test_admin import page_of
from tests.factories import (
    ActorFactory,
    ClassificationFactory,
    DocumentFactory,
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("ada"))
    return client


def delete(client, record, **data):
    """Confirms that it is deleted. Gives the page that follows."""
    address = page_of(record._meta.model_name, "delete", record.pk)
    return client.post(address, {"post": "yes", **data}, follow=True)


def delete_ticked(client, records, **data):
    ticked = {ACTION_CHECKBOX_NAME: [one.pk for one in records]}
    address = page_of(records[0]._meta.model_name)
    sent = {"action": "delete_selected", **ticked, **data}
    return client.post(address, sent, follow=True).content.decode()


def mapped():
    mapping = ProvisionMappingFactory()
    return mapping.provision, f"{mapping.source} is mapped to"


def law_that_is_mapped():
    mapping = ProvisionMappingFactory()
    return mapping.provision.instrument, f"{mapping.source} is mapped to"


def wider_provision():
    part = ProvisionFactory(code="Article 5(1)")
    part.parent = ProvisionFactory(instrument=part.instrument)
    part.save()
    return part.parent, "Article 5(1)"


def law_that_replaced():
    old = InstrumentFactory(
        short_title="Old Act",
        replaced_by=InstrumentFactory(),
    )
    return old.replaced_by, "Old Act"


def document_with_a_mitigation():
    mitigation = MitigationFactory()
    return mitigation.document, mitigation.accession


def term_of_a_mitigation():
    mitigation = MitigationFactory()
    actor = ActorFactory()
    mitigation.actors.add(actor)
    return actor, mitigation.accession


def category_with_a_classification():
    classification = ClassificationFactory()
    return classification.category, "Classification"


@pytest.mark.parametrize(
    "make",
    [
        mapped,
        law_that_is_mapped,
        wider_provision,
        law_that_replaced,
        document_with_a_mitigation,
        term_of_a_mitigation,
        category_with_a_classification,
    ],
)
def test_what_keeps_a_record_is_named_where_it_is_to_be_deleted(boss, make):
    record, named = make()

    page = delete(boss, record, reason="No more").content.decode()

    assert "Lead these elsewhere, or delete them, first" in page
    assert named in page
    assert "permission" not in page
    assert type(record).objects.filter(pk=record.pk).exists()


def test_a_mapping_in_the_way_leads_to_the_form_of_its_measure(boss):
    mapping = ProvisionMappingFactory()
    form = page_of("mitigation", "change", mapping.source_id)

    page = boss.get(page_of("provision", "delete", mapping.provision_id))

    assert f'href="{form}#mappings_from-group"' in page.content.decode()


def test_a_form_has_the_way_to_what_keeps_its_record(boss):
    provision = ProvisionMappingFactory().provision

    page = boss.get(page_of("provision", "change", provision.pk))

    address = page_of("provision", "delete", provision.pk)
    assert address in page.content.decode()


def test_of_many_in_the_way_some_are_named_and_the_rest_counted(boss):
    document = DocumentFactory()
    MitigationFactory.create_batch(22, document=document)

    page = boss.get(page_of("document", "delete", document.pk))

    assert "and 2 more" in page.content.decode()


def test_the_list_names_what_keeps_one_of_those_ticked(boss):
    mapping = ProvisionMappingFactory()
    free = ProvisionFactory(instrument=mapping.provision.instrument)

    page = delete_ticked(boss, [free, mapping.provision], post="yes")

    assert f"{mapping.source} is mapped to" in page
    assert Provision.objects.count() == 2


def test_who_may_not_delete_is_told_so(client):
    staff = User.objects.create_user("bo", is_staff=True)
    staff.user_permissions.add(
        Permission.objects.get(codename="view_provision"),
    )
    client.force_login(staff)

    assert delete(client, ProvisionFactory()).status_code == 403


def test_what_is_mapped_meanwhile_stays(boss, monkeypatch):
    provision = ProvisionFactory()
    admin_of_provisions = "catalogue.admin.instrument.ProvisionAdmin"

    def mapped_meanwhile(self, request, queryset):
        ProvisionMappingFactory(provision=provision)

    monkeypatch.setattr(
        f"{admin_of_provisions}.log_deletions",
        mapped_meanwhile,
    )

    assert delete(boss, provision, reason="No more").status_code == 403
    assert Provision.objects.filter(pk=provision.pk).exists()


# Why


def test_a_provision_is_deleted_with_a_reason_that_its_history_keeps(boss):
    provision = ProvisionFactory()

    asked = delete(boss, provision)
    assert "Say why it is deleted" in asked.content.decode()
    assert Provision.objects.exists()

    delete(boss, provision, reason="It was struck out.")
    assert not Provision.objects.exists()
    last = Provision.history.first()
    assert (last.history_type, last.history_change_reason) == (
        "-",
        "It was struck out.",
    )


def test_readers_see_why_a_provision_is_gone(boss):
    law = InstrumentFactory()
    provision = ProvisionFactory(instrument=law, code="Section 5")

    delete(boss, provision, reason="It was struck out.")

    page = boss.get(law.get_absolute_url()).content.decode()
    assert "Section 5 no longer listed" in page
    assert "It was struck out." in page


def test_several_are_deleted_with_one_reason(boss):
    documents = DocumentFactory.create_batch(2)

    asked = delete_ticked(boss, documents, post="yes")
    assert "Say why it is deleted" in asked
    assert Document.objects.count() == 2

    delete_ticked(boss, documents, post="yes", reason="Copies")
    assert not Document.objects.exists()
    reasons = Document.history.filter(history_type="-").values_list(
        "history_change_reason",
        flat=True,
    )
    assert [*reasons] == ["Copies", "Copies"]


def test_a_draft_is_deleted_without_a_reason(boss):
    draft = MitigationFactory(status="draft")

    delete(boss, draft)

    assert not Mitigation.objects.exists()


def test_a_mapping_of_a_draft_is_deleted_without_a_reason(boss):
    mapping = MappingFactory(source__status="draft")

    page = boss.get(page_of("mapping", "delete", mapping.pk))

    assert 'name="reason"' not in page.content.decode()


def test_an_empty_category_is_deleted_from_the_list(boss):
    classification = ClassificationFactory()
    category = classification.category
    classification.delete()

    delete_ticked(boss, [category], post="yes", reason="Empty")

    assert not Category.objects.filter(pk=category.pk).exists()
