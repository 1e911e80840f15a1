"""What each check of the quality desk finds, and what it leaves alone."""

from datetime import timedelta
from io import StringIO
from pkgutil import iter_modules

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.curation.quality import CHECKS, checks, desk, ordered_checks
from catalogue.curation.quality.checks import reviews
from catalogue.models import (
    Dismissal,
    Document,
    FrameworkVersion,
    Mitigation,
    Review,
    Synonym,
)
from catalogue.operations.generation import generate_catalogue
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    InstrumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def found(name):
    return list(CHECKS[name].find())


def subjects(name):
    return [one.subject for one in found(name)]


# Descriptions


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        (" ", True),
        ("n/a", True),
        ("TBD.", True),
        ("To be written later by somebody.", True),
        ("Four words, no more", True),
        ("Developers test models for misuse before release.", False),
    ],
)
def test_a_description_that_says_nothing_is_found(text, is_found):
    mitigation = MitigationFactory(description=text)

    assert subjects("no-description") == (
        [mitigation.accession] if is_found else []
    )


def test_documents_and_categories_without_text_are_found_too():
    DocumentFactory(abstract="")
    CategoryFactory(definition="")

    assert [one.group for one in found("no-description")] == [
        "documents",
        "categories",
    ]


@pytest.mark.parametrize(
    ("description", "is_found"),
    [
        ("Audits of models by third parties.", True),
        ("The third-party auditing of a model, so to speak.", True),
        (
            "Outside auditors examine a system before release, so that its makers do not judge themselves.",
            False,
        ),
    ],
)
def test_a_description_that_repeats_its_name_is_found(description, is_found):
    MitigationFactory(name="Third-party model audits", description=description)

    assert len(found("description-repeats-name")) == is_found


def test_a_description_that_says_that_a_measure_works_is_found():
    claims = MitigationFactory(
        description="Machines refuse what bears no signature. Nobody can exchange it unseen.",
    )
    MitigationFactory(
        description="Machines refuse what bears no signature. It is meant to show an exchange.",
    )

    assert subjects("description-claims-effect") == [claims.accession]
    assert "“nobody”" in found("description-claims-effect")[0].message


# Terms, gaps, documents


def test_a_special_term_is_no_phase():
    special = LifecyclePhaseFactory(is_special=True, name="Other (general)")
    none, only_special = (
        MitigationFactory(),
        MitigationFactory(phases=[special]),
    )
    MitigationFactory(phases=[special, LifecyclePhaseFactory()])

    assert [(one.subject, one.group) for one in found("no-phase")] == [
        (none.accession, "no term"),
        (only_special.accession, "only a special term"),
    ]
    assert "only “Other (general)”" in found("no-phase")[1].message


def test_gaps_are_found_in_each_taxonomy_that_is_in_use():
    used = ClassificationFactory().category
    TaxonomyFactory()  # nothing stands in it
    gap = MitigationFactory()
    further = ClassificationFactory(category=used, is_primary=False).mitigation

    assert subjects("classification-gap") == [
        f"{one.accession} {used.taxonomy.slug}" for one in (gap, further)
    ]


@pytest.mark.parametrize(
    ("kind", "is_found"),
    [("preprint", True), ("article", True), ("report", False)],
)
def test_a_doi_is_missed_where_one_is_expected(kind, is_found):
    DocumentFactory(kind=kind, arxiv_id="2305.07153v2")
    DocumentFactory(kind=kind, doi="10.1000/1")

    rows = found("no-doi")

    assert len(rows) == is_found
    if is_found:
        assert "10.48550/arXiv.2305.07153." in rows[0].message


# Duplicates

TEXT = "A developer pays outsiders who find faults in a released model and report them."


def test_a_likely_duplicate_of_another_document_is_found_once_and_not_when_it_is_mapped():
    one = MitigationFactory(name="Bug bounty programmes", description=TEXT)
    other = MitigationFactory(
        name="Bug bounties",
        alternative_names="Bug bounty programme",
        description=f"{TEXT} At last.",
    )
    MitigationFactory(
        name="Bug bounty programmes",
        description=f"{TEXT} Here.",
        document=one.document,
        status="draft",
    )
    MitigationFactory(
        name="Staged release",
        description="Access widens step by step.",
    )

    pairs = subjects("likely-duplicate")
    assert f"{one.accession} {other.accession}" in pairs
    assert all(
        one.document_id != other.document_id
        for one, other in (
            row.details["pair"] for row in found("likely-duplicate")
        )
    )

    MappingFactory(source=other, target=one)
    assert f"{one.accession} {other.accession}" not in subjects(
        "likely-duplicate",
    )


# Frameworks


def test_a_mapping_to_another_version_than_the_current_one_is_found():
    FrameworkVersion.objects.create(
        framework="NIST AI RMF",
        version="1.1",
        note="GV 1.1 was split.",
    )
    FrameworkVersion.objects.create(
        framework="NIST AI RMF",
        version="1.0",
        is_current=False,
    )
    old, new = (
        MappingFactory(
            framework="nist ai rmf",
            framework_version=version,
            entry="GV 1.1",
            target=None,
        )
        for version in ("1.0", "1.1")
    )

    [finding] = found("superseded-framework")

    assert finding.subject == f"mapping {old.pk}"
    assert "1.1 is current. GV 1.1 was split." in finding.message


def test_a_mapping_to_a_provision_of_what_was_replaced_is_found():
    current = InstrumentFactory(short_title="Code 2026")
    old = InstrumentFactory(short_title="Code 2025", replaced_by=current)
    replaced = ProvisionFactory(instrument=old, code="A1")
    ProvisionFactory(instrument=current, code="B7", replaces=replaced)
    outdated = ProvisionMappingFactory(provision=replaced)
    ProvisionMappingFactory(provision=ProvisionFactory(instrument=current))

    [issue] = found("superseded-provision")

    assert issue.subject == f"mapping {outdated.pk}"
    assert "A1 of Code 2025, which Code 2026 has replaced" in issue.message
    assert "B7 stands there in its place" in issue.message


def test_an_instrument_that_nobody_looked_at_for_a_year_is_found():
    today = timezone.localdate()
    InstrumentFactory(checked_on=today - timedelta(days=365))
    InstrumentFactory(checked_on=None, ended_on=today)
    old = InstrumentFactory(checked_on=today - timedelta(days=366))
    never = InstrumentFactory(checked_on=None)

    subjects = [issue.subject for issue in found("instrument-not-looked-at")]

    assert subjects == [f"instrument {old.slug}", f"instrument {never.slug}"]


def test_a_framework_of_which_nobody_has_said_what_is_current_is_found_once():
    for entry in ("A", "B"):
        MappingFactory(
            framework="ISO 42001",
            framework_version="2023",
            entry=entry,
            target=None,
        )

    [finding] = found("superseded-framework")

    assert "nobody has said which version is current" in finding.message
    assert finding.url.endswith("?framework=ISO+42001&version=2023")


# Synonyms


def test_a_synonym_that_leads_to_a_category_that_is_gone_is_found():
    category = CategoryFactory(taxonomy__is_default=True)
    place = f"category {category.code}"
    Synonym.objects.create(term="kill switch", means=f"shut down\n{place}")
    gone = Synonym.objects.create(term="watermark", means="Category 77.7")

    [finding] = found("synonym-leads-nowhere")

    assert finding.subject == f"synonym {gone.pk}"
    assert finding.message == "It leads to Category 77.7, which is not there."


# Reviews


def long_ago(row, days=400):
    row.history.update(history_date=timezone.now() - timedelta(days=days))
    return row


def test_what_nobody_changed_or_reviewed_for_a_year_is_found():
    document = DocumentFactory(authors=0)
    old, changed, reviewed = MitigationFactory.create_batch(
        3,
        document=document,
    )
    for row in (old, changed, reviewed):
        long_ago(row)
    ClassificationFactory(
        mitigation=changed,
    )  # a change to a part is one to the record
    reviews.mark_reviewed(f"mitigation {reviewed.accession}", UserFactory())

    assert subjects("not-reviewed") == [f"mitigation {old.accession}"]


def test_a_review_counts_for_a_year():
    mitigation = long_ago(MitigationFactory())
    reviews.mark_reviewed(f"mitigation {mitigation.accession}", UserFactory())
    Review.objects.update(reviewed_at=timezone.now() - timedelta(days=366))

    assert f"mitigation {mitigation.accession}" in subjects("not-reviewed")
    with pytest.raises(ValueError, match="no longer there"):
        reviews.mark_reviewed("mitigation M9999", UserFactory())


# The desk


def dismissed(check, finding, reason="The source says no more."):
    return desk.dismiss(
        check=check,
        subject=finding.subject,
        fingerprint=finding.fingerprint,
        reason=reason,
        curator=UserFactory(),
    )


def test_a_dismissed_finding_stays_away_until_what_was_found_changes():
    check, mitigation = (
        CHECKS["no-description"],
        MitigationFactory(description="n/a"),
    )
    dismissed(check, found(check.name)[0])
    assert desk.open_issues(check) == []

    Mitigation.objects.filter(pk=mitigation.pk).update(description="tbd")

    [row] = desk.judged_issues(check)
    assert (row.is_open, row.dismissal.found) == (
        True,
        "Its description holds its place only: “n/a”.",
    )


def test_a_dismissal_is_taken_back():
    check, _ = CHECKS["no-description"], MitigationFactory(description="n/a")
    row = dismissed(check, found(check.name)[0])

    assert desk.undo_dismissal(check=check, subject=row.subject)
    assert len(desk.open_issues(check)) == 1
    assert not desk.undo_dismissal(check=check, subject=row.subject)


def test_what_changed_while_one_looked_is_not_dismissed():
    check, mitigation = (
        CHECKS["no-description"],
        MitigationFactory(description="n/a"),
    )
    [seen] = found(check.name)
    Mitigation.objects.filter(pk=mitigation.pk).update(description="tbd")

    with pytest.raises(ValidationError, match="has changed since you opened"):
        dismissed(check, seen)
    with pytest.raises(ValidationError, match="Say why"):
        dismissed(check, found(check.name)[0], reason=" ")
    Mitigation.objects.filter(pk=mitigation.pk).update(description=TEXT)
    with pytest.raises(ValidationError, match="no longer found"):
        dismissed(check, seen)
    assert not Dismissal.objects.exists()


def test_counts_follow_every_write_and_say_what_is_not_known():
    mitigation = MitigationFactory(description="n/a")
    assert (
        desk.counts(patience=60).open["no-description"],
        desk.counts(patience=60).open["broken-link"],
    ) == (1, None)

    dismissed(CHECKS["no-description"], found("no-description")[0])
    assert desk.counts(patience=60).open["no-description"] == 0
    Mitigation.objects.filter(pk=mitigation.pk).update(description="tbd")
    assert desk.counts(patience=60).open["no-description"] == 1


def test_counts_that_take_long_are_shown_as_of_their_time():
    MitigationFactory(description="n/a")
    desk.counts(patience=60)
    MitigationFactory(description="n/a")

    kept = desk.counts(patience=-1)

    assert (kept.open["no-description"], kept.is_current) == (1, False)


@pytest.mark.parametrize("name", list(CHECKS))
def test_a_check_takes_the_same_queries_for_any_number_of_records(name):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            found(name)
        return len(captured)

    document = DocumentFactory(kind="preprint", url="https://example.org/1")
    TaxonomyFactory(is_default=True)
    ClassificationFactory(
        category=CategoryFactory(),
        mitigation__document=document,
    )
    MappingFactory(
        framework="X",
        entry="1",
        target=None,
        source__document=document,
    )
    before = queries()
    for number in range(2, 8):
        more = DocumentFactory(
            kind="preprint",
            url=f"https://example.org/{number}",
        )
        ClassificationFactory(
            category=CategoryFactory(
                taxonomy=CategoryFactory._meta.model.objects.first().taxonomy,
            ),
            mitigation__document=more,
            mitigation__description="n/a",
        )
        MappingFactory(
            framework="X",
            entry=str(number),
            target=None,
            source__document=more,
        )
        Document.history.update(
            history_date=timezone.now() - timedelta(days=400),
        )

    assert queries() == before


# The command


def test_the_command_prints_counts_and_exits_with_1_where_anything_is_open():
    MitigationFactory(description="n/a", document__kind="report")
    out = StringIO()

    with pytest.raises(SystemExit) as left:
        call_command(
            "quality",
            "no-description",
            "broken-link",
            "--list",
            stdout=out,
        )

    assert left.value.code == 1
    assert "     1 no-description: No description" in out.getvalue()
    assert "holds its place only: “n/a”" in out.getvalue()
    assert (
        "     ? broken-link" not in out.getvalue().partition("broken-link")[0]
    )


def test_the_command_is_silent_about_nothing_and_refuses_what_is_no_check():
    call_command("quality", "no-description", stdout=StringIO())
    with pytest.raises(
        CommandError,
        match="There is no check no-descriptions. There are: no-description,",
    ):
        call_command("quality", "no-descriptions", stdout=StringIO())


def test_the_file_of_the_command_guards_against_formulas():
    MitigationFactory(name="=1+1", description="n/a")
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("quality", "no-description", "--csv", stdout=out)

    assert (
        out.getvalue().splitlines()[0]
        == "check,record,finding,kind,document,subject,address"
    )
    assert "no-description,M0001 =1+1," in out.getvalue()


def test_generated_catalogues_do_not_drown_the_desk():
    CategoryFactory(taxonomy=TaxonomyFactory(is_default=True))
    CategoryFactory(taxonomy=TaxonomyFactory(kind="risks"))
    LifecyclePhaseFactory.create_batch(2)
    from tests.factories import ActorFactory, RiskManagementFunctionFactory

    ActorFactory.create_batch(2)
    RiskManagementFunctionFactory.create_batch(2)
    generate_catalogue(mitigations=300, seed=1)

    assert len(found("rationale-argues-elsewhere")) < 15
    assert found("description-repeats-name") == []


def test_what_was_withdrawn_is_left_in_peace(monkeypatch):
    monkeypatch.setattr(Mitigation, "RETIRED", ("draft",))
    long_ago(MitigationFactory(description="n/a", status="draft"))

    assert {
        name for name, check in CHECKS.items() if list(check.find())
    } == set()


# Declaring one


def test_a_module_of_checks_is_on_the_desk_without_being_named_anywhere():
    modules = {name for _, name, _ in iter_modules(checks.__path__)}
    on_desk = {find_module(check) for check in CHECKS.values()}

    assert modules <= on_desk


def find_module(check):
    function = getattr(check.find, "func", check.find)
    return function.__module__.rpartition(".")[2]


def test_checks_come_in_the_order_of_the_desk():
    assert [check.name for check in ordered_checks()] == [
        "no-description",
        "description-repeats-name",
        "description-claims-effect",
        "rationale-argues-elsewhere",
        "likely-duplicate",
        "same-name-in-document",
        "same-document",
        "classification-gap",
        "no-phase",
        "no-actor",
        "no-function",
        "broken-link",
        "no-doi",
        "superseded-framework",
        "superseded-provision",
        "instrument-not-looked-at",
        "note-names-former-day",
        "synonym-leads-nowhere",
        "not-reviewed",
        "figure-differs",
    ]
