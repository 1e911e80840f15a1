"""What changed in a shortlist since a day."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from catalogue.models import Mitigation
from tests.factories import MitigationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def three():
    found = [MitigationFactory() for _ in range(3)]
    Mitigation.history.update(history_date=datetime(2026, 10, 1, tzinfo=UTC))
    return found


def banner(client, mitigations, day: str) -> str:
    query = "&".join(f"m={one.accession}" for one in mitigations)
    response = client.get(f"/shortlist/?{query}&as_of={day}")
    assert response.status_code == 200
    return response.content.decode()


def rename(mitigation, name, day):
    mitigation.name = name
    mitigation.save()
    row = mitigation.history.latest()
    row.history_date = datetime(2026, 10, day, tzinfo=UTC)
    row.save()


def merge(gone, into):
    gone.status = Mitigation.Status.WITHDRAWN
    gone.withdrawal_note = "It was the same."
    gone.replaced_by = into
    gone.save()


def test_nothing_changed_is_said(client, three):
    page = banner(client, three, "2026-10-02")

    assert "Nothing here changed on or since 2 October 2026." in page


def test_what_was_merged_is_said_with_what_stands_in_its_place(client, three):
    merge(three[0], three[1])

    page = banner(client, three, "2026-10-02")

    assert "1 of 3 changed on or since 2 October 2026:" in page
    merged = f"{three[0].accession} was merged into {three[1].accession}."
    assert merged in page


def test_what_was_withdrawn_without_another_is_said(client, three):
    merge(three[0], None)

    page = banner(client, three, "2026-10-02")

    assert f"{three[0].accession}: withdrawn." in page


def test_what_happened_before_that_day_is_no_change(client, three):
    rename(three[0], "Another name", 5)

    assert "Nothing here changed" in banner(client, three, "2026-10-06")
    assert "1 of 3 changed" in banner(client, three, "2026-10-04")


def test_what_happened_on_that_day_is_told_and_not_that_it_was_published(
    client,
    three,
):
    assert "Nothing here changed" in banner(client, three, "2026-10-01")

    merge(three[0], three[1])

    today = timezone.now().date().isoformat()
    assert "1 of 3 changed on or since" in banner(client, three, today)


@pytest.mark.parametrize("path", ["/shortlist/", "/shortlist/brief/"])
def test_a_day_to_come_is_refused_with_the_last_that_is_taken(
    client,
    three,
    path,
):
    now = timezone.now()
    tomorrow = (now + timedelta(days=1)).date()
    response = client.get(
        f"{path}?m={three[0].accession}&as_of={tomorrow.isoformat()}",
    )

    assert response.status_code == 400
    assert f"{now.date().isoformat()} at the latest" in (
        response.content.decode()
    )


def test_a_new_name_is_said_as_the_history_says_it(client, three):
    former = three[0].name
    rename(three[0], "Another name", 5)

    page = banner(client, three, "2026-10-02")

    assert f"{three[0].accession}: renamed from “{former}”." in page


@pytest.mark.parametrize(
    "day",
    [
        "yesterday",
        "2026-13-01",
        "2.10.2026",
        "2026-1-2",
        "%202026-01-02",
        "２０２６-01-02",
    ],
)
def test_a_day_that_cannot_be_read_is_refused(client, three, day):
    response = client.get(f"/shortlist/?as_of={day}")

    assert response.status_code == 400
    assert "a day such as 2026-12-02" in response.content.decode()


def test_queries_do_not_grow_with_changes(
    client,
    three,
    django_assert_max_num_queries,
):
    for one in three:
        rename(one, f"{one.name} again", 5)
    with django_assert_max_num_queries(55):
        banner(client, three, "2026-10-02")
