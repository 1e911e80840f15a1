import os
import tempfile

# Before settings are read: the tests' keys and databases stay out of the site's own folder.
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="catalogue-tests-"))

# The tests ask as often as they like, but for those that are about that.
os.environ.setdefault("API_REQUESTS_PER_MINUTE", "0")

import pytest
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from catalogue.loading import load_catalogue
from surveys.loading import load_studies

hypothesis_settings.register_profile(
    "suite", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("suite")


@pytest.fixture(autouse=True)
def test_settings(settings):
    settings.SELF_APPROVAL = True  # one person curates alone, but for those tests that are about review
    settings.WHITENOISE_AUTOREFRESH = True  # no warning for want of collected files
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="module")
def shipped_catalogue(django_db_setup, django_db_blocker):
    """The real catalogue, for all tests of a module that has no others; each test's own writes are rolled back."""
    with django_db_blocker.unblock():
        load_catalogue()
        load_studies()
    yield
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def kept_connection():
    """A request through WSGI ends with its connection closed, which would end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
