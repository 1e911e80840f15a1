import fcntl
import gc
import os
import shutil
import tempfile
import uuid
from pathlib import Path

# Before settings are read: the tests' keys and databases stay out of the site's own folder.
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="catalogue-tests-"))

# The tests ask as often as they like, but for those that are about that.
os.environ.setdefault("API_REQUESTS_PER_MINUTE", "0")

# Nobody needs what tests wrote after the power failed. Each commit is spared its wait for the disk.
os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")

# Each process that tests start would else compile all modules anew, where the machine is set so.
os.environ["PYTHONDONTWRITEBYTECODE"] = ""

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase, testcases
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from catalogue import reading
from catalogue.files.loading import load_catalogue
from catalogue.releases import copies
from serving import logs, streams
from surveys.design.loading import load_studies
from tests import states

# Hundreds of thousands of objects outlive every test, and looking through them for garbage
# takes a tenth of the time.
gc.set_threshold(100_000, 50, 100)

hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("suite")

#: Fixtures that come with a database.
OF_DATABASES = {"django_db_setup", "db", "transactional_db", "live_server"}

#: They drive a browser, wait for processes of their own, or do the same many times. Traced for
#: coverage they would take half as long again, and all that they run cheaper tests run too.
NOT_TRACED = (
    "tests/browser/",
    "tests/catalogue/listing/test_cursors.py",
    "tests/catalogue/listing/test_word_forms.py",
    "tests/catalogue/record/test_records.py::test_generated_records",
    "tests/catalogue/test_leaks.py",
    "tests/catalogue/test_text_of_fields.py",
    "tests/operations/test_containers.py",
    "tests/operations/test_killed",
    "tests/operations/test_migrations.py",
    "tests/operations/test_slow_readers.py",
    "tests/operations/test_two_machines.py",
    "tests/operations/test_upgrades.py",
    "tests/shipped/test_api.py::test_every_answer",
    "tests/shipped/test_figures_on_pages.py",
    "tests/shipped/test_golden_searches.py",
    "tests/shipped/test_queries.py",
    "tests/shipped/test_search_words.py",
    "tests/shipped/test_words.py",
    "tests/surveys/admin/test_answers_page.py::test_412",
    "tests/surveys/running/test_anonymity.py",
    "tests/surveys/running/test_simulation.py",
    "tests/surveys/running/test_two_rounds.py",
)

#: The files that take longest, longest first. Whichever process took one of them last would work
#: on alone while the others have nothing left to do.
LONGEST = (
    "tests/browser/test_walk.py",
    "tests/browser/test_pages.py",
    "tests/catalogue/test_leaks.py",
    "tests/operations/test_migrations.py",
    "tests/shipped/test_api.py",
    "tests/shipped/test_exports.py",
    "tests/browser/test_answering.py",
    "tests/surveys/running/test_two_rounds.py",
    "tests/operations/test_upgrades.py",
    "tests/browser/test_curating.py",
    "tests/surveys/running/test_simulation.py",
)


def place_of(item) -> int:
    """Where its file stands among the longest; behind them all, where it is none of them."""
    path = item.nodeid.partition("::")[0]
    return LONGEST.index(path) if path in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(items):
    """Marks what depends on the engine of the database. The rest is run on one engine alone.
    Tests of one file stay in their order.
    """
    items.sort(key=place_of)
    for item in items:
        uses_database = item.get_closest_marker(
            "django_db",
        ) or OF_DATABASES & set(item.fixturenames)
        if uses_database and not item.get_closest_marker("django_db"):
            item.add_marker(
                pytest.mark.django_db,
            )  # else no database is made where no other test asks for one
        if uses_database and not item.get_closest_marker("any_engine"):
            item.add_marker(pytest.mark.engine)
        if item.nodeid.startswith(NOT_TRACED):
            item.add_marker(pytest.mark.no_cover)


class DeclaredConnections:
    """The databases of the settings, which are those that Django's test cases guard. Those of
    releases come and go.
    """

    def __iter__(self):
        return (
            alias
            for alias in connections
            if not alias.startswith(copies.ALIAS)
        )

    def __getitem__(self, alias):
        return connections[alias]

    def __setitem__(self, alias, connection):
        connections[alias] = connection

    def __getattr__(self, name):
        return getattr(connections, name)


testcases.connections = DeclaredConnections()


@pytest.fixture(autouse=True)
def no_request_before():
    """What a test before asked past Django's own client is not going on any more."""
    logs._current.set("")


@pytest.fixture(autouse=True)
def files_of_one_test(settings):
    """Revisions of one test have the numbers of another's, and files are kept by them."""
    settings.FILE_CACHE_DIR = (
        Path(os.environ["DATA_DIR"]) / "files" / uuid.uuid4().hex
    )
    yield
    streams.places_for_files.cache_clear()  # Django's client closes no file that a test does not read
    shutil.rmtree(settings.FILE_CACHE_DIR, ignore_errors=True)


@pytest.fixture(autouse=True)
def test_settings(settings):
    settings.SELF_APPROVAL = True  # one person curates alone, but for those tests that are about review
    settings.WHITENOISE_AUTOREFRESH = (
        True  # no warning for want of collected files
    )
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
        },
    }


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Tables are made as models declare them, in a twentieth of the time. That
    migrations lead to the same ones is a test of its own, in tests/operations/test_migrations.py.
    """
    for alias in connections.settings:
        connections[alias].settings_dict["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def migrated(django_db_setup, django_db_blocker):
    """The database as migrations leave it, which is how tests that commit leave it too."""
    with django_db_blocker.unblock():
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        for app, name in MigrationLoader(None).disk_migrations:
            recorder.record_applied(app, name)
        state = states.now()
    with pytest.MonkeyPatch.context() as patch:
        # Instead of a flush, which takes longer and loses what migrations wrote.
        patch.setattr(
            TransactionTestCase,
            "_fixture_teardown",
            lambda self: state.restore(),
        )
        yield state


@pytest.fixture(scope="session", autouse=True)
def _as_migrated(request):
    """`migrated` before any test writes, where any will."""
    if any(
        item.get_closest_marker("engine")
        or item.get_closest_marker("any_engine")
        for item in request.session.items
    ):
        request.getfixturevalue("migrated")


@pytest.fixture(scope="session")
def loaded(migrated, django_db_blocker, tmp_path_factory):
    """The database with the real catalogue and studies. One worker loads them for all."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    path = folder / "loaded"
    with (
        django_db_blocker.unblock(),
        path.with_suffix(".lock").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _loaded(migrated).write(path)
        return states.of_this_engine().read(path)


def _loaded(migrated):
    load_catalogue()
    load_studies()
    state = states.now()
    migrated.restore()
    return state


@pytest.fixture(scope="module")
def shipped_catalogue(loaded, migrated, django_db_blocker):
    """The real catalogue, for all tests of a module that has no others; each test's own writes
    are rolled back.
    """
    with django_db_blocker.unblock():
        loaded.restore()
    yield
    with django_db_blocker.unblock():
        migrated.restore()


@pytest.fixture
def unrecorded(settings):
    """What is written leaves no history: more than half the time of a write, for tests of what
    reads none of it.
    """
    settings.SIMPLE_HISTORY_ENABLED = False


@pytest.fixture
def kept_connection():
    """A request through WSGI ends with its connection closed, which would end the test's
    transaction.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def no_release_of_another_test():
    """Releases are taken back with the test that cut them; what processes know of them is not."""
    yield
    reading.forget()
    for alias in [
        name for name in connections.settings if name.startswith(copies.ALIAS)
    ]:
        copies.remove_alias(alias)
