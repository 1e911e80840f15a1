"""Imports in the admin: who may do what, and the way from a file to its undoing."""

import io

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from python_calamine import load_workbook
from xlsxwriter import Workbook

from catalogue.files.importing import running, services, undoing
from catalogue.models import ImportBatch, ImportProfile, ImportRow, Mitigation
from serving import processes
from tests.factories import DocumentFactory, MitigationFactory, UserFactory
from tests.files import sent

from .test_importing import as_csv, checked, new

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
UPLOAD = "admin:catalogue_importbatch_add"


def page(batch, **query):
    address = reverse("admin:catalogue_importbatch_change", args=[batch.pk])
    return f"{address}?{'&'.join(f'{n}={v}' for n, v in query.items())}"


def columns_page(batch):
    return reverse("admin:catalogue_importbatch_columns", args=[batch.pk])


@pytest.fixture
def document():
    return DocumentFactory(slug="paper")


@pytest.fixture
def curator(client):
    user = UserFactory(is_staff=True, is_superuser=True, username="curator")
    client.force_login(user)
    return user


def upload(client, *rows, name="sheet.csv", content=None, **values):
    file = SimpleUploadedFile(
        name,
        content if content is not None else as_csv(*rows),
    )
    return client.post(
        reverse(UPLOAD),
        {"kind": "mitigations", "file": file, "document": "paper", **values},
        follow=True,
    )


def test_a_file_is_checked_shown_imported_and_undone(
    client,
    curator,
    document,
):
    shown = upload(
        client,
        new(1),
        new(2, phases="nowhere"),
        scheme="acme",
        coder="Ann",
    )
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.uploaded_by, Mitigation.objects.count()) == (
        "checked",
        curator,
        0,
    )
    assert "there is no lifecycle phase “nowhere”" in shown.content.decode()
    assert (
        "Measure 1" in client.get(page(batch, show="added")).content.decode()
    )

    client.post(page(batch), {"step": "commit"})
    assert (
        Mitigation.objects.count() == 0
    )  # not with refused rows, unless they are left out
    client.post(page(batch), {"step": "commit", "without_refused": "yes"})
    assert Mitigation.objects.get().history.get().history_user == curator
    assert (
        "Nothing of it was changed since"
        in client.get(page(batch, undo=1)).content.decode()
    )
    client.post(page(batch), {"step": "undo"})

    assert (Mitigation.objects.count(), ImportBatch.objects.get().state) == (
        0,
        "undone",
    )


def test_an_unsure_column_is_asked_about_and_kept_as_a_profile(
    client,
    curator,
    document,
):
    rows = {"Mesure": "One", "Descripton": "Somebody does one."}
    asked = upload(client, rows)
    batch = ImportBatch.objects.get()
    assert asked.request["PATH_INFO"] == columns_page(batch)
    assert "guessed: look" in asked.content.decode()

    client.post(
        columns_page(batch),
        {"column-0": "name", "column-1": "description", "profile": "French"},
    )

    batch.refresh_from_db()
    profile = ImportProfile.objects.get()
    assert (batch.state, batch.counts["added"]) == ("checked", 1)
    assert profile.columns == {"Mesure": "name", "Descripton": "description"}
    again = upload(client, {**rows, "Mesure": "Two"}, profile=profile.pk)
    assert (
        again.request["PATH_INFO"]
        == page(ImportBatch.objects.first()).partition("?")[0]
    )


def test_columns_are_asked_about_where_none_was_found_for_what_a_record_needs(
    client,
    curator,
    document,
):
    asked = upload(
        client,
        {"Nr": "1", "Massnahme": "One", "Beschreibung": "Somebody does one."},
        scheme="acme",
    )

    assert asked.request["PATH_INFO"] == columns_page(
        ImportBatch.objects.get(),
    )


def test_columns_that_cannot_be_are_refused_in_words(
    client,
    curator,
    document,
):
    upload(client, {"Mesure": "One", "Descripton": "Somebody does one."})
    batch = ImportBatch.objects.get()

    answer = client.post(
        columns_page(batch),
        {"column-0": "name", "column-1": "name"},
    ).content.decode()

    assert "both taken for name: choose one" in answer


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"\xd0\xcf\x11\xe0", "old Excel file"),
        ("a.exe", b"MZ", "save it as CSV"),
        ("a.csv", b'a,b\n"c', "not closed"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_where_it_was_chosen_or_on_its_page(
    client,
    curator,
    document,
    name,
    content,
    says,
):
    answer = upload(client, name=name, content=content)

    assert says in answer.content.decode()
    assert not ImportRow.objects.exists()


# How a file is read


def messy(*sheets) -> bytes:
    """A workbook: (name of a sheet, its rows)."""
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return content.getvalue()


NAMES, ROW = ["key", "name", "description"], ["1", "One", "Somebody does one."]


def test_the_page_of_an_import_says_how_the_file_was_read(
    client,
    curator,
    document,
):
    content = messy(
        ("Notes", [["Read me"]]),
        ("Data", [["Measures of May"], NAMES, ROW]),
    )

    shown = upload(
        client,
        name="a.xlsx",
        content=content,
        scheme="acme",
    ).content.decode()

    assert "Read from the sheet “Data”. Not read: “Notes”." in shown
    assert (
        "The column names stand in row 2. Passed over above: row 1 “Measures of May”."
        in shown
    )


def test_sheet_row_and_encoding_can_be_chosen_when_a_file_is_handed_in(
    client,
    curator,
    document,
):
    content = f"remark;;\n{';'.join(NAMES)}\n1;Mesure \u00e9valu\u00e9e;On le fait.\n".encode(
        "mac_roman",
    )

    upload(
        client,
        name="a.csv",
        content=content,
        scheme="acme",
        encoding="mac_roman",
        header_row=2,
    )

    batch = ImportBatch.objects.get()
    assert (batch.options["encoding"], batch.options["header_row"]) == (
        "mac_roman",
        2,
    )
    assert batch.rows.get().content["after"]["name"] == "Mesure évaluée"


def test_a_file_can_be_read_in_another_way_before_its_columns_are_confirmed(
    client,
    curator,
    document,
):
    old = ["2", "Two", "Somebody does two."]
    content = messy(
        ("New", [["Mesure", "Descripton"], ["One", "Somebody does one."]]),
        ("Old", [NAMES, old]),
    )
    upload(client, name="a.xlsx", content=content, sheet="New", scheme="acme")
    batch = ImportBatch.objects.get()
    assert (
        "row 1 of the sheet “New”"
        in client.get(columns_page(batch)).content.decode()
    )

    client.post(
        columns_page(batch),
        {"reread": "yes", "reading-sheet": "Old", "reading-header_row": ""},
    )

    assert (
        "row 1 of the sheet “Old”"
        in client.get(columns_page(batch)).content.decode()
    )
    client.post(
        columns_page(batch),
        {
            "column-0": "key",
            "column-1": "name",
            "column-2": "description",
            "scheme": "acme",
        },
    )
    assert batch.rows.get().content["after"]["name"] == "Two"


def test_a_sheet_that_is_not_there_is_said_where_it_was_asked_for(
    client,
    curator,
    document,
):
    upload(client, {"Mesure": "One", "Descripton": "Somebody does one."})
    batch = ImportBatch.objects.get()

    shown = client.post(
        columns_page(batch),
        {"reread": "yes", "reading-header_row": "9"},
        follow=True,
    ).content.decode()

    assert "has no row 9" in shown
    assert "row 1" in client.get(columns_page(batch)).content.decode()


def test_a_warning_leads_to_the_mitigation_that_it_names_and_shows_what_the_file_says_as_text(
    client,
    curator,
    document,
):
    there = MitigationFactory(
        accession="M0042",
        document=document,
        name="<b>One</b>",
    )

    shown = upload(
        client,
        new(1, name="<b>One</b>"),
        scheme="acme",
    ).content.decode()

    address = reverse("admin:catalogue_mitigation_change", args=[there.pk])
    assert f'is <a href="{address}">M0042</a> already' in shown
    assert "<b>One</b>" not in shown


# Who may


def staff(*permissions: str):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=permissions),
    )
    return user


def test_pages_are_for_those_who_may_import_such_records(client, document):
    batch = checked(new(), document="paper", scheme="acme")
    addresses = [
        page(batch),
        columns_page(batch),
        reverse(UPLOAD),
        reverse("admin:catalogue_importbatch_changelist"),
        reverse("admin:catalogue_importbatch_report", args=[batch.pk, "csv"]),
        reverse("admin:catalogue_importbatch_template", args=["mitigations"]),
    ]
    expected = {
        None: 302,
        staff("change_mitigation"): 403,
        staff("import_records", "change_mitigation"): 200,
    }

    for user, status in expected.items():
        client.logout() if user is None else client.force_login(user)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == status, (user, address)
            assert status != 200 or sent(
                answer,
            )  # read to its end, which leaves the test's connection alone


@pytest.mark.parametrize("self_approval", [False, True])
def test_what_readers_see_is_imported_by_somebody_else_unless_the_site_allows_it(
    client,
    document,
    self_approval,
):
    own, other = (
        staff("import_records", "change_mitigation", "publish_mitigation")
        for _ in range(2)
    )
    lacking = staff("import_records", "change_mitigation")
    kept = MitigationFactory(document=document, section="Old")
    batch = checked({"accession": kept.accession, "section": "New"}, user=own)

    with override_settings(SELF_APPROVAL=self_approval):
        sections = []
        for user in (lacking, own, other):
            client.force_login(user)
            client.post(page(batch), {"step": "commit"})
            kept.refresh_from_db()
            sections.append(kept.section)

    assert sections == ["Old", "New" if self_approval else "Old", "New"]


def test_a_batch_is_sent_for_review_and_back_with_a_note(client, document):
    own, other = (
        staff("import_records", "change_mitigation", "publish_mitigation")
        for _ in range(2)
    )
    batch = checked(
        new(),
        document="paper",
        scheme="acme",
        publish=True,
        user=own,
    )
    client.force_login(own)
    client.post(page(batch), {"step": "review"})
    assert ImportBatch.objects.get().state == "waiting"

    client.force_login(other)
    client.post(page(batch), {"step": "back", "note": "Which table?"})

    assert (
        ImportBatch.objects.get().state,
        "Which table?" in client.get(page(batch)).content.decode(),
    ) == (
        "sent_back",
        True,
    )


def test_drafts_are_imported_by_who_handed_them_in(client, document):
    own = staff("import_records", "change_mitigation")
    batch = checked(new(), document="paper", scheme="acme", user=own)
    client.force_login(own)

    client.post(page(batch), {"step": "commit"})

    assert Mitigation.objects.get().status == "draft"


# Long steps


def test_a_long_step_runs_in_a_process_of_its_own_and_the_page_shows_how_far_it_is(
    client,
    curator,
    document,
    monkeypatch,
):
    batch = checked(
        *(new(n) for n in range(4)),
        document="paper",
        scheme="acme",
    )
    monkeypatch.setattr(running, "FEW_ROWS", 2)
    started = []
    monkeypatch.setattr(
        running,
        "start_process",
        lambda *of: started.append(of),
    )
    client.post(page(batch), {"step": "commit"})
    batch.refresh_from_db()
    assert [(one.pk, step, user) for one, step, user in started] == [
        (batch.pk, "commit", curator),
    ]

    ImportBatch.objects.filter(pk=batch.pk).update(done=3)
    text = client.get(page(batch)).content.decode()
    assert ('http-equiv="refresh"' in text, "3 of 4 rows" in text) == (
        True,
        True,
    )
    running.take_in_process(batch, "commit", curator)

    assert (Mitigation.objects.count(), ImportBatch.objects.get().state) == (
        4,
        "committed",
    )


def test_a_step_that_was_killed_is_shown_as_interrupted_and_can_be_started_again(
    client,
    curator,
    document,
):
    batch = checked(new(), document="paper", scheme="acme")
    ImportBatch.objects.filter(pk=batch.pk).update(
        state="committing",
        beat_at=timezone.now() - 2 * processes.SILENCE,
    )
    assert (
        "It was interrupted, and nothing was changed"
        in client.get(page(batch)).content.decode()
    )

    client.post(page(batch), {"step": "commit"})

    assert ImportBatch.objects.get().state == "committed"


def test_a_step_that_fails_puts_the_batch_back_and_says_so(curator, document):
    batch = checked(new(), document="paper", scheme="acme")
    running.claim(batch, "commit")
    Mitigation.objects.create(
        name="Meanwhile",
        description="Somebody was faster.",
        document=document,
    )
    document.mitigations.first().external_identifiers.create(
        scheme="acme",
        value="1",
    )
    ImportBatch.objects.filter(pk=batch.pk).update(
        revision=services.revision.current()[0],
    )  # as if nobody had looked

    running.take_in_process(batch, "commit", curator)

    batch.refresh_from_db()
    assert (batch.state, Mitigation.objects.count()) == ("checked", 1)
    assert "nothing was changed" in batch.notes[0]["detail"]


# Files


def test_a_report_holds_every_difference_and_fault(client, curator, document):
    kept = MitigationFactory(document=document, section="Old")
    batch = checked(
        {"accession": kept.accession, "section": "New"},
        {"accession": "M9999", "section": "=1"},
    )

    [of_csv, of_xlsx] = (
        sent(
            client.get(
                reverse(
                    "admin:catalogue_importbatch_report",
                    args=[batch.pk, form],
                ),
            ),
        )
        for form in ("csv", "xlsx")
    )

    rows = load_workbook(io.BytesIO(of_xlsx)).get_sheet_by_index(0).to_python()
    assert ["2", "changed", f"{kept}", "section", "Old", "New", ""] in rows
    assert "would run as a formula" in of_csv.decode("utf-8-sig")


def test_a_template_has_the_columns_that_are_read(client, curator, document):
    answer = client.get(
        reverse("admin:catalogue_importbatch_template", args=["mitigations"]),
    )

    [head] = (
        load_workbook(io.BytesIO(sent(answer)))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert {
        "key",
        "name",
        "description",
        "document",
        "phases",
        "external_identifiers",
    } <= set(head)


def test_a_page_of_rows_takes_the_same_queries_for_any_number(
    client,
    curator,
    document,
    django_assert_max_num_queries,
):
    batch = checked(
        *(new(n) for n in range(60)),
        document="paper",
        scheme="acme",
    )

    with django_assert_max_num_queries(16):
        text = client.get(page(batch, show="added", page=2)).content.decode()

    assert "Page 2 of 2" in text


def test_of_a_large_import_only_the_last_rows_are_looked_at_before_it_is_undone(
    client,
    curator,
    document,
    monkeypatch,
):
    upload(
        client,
        *map(new, (1, 2, 3)),
        scheme="acme",
        coder="Ann",
        publish="on",
    )
    batch = ImportBatch.objects.get()
    client.post(page(batch), {"step": "commit"})
    monkeypatch.setattr(undoing, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(undoing, "MOST_LOOKED_AT", 2)

    preview = undoing.Undoing(ImportBatch.objects.get()).preview()
    shown = client.get(page(batch, undo=1)).text

    assert (
        preview.withdrawn,
        preview.looked_at,
        preview.not_looked_at,
        preview.is_public,
    ) == (
        2,
        2,
        1,
        True,
    )
    assert "It has 3 rows. Of the last 2, which were looked at:" in shown
    assert "What becomes of the other 1 is decided in the same way" in shown

    client.post(
        page(batch),
        {"step": "undo", "reason": "It was the wrong file."},
    )
    assert ImportBatch.objects.get().state == "undone"
