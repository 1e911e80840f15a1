"""Answers of surveys that ran elsewhere, long and wide, sound and not."""

import csv
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from surveys.comments import comment_coding
from surveys.files.longform import COLUMNS, long_rows
from surveys.files.mapping import read_mapping
from surveys.files.reading import read_answers
from surveys.files.storing import store_answers
from surveys.files.tables import read_table
from surveys.models import Answer, Remark, Response, Result, Study
from surveys.results.publishing import publish_study
from surveys.running import rounds
from tests.factories import DocumentFactory, UserFactory
from tests.surveys.factories import (
    POINTS,
    Given,
    answer_all,
    make_study,
    make_token,
    make_tokens,
    respond,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

SLUGS = [*(slug for slug, *_ in POINTS), "dk", ""]


def as_csv(rows, columns=COLUMNS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue().encode()


def import_rows(study, rows, **options):
    table = read_table("answers.csv", as_csv(rows))
    return store_answers(
        study=study,
        given=read_answers(study, table),
        **options,
    )


def faults_of(study, rows, columns=COLUMNS, mapping=None) -> list[str]:
    table = read_table("answers.csv", as_csv(rows, columns))
    with pytest.raises(ValidationError) as found:
        read_answers(study, table, mapping and read_mapping(mapping))
    return found.value.messages


def codes(study) -> list[str]:
    return [
        item.mitigation.accession
        for item in study.items.select_related("mitigation")
    ]


def five(study, answer="a") -> list[list[str]]:
    """Rows of five respondents who give one answer to everything."""
    return [
        [f"P{n}", "1", "", code, "do", "", answer]
        for n in range(5)
        for code in codes(study)
    ]


def counts(study) -> list[tuple]:
    rows = Result.objects.filter(item__study=study).values_list(
        "item__position",
        "expertise_area__slug",
        "skipped",
        "not_asked",
        "shift",
        "combined",
        "combiners",
        "tallies__point__slug",
        "tallies__count",
    )
    return sorted(rows, key=str)


def test_imported_answers_become_results():
    study = make_study(items=1)

    report = import_rows(study, five(study))

    study.refresh_from_db()
    assert (str(report), study.status, study.responded) == (
        "5 added, 0 changed, 0 unchanged, 0 of an earlier file kept",
        Study.Status.CLOSED,
        5,
    )
    assert (
        dict(
            study.items.get()
            .results.get()
            .tallies.values_list("point__slug", "count"),
        )["a"]
        == 5
    )


def test_the_same_file_again_changes_nothing():
    study = make_study(items=2)
    import_rows(study, five(study))
    before = sorted(Answer.objects.values_list("pk", "point"))

    report = import_rows(study, five(study))

    assert (report.added, report.changed, report.unchanged) == (0, 0, 5)
    assert sorted(Answer.objects.values_list("pk", "point")) == before


def test_a_changed_answer_replaces_the_one_before():
    study = make_study(items=1)
    import_rows(study, five(study))
    rows = five(study)
    rows[0][-1] = "sd"

    report = import_rows(study, rows)

    assert (report.changed, report.unchanged) == (1, 4)
    assert Answer.objects.filter(point__slug="sd").count() == 1
    assert Answer.objects.count() == 5


def test_a_comment_that_stays_keeps_its_codings():
    study = make_study(items=1)
    [code] = codes(study)
    rows = [
        *five(study),
        ["P0", "1", "", code, "comment", "", "It costs much."],
    ]
    import_rows(study, rows)
    comment_coding.code_remark(
        remark=Remark.objects.get(),
        coder=UserFactory(),
        points=[],
    )
    rows[0][-1] = "sd"

    import_rows(study, rows)

    assert Remark.objects.get().codings.count() == 1


def test_a_dry_run_counts_and_stores_nothing():
    study = make_study(items=1)

    report = import_rows(study, five(study), dry_run=True)

    study.refresh_from_db()
    assert (report.added, Response.objects.count(), study.status) == (
        5,
        0,
        Study.Status.DRAFT,
    )


def test_skipped_and_not_asked_stay_apart():
    study = make_study(items=3)
    first, second, third = codes(study)
    rows = [
        [f"P{n}", "1", "", first, "do", "", "a" if n < 5 else ""]
        for n in range(6)
    ]
    rows += [[f"P{n}", "1", "", second, "do", "", "a"] for n in range(5)]
    rows += [[f"P{n}", "1", "", third, "do", "", "a"] for n in range(6)]

    import_rows(study, rows)

    results = Result.objects.order_by("item__position")
    assert [(result.skipped, result.not_asked) for result in results] == [
        (1, 0),
        (0, 1),
        (0, 0),
    ]


@pytest.mark.any_engine
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    answers=st.lists(
        st.lists(st.sampled_from(SLUGS), min_size=2, max_size=2),
        min_size=5,
        max_size=9,
    ),
)
def test_what_leaves_in_long_format_comes_back_with_the_same_results(
    db,
    answers,
):
    Study.objects.all()
    study, copy = (
        make_study(items=2, expertise=["law"]),
        make_study(items=2, expertise=["law"]),
    )
    round_ = rounds.open_round(study=study)
    items = list(study.items.all())
    given = {}
    for n, token in enumerate(make_tokens(study, len(answers))):
        given[token] = Given(
            answers={
                item: {"do": slug}
                for item, slug in zip(items, answers[n], strict=True)
            },
            remarks=dict.fromkeys(items, f"remark {n}"),
            combination=[],
            expertise="law" if n % 2 else "",
        )
    respond(round_, given)
    rounds.close_study(study=study)
    there = dict(zip(codes(study), codes(copy), strict=True))

    import_rows(
        copy,
        [[*row[:3], there[row[3]], *row[4:]] for row in long_rows(study)],
    )

    assert counts(copy) == counts(study)


def test_respondents_in_long_format_are_numbers():
    study = make_study(items=1)
    round_ = rounds.open_round(study=study)
    for _ in range(3):
        answer_all(round_, make_token(study))

    rows = list(long_rows(study))

    assert [row[0] for row in rows] == ["R001", "R002", "R003"]


def test_a_withheld_comment_does_not_leave():
    study = make_study(items=1)
    answer_all(
        rounds.open_round(study=study),
        make_token(study),
        remark="My name is Ada.",
    )
    Remark.objects.update(is_withheld=True)

    assert not any("Ada" in row[-1] for row in long_rows(study))


def test_each_bad_cell_is_named_by_row_and_column():
    study = make_study(items=1)
    [code] = codes(study)

    faults = faults_of(
        study,
        [
            ["P1", "one", "", code, "do", "", "a"],
            ["P1", "1", "magic", "XX-9999", "do", "", "a"],
            ["P2", "1", "", code, "do", "", "aa"],
            ["", "1", "", code, "doo", "", "a"],
            ["P3", "1", "", code, "do", "bias", "a"],
        ],
    )

    assert [fault.split(":")[0] for fault in faults] == [
        "row 2, column “round”",
        "row 3, column “expertise_area”",
        "row 3, column “item”",
        "row 4, column “answer”",
        "row 5, column “respondent”",
        "row 5, column “criterion”",
        "row 6, column “risk_area”",
    ]
    assert "“aa” is no answer to “do” of this study" in faults[3]
    assert "did you mean “do”?" in faults[5]


def test_four_hundred_respondents_by_sixty_columns_name_each_bad_cell_and_no_other():
    study = make_study(items=60)
    columns = ["Id", *codes(study)]
    mapping = "respondent: Id\nquestions:\n" + "".join(
        f"  {c}: {{item: {c}, criterion: do}}\n" for c in columns[1:]
    )
    rows = [
        [f"P{n}", *(SLUGS[(n + k) % len(SLUGS)] for k in range(60))]
        for n in range(412)
    ]
    for n in (0, 100, 411):
        rows[n][5] = "??"

    faults = faults_of(study, rows, columns, mapping)

    assert [fault.split(":")[0] for fault in faults] == [
        f"row {n}, column “{columns[5]}”" for n in (2, 102, 413)
    ]


def test_a_question_answered_twice_names_both_rows():
    study = make_study(items=1)
    [code] = codes(study)

    faults = faults_of(
        study,
        [
            ["P1", "1", "", code, "do", "", "a"],
            ["P1", "1", "", code, "do", "", "sd"],
        ],
    )

    assert faults == [
        "row 3, column “respondent”: this question has an answer in row 2 already.",
    ]


def test_a_bad_file_changes_nothing():
    study = make_study(items=1)
    rows = five(study)
    rows[-1][-1] = "nonsense"

    with pytest.raises(ValidationError):
        import_rows(study, rows)

    assert not Response.objects.exists()


WIDE = """
respondent: Id
questions:
  Q1: {{item: {0}, criterion: do}}
  Q2: {{item: {1}, criterion: do}}
comments:
  Q1 text: {0}
answers: {{5: sa, 4: a, 3: n, 2: d, 1: sd, Do not know: dk}}
skipped: [""]
not_asked: ["-99"]
ignore: [Started]
"""
WIDE_COLUMNS = ["Id", "Started", "Q1", "Q2", "Q1 text"]


def test_a_wide_file_gives_what_the_long_one_gives():
    wide, long_ = make_study(items=2), make_study(items=2)
    mapping = read_mapping(WIDE.format(*codes(wide)))
    table = read_table(
        "w.csv",
        as_csv(
            [[n, "May", "4", "-99" if n else "5", "Fine"] for n in range(6)],
            WIDE_COLUMNS,
        ),
    )
    first, second = codes(long_)
    rows = [[f"{n}", "1", "", first, "do", "", "a"] for n in range(6)] + [
        ["0", "1", "", second, "do", "", "sa"],
    ]
    rows += [[f"{n}", "1", "", first, "comment", "", "Fine"] for n in range(6)]

    store_answers(study=wide, given=read_answers(wide, table, mapping))
    import_rows(long_, rows)

    assert counts(wide) == counts(long_)
    assert Remark.objects.filter(item__study=wide, body="Fine").count() == 6


def test_a_bad_cell_of_a_wide_file_is_named_by_its_column():
    study = make_study(items=2)

    faults = faults_of(
        study,
        [["P1", "", "9", "4", ""]],
        WIDE_COLUMNS,
        WIDE.format(*codes(study)),
    )

    assert faults[0].startswith(
        "row 2, column “Q1”: “9” is no answer to “do” of this study",
    )


def test_a_column_that_the_mapping_does_not_name_is_an_error():
    study = make_study(items=2)

    faults = faults_of(
        study,
        [["P1", "", "5", "4", "", "?"]],
        [*WIDE_COLUMNS, "Q3"],
        WIDE.format(*codes(study)),
    )

    assert faults == [
        "The mapping does not say what the column “Q3” is; put it under “ignore” if it is nothing.",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("respondent: Id", "“questions” is missing"),
        (
            "respondent: Id\nquestions: [Q1]",
            "has to have an entry for each column",
        ),
        (
            "respondent: Id\nquestions: {Q1: {item: x}}\nanswers: {yes: sa}",
            "put them in quotes",
        ),
        (
            "respondent: Id\nquestions: {Id: {item: x}}",
            "the column “Id” has two roles",
        ),
        ("respondent: Id\nquestion: {}", "“question” is unknown"),
        ("{", "is no YAML"),
        ("respondent: Id\nquestions: {Q1: {item: x, criteria: do}}", "“Q1”"),
    ],
)
def test_a_mapping_with_a_fault_says_which(text, fault):
    with pytest.raises(ValidationError) as found:
        read_mapping(text)

    assert fault in " ".join(found.value.messages)


def test_xlsx_reads_like_csv():
    study = make_study(items=2)
    content = io.BytesIO()
    with Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(
            [["Id", "Q1", "Q2"], *([n, 4, 5] for n in range(5))],
        ):
            sheet.write_row(number, 0, row)
    mapping = read_mapping(
        WIDE.format(*codes(study))
        .replace("comments:", "")
        .replace(f"  Q1 text: {codes(study)[0]}\n", "")
        .replace("ignore: [Started]", ""),
    )

    given_ = read_answers(
        study,
        read_table("answers.xlsx", content.getvalue()),
        mapping,
    )

    assert len(given_) == 5
    assert {len(one.answers) for one in given_.values()} == {2}


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.csv", b"", "is empty"),
        (
            "a.csv",
            b"a,b\n\xff,1\n",
            "row 2, column “a”: the byte 0xff is no UTF-8",
        ),
        ("a.csv", b"\xff\xfea\x00", "signs that are no text"),
        ("a.csv", b"a,a\n1,2\n", "column “a”: two columns have this name"),
        ("a.csv", b"a,,b\n", "column 2 has no name"),
        ("a.csv", b"a,b\n1,2,3\n", "row 2: there are 3 cells under 2 columns"),
        (
            "a.csv",
            b'a,b\n"1,2\n',
            "row 2: A quotation mark is opened and not closed",
        ),
        ("a.csv", b"a\x00,b\n", "signs that are no text"),
        ("a.xlsx", b"a,b\n", "no Excel workbook"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name, content, fault):
    with pytest.raises(ValidationError, match=fault):
        read_table(name, content)


def test_a_study_that_invited_somebody_takes_no_import():
    study = make_study(items=1)
    make_token(study)

    with pytest.raises(ValidationError, match="invited nobody"):
        import_rows(study, five(study))


def test_a_published_study_takes_no_import():
    study = make_study(items=1, document=DocumentFactory(), ran_elsewhere=True)
    import_rows(study, five(study))
    publish_study(study)

    with pytest.raises(ValidationError, match="not published"):
        import_rows(study, five(study))


def test_queries_do_not_grow_with_respondents(django_assert_max_num_queries):
    study = make_study(items=4)
    rows = [
        [f"P{n}", "1", "", code, "do", "", "a"]
        for n in range(60)
        for code in codes(study)
    ]

    with django_assert_max_num_queries(60):
        import_rows(study, rows)


def test_the_command_imports_and_says_what_it_did(tmp_path, capsys):
    study = make_study(items=1)
    file = tmp_path / "answers.csv"
    file.write_bytes(as_csv(five(study)))

    call_command("import_answers", study.slug, str(file), dry_run=True)
    call_command("import_answers", study.slug, str(file))

    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("Nothing was changed (dry run).")
    assert (
        second
        == "Respondents: 5 added, 0 changed, 0 unchanged, 0 of an earlier file kept."
    )


def test_the_command_names_a_study_that_is_unknown(tmp_path):
    make_study(items=1)

    with pytest.raises(
        CommandError,
        match="No study has the slug nowhere. Those set up here: study-",
    ):
        call_command("import_answers", "nowhere", str(tmp_path / "none.csv"))
