"""The release of the catalogue as it is shipped, which a new site begins with."""

import pytest
from django.core.management import call_command

from catalogue.models import LoadedRecord, Mitigation, Release
from tests.factories import MitigationFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def loaded_mitigation():
    """All that is published, and it came with the files."""
    mitigation = MitigationFactory(accession="M0001")
    LoadedRecord.objects.create(model="mitigation", key="M0001", values={})
    return mitigation


def test_a_new_site_begins_with_a_release_and_has_it_once(loaded_mitigation):
    call_command("cut_release", first=True)
    call_command("cut_release", first=True)

    [release] = Release.objects.all()
    assert (release.number, release.title) == ("2026.11", "First release")


def test_nothing_is_cut_where_nothing_is_published():
    call_command("cut_release", first=True)

    assert not Release.objects.exists()


def test_nothing_is_cut_by_itself_where_there_are_records_of_ones_own(
    loaded_mitigation,
):
    MitigationFactory()

    call_command("cut_release", first=True)

    assert not Release.objects.exists()


def test_nothing_is_cut_by_itself_where_a_curator_wrote(loaded_mitigation):
    Mitigation.history.update(history_user=UserFactory())

    call_command("cut_release", first=True)

    assert not Release.objects.exists()
