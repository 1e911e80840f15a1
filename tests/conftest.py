import os
import tempfile

# Before settings are read: the tests' keys and databases stay out of the site's own folder.
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="catalogue-tests-"))

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from catalogue.loading import load_catalogue

hypothesis_settings.register_profile(
    "suite", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("suite")


@pytest.fixture(autouse=True)
def test_settings(settings):
    settings.WHITENOISE_AUTOREFRESH = True  # no warning for want of collected files
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session")
def shipped_catalogue(django_db_setup, django_db_blocker):
    """The real catalogue, loaded once; tests that use it must not change it outside their transaction."""
    from catalogue.models import Mitigation

    with django_db_blocker.unblock():
        if not Mitigation.objects.exists():
            load_catalogue()
    yield
    with django_db_blocker.unblock():
        _empty()


def _empty():
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
