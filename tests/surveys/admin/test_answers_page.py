"""Raw answers: out as CSV and XLSX, in through the page, and nothing lost on the way."""

import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalogue.files.exports.cells import guarded, unguarded
from surveys.comments import comment_coding
from surveys.files import longform
from surveys.files.longform import (
    COLUMNS,
    answer_csv_lines,
    long_rows,
    write_xlsx,
)
from surveys.files.mapping import read_mapping
from surveys.files.reading import read_answers
from surveys.files.tables import LARGEST_FILE, read_table
from surveys.models import Answer, Criterion, Item, RiskArea, Study
from surveys.results.publishing import publish_study
from surveys.running import rounds
from tests.factories import DocumentFactory, MitigationFactory
from tests.files import sent
from tests.reading import markup
from tests.surveys.factories import (
    answer_all,
    make_closed_study,
    make_lead,
    make_study,
    make_token,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1+1",
    "''@x",
    '="a,b"\n=2',
    "a\r\nb",
    "'",
    "plain",
]


def page(study):
    return reverse("admin:surveys_study_answers", args=[study.pk])


def export(client, study, form):
    return sent(
        client.get(
            reverse("admin:surveys_study_answers_file", args=[study.pk, form]),
        ),
    )


def send(
    client,
    study,
    content,
    name="answers.csv",
    mapping=None,
    step="import",
):
    data = {"file": SimpleUploadedFile(name, content), "step": step}
    if mapping is not None:
        data["mapping"] = SimpleUploadedFile("mapping.yaml", mapping.encode())
    return markup(client.post(page(study), data, follow=True))


def same_study_again(study) -> Study:
    """A draft that asks the same of the same measures."""
    again = Study.objects.create(
        slug="again",
        title="Again",
        label="Again",
        method="Asked.",
        limits="Few.",
    )
    for criterion in study.criteria.all():
        Criterion.objects.create(
            study=again,
            slug=criterion.slug,
            name=criterion.name,
            question=criterion.question,
            scale=criterion.scale,
        )
    for item in study.items.all():
        Item.objects.create(
            study=again,
            mitigation=item.mitigation,
            position=item.position,
        )
    return again


def answers_of(study) -> list[list[str]]:
    """The rows of a study without the numbers of respondents, which are given anew in each file."""
    return sorted(row[1:] for row in long_rows(study))


# Formulas


@given(st.text())
def test_a_guarded_cell_comes_back_as_it_was_and_begins_no_formula(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_no_exported_cell_begins_a_formula(admin_client):
    study = make_closed_study(DANGEROUS)

    rows = list(
        csv.reader(
            io.StringIO(
                export(admin_client, study, "csv").decode("utf-8-sig"),
                newline="",
            ),
        ),
    )

    assert rows[0] == COLUMNS
    assert {row[-1] for row in rows} >= {
        "'=1+1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "''=1+1",
        "plain",
    }
    assert not [
        cell
        for row in rows
        for cell in row
        if cell.startswith(("=", "+", "-", "@"))
    ]


def test_a_workbook_holds_no_formula(admin_client):
    study = make_closed_study(DANGEROUS)

    with zipfile.ZipFile(
        io.BytesIO(export(admin_client, study, "xlsx")),
    ) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()

    assert "<f>" not in sheet
    assert "1+1" in sheet


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_is_imported_as_it_was(admin_client, form):
    study = make_closed_study(DANGEROUS)
    again = same_study_again(study)

    send(
        admin_client,
        again,
        export(admin_client, study, form),
        f"answers.{form}",
    )

    assert answers_of(again) == answers_of(study)
    again.refresh_from_db()
    assert (again.status, again.responded) == (
        Study.Status.CLOSED,
        study.responded,
    )


WRITTEN = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
    max_size=40,
)


@settings(deadline=None)
@example(["a\r\nb", "_x000D_", "\x01", "00", "1.0", "TRUE"])
@given(st.lists(WRITTEN.map(str.strip).filter(bool), min_size=1, max_size=5))
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_any_text_survives_a_file(form, texts):
    rows = [["text", "end"], *([guarded(text), "."] for text in texts)]
    file = io.BytesIO()
    if form == "csv":
        file.write("".join(answer_csv_lines(rows)).encode())
    else:
        write_xlsx(rows, file)

    table = read_table(f"a.{form}", file.getvalue())

    assert [values["text"] for _, values in table.rows] == texts


# Export


def test_a_csv_of_answers_says_that_it_is_utf_8(admin_client):
    """Excel takes it for the code page of its country otherwise."""
    text = export(admin_client, make_closed_study(["It is naïve."] * 5), "csv")

    assert text.startswith("\ufeffrespondent,".encode())
    assert "naïve".encode() in text


def test_answers_leave_out_areas_of_expertise_that_few_named(admin_client):
    study = make_study(
        items=1,
        expertise=["law", "policy", "safety"],
        min_cell_size=3,
    )
    round_ = rounds.open_round(study=study)
    for slug, size in (("law", 5), ("policy", 3), ("safety", 1)):
        for _ in range(size):
            answer_all(round_, make_token(study), expertise=slug)
    rounds.close_study(study=study)

    rows = csv.DictReader(
        io.StringIO(export(admin_client, study, "csv").decode("utf-8-sig")),
    )

    # Policy goes too: whoever subtracts would have the one of safety.
    assert Counter(row["expertise_area"] for row in rows) == {"law": 5, "": 4}


def test_withheld_comments_and_pseudonyms_stay_on_the_site(admin_client):
    study = make_closed_study(["Anna of Acme said so.", *"bcde"])
    remark = study.items.get().remarks.get(body__startswith="Anna")
    comment_coding.withhold(remark=remark, is_withheld=True)

    text = export(admin_client, study, "csv").decode()

    assert "Acme" not in text
    assert remark.response.pseudonym not in text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_answers_stay_on_the_site_while_experts_can_answer(admin_client, form):
    study = make_study()

    answer = admin_client.get(
        reverse("admin:surveys_study_answers_file", args=[study.pk, form]),
        follow=True,
    )

    assert (
        "Answers leave the site once the study is closed; it is a draft."
        in answer.content.decode()
    )


def test_raw_answers_are_for_the_studys_own_lead_alone(client):
    study = make_closed_study()
    publish_study(study)
    address = reverse(
        "admin:surveys_study_answers_file",
        args=[study.pk, "csv"],
    )

    statuses = []
    for who in (
        None,
        make_lead("change_study"),
        make_lead("change_study", leads=study),
    ):
        if who:
            client.force_login(who)
        statuses.append(client.get(address).status_code)

    assert statuses == [302, 404, 200]


def test_another_format_is_not_found(admin_client):
    address = reverse(
        "admin:surveys_study_answers_file",
        args=[make_closed_study().pk, "ods"],
    )

    assert admin_client.get(address).status_code == 404


# Import


def as_csv(rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def sound_rows(study):
    codes = [
        item.mitigation.accession
        for item in study.items.select_related("mitigation")
    ]
    return [
        [f"P{n}", "1", "", code, "do", "", "a"]
        for n in range(5)
        for code in codes
    ]


def test_a_check_reports_and_changes_nothing(admin_client):
    study = make_study(items=1)

    shown = send(admin_client, study, as_csv(sound_rows(study)), step="check")

    study.refresh_from_db()
    assert "5 added, 0 changed, 0 unchanged" in shown
    assert "nothing was changed" in shown
    assert (Answer.objects.count(), study.status) == (0, Study.Status.DRAFT)


def test_an_imported_study_is_published_like_any_other(admin_client):
    study = make_study(items=1, document=DocumentFactory(), ran_elsewhere=True)

    send(admin_client, study, as_csv(sound_rows(study)))
    again = send(admin_client, study, as_csv(sound_rows(study)))
    admin_client.post(
        reverse("admin:surveys_study_publish", args=[study.pk]),
        {"sure": "yes", "step": "publish"},
    )

    study.refresh_from_db()
    assert "0 added, 0 changed, 5 unchanged" in again
    assert study.status == Study.Status.PUBLISHED


def test_faults_stand_in_a_table_by_row_and_column(admin_client):
    study = make_study(items=1)
    rows = sound_rows(study)
    rows[2][-1] = "perhaps"

    shown = send(admin_client, study, as_csv(rows))

    assert re.search(
        r'<td class="n">4</td><td>answer</td><td>“perhaps” is no answer to “do” of this study',
        shown,
    )
    assert "Nothing was imported." in shown
    assert not Answer.objects.exists()


def test_very_many_faults_are_counted_and_the_first_are_shown(admin_client):
    study = make_study(items=1)
    rows = [[f"P{n}", "1", "", "M9999", "do", "", "a"] for n in range(250)]

    shown = send(admin_client, study, as_csv(rows))

    assert "250 things to mend" in shown
    assert "And 50 more." in shown


@pytest.mark.parametrize(
    ("name", "content", "mapping", "error"),
    [
        ("a.csv", b"a,b\n\xff,1\n", None, "is no UTF-8 text"),
        ("a.xlsx", b"no workbook", None, "is no Excel workbook"),
        ("a.csv", b"x", "- a list", "The mapping has to name columns"),
        ("a.csv", b"x" * (LARGEST_FILE + 1), None, "20 are possible"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    admin_client,
    name,
    content,
    mapping,
    error,
):
    assert error in send(admin_client, make_study(), content, name, mapping)


def test_a_study_that_invited_experts_says_why_nothing_is_imported(
    admin_client,
):
    study = make_closed_study()

    shown = send(admin_client, study, as_csv(sound_rows(study)))

    assert "a study that invited nobody here" in shown


def workbook(sheet: str) -> bytes:
    """A workbook with one sheet, written by hand."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return file.getvalue()


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


@pytest.mark.parametrize(
    ("sheet", "error"),
    [
        (
            SHEET.format(
                '<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>',
            ),
            "1,048,576 rows",
        ),
        (
            SHEET.format('<row r="1048576"><c/><c/></row>'),
            "1,048,576 rows and 1 columns",
        ),
        (SHEET.format(" " * 2**20), "more than 1 MB when unpacked"),
        (
            '<!DOCTYPE x [<!ENTITY a "a">]>' + SHEET.format(""),
            "declares a document type",
        ),
        ("<worksheet>", "is no XLSX file that can be read"),
    ],
    ids=[
        "far cell",
        "cells without a place",
        "unpacked",
        "entities",
        "broken",
    ],
)
def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_is_opened(
    sheet,
    error,
    monkeypatch,
):
    monkeypatch.setattr(
        "catalogue.files.importing.workbooks.LARGEST_UNPACKED",
        2**20,
    )

    with pytest.raises(ValidationError, match=error):
        read_table("a.xlsx", workbook(sheet))


# The mapping that the docs show


def test_the_mapping_in_the_docs_reads_the_file_in_the_docs():
    text = Path("docs/running-a-study.md").read_text(encoding="utf-8")
    [wide], [mapping] = (
        re.findall(r"```csv\n(.*?)```", text, re.S),
        re.findall(r"```yaml\n(.*?)```", text, re.S),
    )
    study = make_study(items=0, asks_combination=True, expertise=["law"])
    areas = [
        RiskArea.objects.create(slug=slug, name=slug, definition="A risk.")
        for slug in ("cbrn", "democracy")
    ]
    study.risk_areas.set(areas)
    scale = study.criteria.get().scale
    study.criteria.update(slug="should-be-done")
    Criterion.objects.create(
        study=study,
        slug="effective",
        name="Effective",
        question="?",
        scale=scale,
        by_risk_area=True,
    )
    for label, slug in (
        ("agree", "a"),
        ("strongly-agree", "sa"),
        ("dont-know", "dk"),
    ):
        scale.points.filter(slug=slug).update(slug=label)
    for accession in re.findall(r"item: (M\d+)", mapping):
        if not study.items.filter(mitigation__accession=accession).exists():
            mitigation = MitigationFactory()
            type(mitigation).objects.filter(pk=mitigation.pk).update(
                accession=accession,
            )
            Item.objects.create(study=study, mitigation=mitigation)

    given = read_answers(
        study,
        read_table("wide.csv", wide.encode()),
        read_mapping(mapping),
    )

    first, second = given["1", 1], given["2", 1]
    assert (
        len(first.answers),
        len(first.remarks),
        len(first.combination),
    ) == (4, 1, 1)
    assert (len(first.asked), len(second.asked)) == (2, 1)
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == longform.COLUMNS


def test_412_respondents_of_60_columns_are_read(admin_client):
    study = make_study(items=60)
    codes = [
        item.mitigation.accession
        for item in study.items.select_related("mitigation")
    ]
    columns = [f"Q{n}" for n in range(60)]
    rows = [["id", *columns], *([f"P{n}", *["a"] * 60] for n in range(412))]
    mapping = "respondent: id\nquestions:\n" + "".join(
        f"  {column}: {{item: {code}, criterion: do}}\n"
        for column, code in zip(columns, codes, strict=True)
    )
    text = io.StringIO()
    csv.writer(text).writerows(rows)

    shown = send(
        admin_client,
        study,
        text.getvalue().encode(),
        "wide.csv",
        mapping,
    )

    assert "412 added" in shown
    assert Answer.objects.count() == 412 * 60
