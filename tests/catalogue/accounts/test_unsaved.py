"""What a curator typed is not lost where they were signed out, or signed in anew, before they
sent it.
"""

import pytest
from django.test import Client
from django.urls import reverse

from tests.catalogue.admin.test_admin import form_data
from tests.factories import DocumentFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def ada():
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def document():
    return DocumentFactory(title="As it was")


def address_of(document) -> str:
    return reverse("admin:catalogue_document_change", args=[document.pk])


def signed_out_while_typing(client, ada, document):
    """The answer to a form that was opened signed in, and sent signed out."""
    client.force_login(ada)
    form = {
        **form_data(client.get(address_of(document))),
        "title": "As somebody typed it",
    }
    client.logout()
    return client.post(address_of(document), form)


def test_what_somebody_typed_who_is_signed_out_is_shown_and_can_be_sent_once_they_are_signed_in(
    client,
    ada,
    document,
):
    refused = signed_out_while_typing(client, ada, document)

    assert refused.status_code == 403
    assert "Nothing of it was saved" in refused.text
    assert "Sign in in another tab" in refused.text
    assert "As somebody typed it" in refused.text
    client.force_login(ada)
    client.post(address_of(document), dict(refused.context["fields"]))
    document.refresh_from_db()
    assert document.title == "As somebody typed it"


def test_a_password_is_not_shown(client):
    answer = client.post(
        "/admin/auth/user/add/",
        {"username": "bo", "password1": "secret one"},
    )

    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/")


def signed_in_anew(ada, document, **headers):
    """The answer to a form whose author signed in once more in another tab, which changes the
    token that forms carry.
    """
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    form = {
        **form_data(client.get(address_of(document))),
        "title": "As somebody typed it",
        "csrfmiddlewaretoken": "x" * 64,
    }
    return client.post(address_of(document), form, headers=headers)


def test_a_form_from_before_one_signed_in_anew_is_shown_to_be_sent_again(
    ada,
    document,
):
    answer = signed_in_anew(ada, document, Origin="http://testserver")

    assert answer.status_code == 403
    assert "Nothing of it was saved" in answer.text
    assert "As somebody typed it" in answer.text


def test_a_form_of_another_site_is_shown_to_nobody(ada, document):
    answer = signed_in_anew(ada, document, Origin="https://elsewhere.example")

    assert answer.status_code == 403
    assert "As somebody typed it" not in answer.text
