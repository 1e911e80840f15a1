"""Laws, codes and standards in the admin, and mappings to their provisions."""

from datetime import date

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import RequestFactory
from django.urls import reverse

from catalogue.accounts.groups import CURATOR
from catalogue.admin.days import TypedDayField
from catalogue.models import Instrument, Mapping, Provision
from tests.catalogue.admin.test_admin import (
    change,
    errors,
    form_data,
    page_of,
)
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def curator(client):
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name=CURATOR))
    client.force_login(user)
    return client


INSTRUMENT = {
    "title": "Artificial Intelligence Act",
    "short_title": "EU AI Act",
    "slug": "eu-ai-act",
    "issuer": "European Union",
    "kind": "law",
    "status_note": "In force.",
    "published": "2024-07-12",
    "in_force_on": "2024-08-01",
    "url": "https://example.org/act",
    "position": "1",
}


def test_a_curator_adds_a_law_and_what_it_asks_for(curator):
    added = curator.post(page_of("instrument", "add"), INSTRUMENT)
    assert errors(added) == ""
    law = Instrument.objects.get()

    added = curator.post(
        page_of("provision", "add"),
        {
            "instrument": law.pk,
            "code": "Article 9",
            "name": "Risk management system",
            "applies_from": "2027-12-02",
            "position": "1",
        },
    )

    assert errors(added) == ""
    assert Provision.objects.get().instrument == law
    page = curator.get(page_of("instrument")).content.decode()
    assert f"instrument__id__exact={law.pk}" in page


def test_a_form_refuses_what_the_database_would(curator):
    answer = curator.post(
        page_of("instrument", "add"),
        {**INSTRUMENT, "kind": "code", "published": "July 2024"},
    )

    assert "Give a day such as" in errors(answer)
    answer = curator.post(
        page_of("instrument", "add"),
        {**INSTRUMENT, "kind": "code"},
    )
    assert "Only a law is in force from a day" in errors(answer)


def test_the_history_of_a_provision_has_each_change(curator):
    provision = ProvisionFactory(name="Risk management")

    change(
        curator,
        provision,
        name="Risk management system",
        reason="Its title",
    )

    page = curator.get(page_of("provision", "history", provision.pk))
    assert "Its title" in page.content.decode()
    assert "Risk management system" in page.content.decode()


def test_a_provision_is_found_by_its_id_for_a_mapping(curator):
    # With a slug of its own: that of the factory may hold a 9 too.
    instrument = InstrumentFactory(short_title="EU AI Act", slug="eu-ai-act")
    provision = ProvisionFactory(instrument=instrument, code="Article 9")
    ProvisionFactory(instrument=instrument, code="Article 15", name="Tests")

    answer = curator.get(
        reverse("admin:autocomplete"),
        {
            "app_label": "catalogue",
            "model_name": "mapping",
            "field_name": "provision",
            "term": "eu article 9",
        },
    )

    [found] = answer.json()["results"]
    assert found["id"] == str(provision.pk)
    assert found["text"].startswith("EU AI Act, Article 9: ")


def test_a_draft_is_mapped_to_a_provision_in_its_own_form(curator):
    mitigation = MitigationFactory(status="draft")
    provision = ProvisionFactory()
    address = page_of("mitigation", "change", mitigation.pk)
    data = form_data(curator.get(address))

    answer = curator.post(
        address,
        {
            **data,
            "instruments_checked_on": "2026-11-30",
            "mappings_from-TOTAL_FORMS": "1",
            "mappings_from-0-relation": "broadMatch",
            "mappings_from-0-provision": provision.pk,
            "mappings_from-0-force": "requires",
            "mappings_from-0-confidence": "high",
            "mappings_from-0-asserted_by": "Ada",
            "mappings_from-0-note": "It asks for the same.",
        },
    )

    assert errors(answer) == ""
    mapping = Mapping.objects.get()
    assert (mapping.provision, mapping.force) == (provision, "requires")
    mitigation.refresh_from_db()
    assert str(mitigation.instruments_checked_on) == "2026-11-30"


def test_a_change_of_what_readers_see_waits_for_a_reviewer(curator):
    mitigation = MitigationFactory()
    mapping = ProvisionMappingFactory(source=mitigation)

    answer = change(
        curator,
        mitigation,
        **{"mappings_from-0-force": "suggests"},
        reason="A code that nobody signs",
        _submit="1",
    )

    assert errors(answer) == ""
    mapping.refresh_from_db()
    assert mapping.force == "requires"
    [proposal] = mitigation.proposals.all()
    parts = proposal.values["parts"]["mapping"]
    assert parts[str(mapping.pk)]["force"] == "suggests"


def test_two_mappings_to_one_provision_are_refused(curator):
    mitigation = MitigationFactory(status="draft")
    mapping = ProvisionMappingFactory(source=mitigation)
    address = page_of("mitigation", "change", mitigation.pk)
    data = form_data(curator.get(address))

    answer = curator.post(
        address,
        {
            **data,
            "mappings_from-TOTAL_FORMS": "2",
            "mappings_from-1-relation": "closeMatch",
            "mappings_from-1-provision": mapping.provision_id,
            "mappings_from-1-asserted_by": "Ada",
        },
    )

    assert "is mapped here twice" in errors(answer)


def test_the_day_of_a_law_is_changed_with_a_reason(curator):
    law = InstrumentFactory(**{**INSTRUMENT, "position": 1})
    page = page_of("instrument", "change", law.pk)
    data = {**form_data(curator.get(page)), "in_force_on": "2024-09-01"}

    refused = curator.post(page, {**data, "reason": ""})
    assert "Say why the day is changed" in errors(refused)

    curator.post(page, {**data, "reason": "It was put off."})
    law.refresh_from_db()
    assert str(law.in_force_on) == "2024-09-01"


# Days


@pytest.mark.parametrize("typed", ["3/1/2027", "8/20/2027", "01/03/2027"])
def test_a_day_that_could_be_another_is_refused_with_the_order(curator, typed):
    provision = ProvisionFactory()

    refused = change(curator, provision, applies_from=typed)

    assert "Give the day as year, month and day" in errors(refused)
    provision.refresh_from_db()
    assert provision.applies_from is None


def test_a_form_shows_days_and_their_order_as_it_takes_them(curator):
    law = InstrumentFactory(in_force_on=date(2027, 3, 1), kind="law")

    page = curator.get(page_of("instrument", "change", law.pk))

    form = page.context["adminform"].form
    assert 'value="2027-03-01"' in str(form["in_force_on"])
    assert "such as 2027-03-01" in form.fields["in_force_on"].help_text


def test_every_field_for_a_day_in_the_admin_takes_one_order():
    """Also of models that are added: what a calendar writes into a field is its first format."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    fields = []
    for model, its_admin in admin.site._registry.items():
        form = its_admin.get_form(request)
        fields += [
            (model.__name__, field)
            for field in form.base_fields.values()
            if isinstance(field, forms.DateField)
        ]

    assert {name for name, _ in fields} >= {"Instrument", "Provision"}
    for name, field in fields:
        assert isinstance(field, TypedDayField), name
        assert [*field.input_formats] == ["%Y-%m-%d"], name
