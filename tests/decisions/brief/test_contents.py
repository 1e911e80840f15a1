"""What a brief holds: the parts that are asked for, each made from data."""

import html

import lxml.html
import pytest

from catalogue.models import Mapping, Mitigation
from decisions.brief.state import PARTS
from decisions.shortlist.together import chosen_together
from surveys.models import (
    Criterion,
    ExpertComment,
    Figure,
    Item,
    Lean,
    Result,
    RiskArea,
    ScalePoint,
    Study,
    Tally,
)
from surveys.results.publishing import publish_study
from surveys.results.sentences import TOGETHER_NOT_PUBLISHED
from surveys.shares import refresh_shares_agreeing
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
)
from tests.surveys.factories import (
    make_closed_study,
    make_full_study,
    make_study,
)

pytestmark = pytest.mark.django_db


def brief_of(client, *mitigations, further=""):
    """As text on one line."""
    query = "&".join(f"m={one.accession}" for one in mitigations)
    response = client.get(f"/shortlist/brief.txt?{query}{further}")
    assert response.status_code == 200
    return " ".join(html.unescape(response.content.decode()).split())


def publish_share(item, value, operator=""):
    """Of experts agreeing, as the study publishes it."""
    criterion = Criterion.objects.get(study=item.study)
    result = Result.objects.create(item=item, criterion=criterion)
    Figure.objects.create(
        result=result,
        statistic=Figure.Statistic.SHARE_AGREEING,
        value=value,
        operator=operator,
        decimals=2,
    )
    refresh_shares_agreeing(item.study)


def study_that_ran(experts, **fields):
    """That ran here; all experts agreed."""
    study = make_closed_study([""] * experts, **fields)
    publish_study(study)
    study.refresh_from_db()
    return study


@pytest.mark.parametrize("part", PARTS)
def test_a_part_stands_in_it_where_it_is_asked_for(client, part):
    one, other, not_taken = MitigationFactory.create_batch(3)
    ProvisionMappingFactory(source=one)
    one.phases.add(LifecyclePhaseFactory())
    query = f"&parts={part}&x={not_taken.accession}"

    said = brief_of(client, one, other, further=query)
    headings = [f"{name} -" for name in PARTS.values() if f"{name} --" in said]

    assert headings == [f"{PARTS[part]} -"]


def test_parts_may_be_repeated_or_stand_with_commas(client):
    one = MitigationFactory()
    said = brief_of(client, one, further="&parts=method,references")

    assert said == brief_of(
        client,
        one,
        further="&parts=references&parts=method",
    )


@pytest.mark.parametrize("query", ["&parts=all", "&parts=points,summary"])
def test_parts_that_there_are_not_are_refused(client, query):
    one = MitigationFactory()
    response = client.get(
        f"/shortlist/brief.md?m={one.accession}{query}",
    )

    assert response.status_code == 400


def test_documents_and_entries_are_numbered_apart(client):
    document = DocumentFactory(label="Doe 2024", doi="10.1234/x")
    one = MitigationFactory(document=document, section="Audits", page="12")
    other = MitigationFactory(document=document)
    said = brief_of(client, one, other)

    documents = said.index("Documents and studies")
    entries = said.index("Entries of the catalogue")
    assert documents < said.index("https://doi.org/10.1234/x") < entries
    assert f"Entry {one.accession}, from [1], Audits, p. 12." in said[entries:]
    assert f"Entry {other.accession}, from [1]." in said[entries:]
    assert "Source: Doe 2024 [1], Audits, p. 12" in said
    assert "In the catalogue: [3]" in said


def test_only_terms_that_these_measures_have_are_explained(client):
    one = MitigationFactory()
    used = LifecyclePhaseFactory(name="Deploy", definition="It is released.")
    LifecyclePhaseFactory(name="Retire", definition="It is switched off.")
    one.phases.add(used)
    said = brief_of(client, one, further="&parts=terms")

    assert "Deploy (phase): It is released." in said
    assert "Retire" not in said


def test_without_terms_there_is_no_heading_of_them(client):
    said = brief_of(client, MitigationFactory(), further="&parts=terms")

    assert "Terms" not in said


def test_two_that_are_the_same_measure_are_named(client):
    one, other = MitigationFactory.create_batch(2)
    Mapping.objects.create(
        source=one,
        target=other,
        relation=Mapping.Relation.EXACT,
        asserted_by="Editors",
    )
    said = brief_of(client, one, other, further="&parts=overlaps")

    assert "are the same measure" in said


def test_where_no_two_are_the_same_it_says_that(client):
    said = brief_of(
        client,
        *MitigationFactory.create_batch(2),
        further="&parts=overlaps",
    )

    assert "No two of these are recorded as the same measure" in said


def test_what_was_left_out_stands_there_with_its_reason(client):
    one, dear, unclear = MitigationFactory.create_batch(3)
    query = f"&x={dear.accession}:too dear&x={unclear.accession}"
    said = brief_of(client, one, further=query)

    assert "2 measures were looked at and left out:" in said
    assert f"({dear.accession}), {dear.document.label}: too dear" in said
    assert f"{unclear.document.label}: no reason given" in said


def test_why_something_was_left_out_stands_in_no_address_of_it(client):
    one, dear = MitigationFactory.create_batch(2)
    said = brief_of(client, one, further=f"&x={dear.accession}:too dear")

    assert f"x={dear.accession}" in said
    assert "too+dear" not in said


def test_files_say_what_was_withdrawn(client):
    one, new = MitigationFactory.create_batch(2)
    old = MitigationFactory(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="A double.",
        replaced_by=new,
    )
    said = brief_of(client, one, old)

    assert f"{old.name} ({old.accession}) is no longer in" in said
    assert f"In its place stands {new.name} ({new.accession})" in said


def test_in_short_it_says_what_was_left_out_and_why(client):
    one, dear = MitigationFactory.create_batch(2)
    query = f"&length=1&x={dear.accession}:too dear"
    said = brief_of(client, one, further=query)

    assert f"left out: {dear.name} ({dear.accession})." in said
    assert f"{dear.document.label}: too dear" in said


def test_the_study_that_is_the_source_is_named_once_in_a_row(client):
    study = make_study(items=1, status=Study.Status.PUBLISHED)
    item = study.items.get()
    document = item.mitigation.document
    Study.objects.filter(pk=study.pk).update(document=document)
    said = brief_of(client, item.mitigation, further="&parts=table")

    assert f"Source: {document.label} [1]" in said
    assert said.count("[1]") == 1


def test_what_fits_nowhere_else_is_no_gap_and_is_not_counted(client):
    taxonomy = TaxonomyFactory(kind="risks")
    there, rest = [
        CategoryFactory(taxonomy=taxonomy, code=code) for code in ("1", "99")
    ]
    one, other = MitigationFactory.create_batch(2)
    for mitigation, category in ((one, there), (other, rest)):
        ClassificationFactory(mitigation=mitigation, category=category)
    said = brief_of(client, one, further="&parts=coverage")

    assert "Covered: 1 of 1" in said
    assert rest.name not in said


def test_where_nothing_was_left_out_there_is_no_word_of_it(client):
    said = brief_of(client, MitigationFactory())

    assert "left out" not in said


def test_the_day_on_which_it_was_put_together_is_told(client):
    said = brief_of(client, MitigationFactory(), further="&as_of=2026-10-02")

    assert "put together by a reader on 2 October 2026." in said
    assert "as_of=2026-10-02" in said


def test_measures_that_overlap_are_among_the_key_points(client):
    one, other = MitigationFactory.create_batch(2)
    Mapping.objects.create(
        source=one,
        target=other,
        relation=Mapping.Relation.CLOSE,
        asserted_by="Editors",
    )
    said = brief_of(client, one, other)

    points, rest = said.split("The measures -", 1)
    assert "are nearly the same measure." in points
    assert "are nearly the same measure." in rest


def test_the_measures_with_the_strongest_support_are_named(
    client,
):
    study = make_study(items=3, status=Study.Status.PUBLISHED)
    values = zip(study.items.all(), (0.61, 0.98, 0.6), strict=True)
    for item, value in values:
        publish_share(item, value, ">" if value == 0.6 else "")
    mitigations = [item.mitigation for item in study.items.all()]
    said = brief_of(client, *mitigations, further="&parts=points")

    first, second, _ = mitigations
    assert (
        f"Strongest support among 2 of these measures: {second.name} ({second.accession}), 98 % of experts"
        in said
    )
    assert f"; then {first.name} ({first.accession}), 61 %" in said
    assert "“Should it be done?”" in said
    assert "1 has only a bound" in said


@pytest.mark.parametrize(
    ("operator", "lead"),
    [("", "98 % of experts"), (">", "More than 98 % of experts")],
)
def test_the_only_figure_of_a_question_is_told_among_the_key_points(
    client,
    operator,
    lead,
):
    study = make_study(items=2, status=Study.Status.PUBLISHED)
    known, unknown = study.items.all()
    publish_share(known, 0.98, operator)
    mitigations = [known.mitigation, unknown.mitigation]
    said = brief_of(client, *mitigations, further="&parts=points")

    one = known.mitigation
    assert f"{study.label}: {one.name} ({one.accession}): {lead}" in said
    assert "“Should it be done?”" in said


@pytest.mark.parametrize(("other", "is_told"), [(0.6, True), (0.4, False)])
def test_bounds_are_told_among_the_key_points_where_they_are_the_same(
    client,
    other,
    is_told,
):
    study = make_study(items=2, status=Study.Status.PUBLISHED)
    for item, value in zip(study.items.all(), (0.6, other), strict=True):
        publish_share(item, value, ">")
    one, two = [item.mitigation for item in study.items.all()]
    said = brief_of(client, one, two, further="&parts=points")

    names = f"{one.name} ({one.accession}) and {two.name} ({two.accession})"
    told = f"{study.label}: {names}, of each: More than 60 % of experts"
    assert (told in said) == is_told
    assert "2 have only a bound" in said


def test_answers_of_two_studies_are_told_apart(client):
    mitigations = MitigationFactory.create_batch(2)
    for label, value in (("First", 0.5), ("Second", 0.9)):
        study = make_study(items=0, status=Study.Status.PUBLISHED)
        Study.objects.filter(pk=study.pk).update(label=label)
        for one in mitigations:
            publish_share(
                Item.objects.create(study=study, mitigation=one),
                value,
            )
    said = brief_of(client, *mitigations, further="&parts=points")

    named = (
        f"Strongest support among 2 of these measures: {mitigations[0].name}"
    )
    assert f"First: {named}" in said
    assert f"Second: {named}" in said


def test_key_points_from_preliminary_figures_say_so(client):
    study = make_study(
        items=2,
        is_preliminary=True,
        status=Study.Status.PUBLISHED,
    )
    for item in study.items.all():
        publish_share(item, 0.6, ">")
    mitigations = [item.mitigation for item in study.items.all()]
    said = brief_of(client, *mitigations, further="&parts=points")

    assert "what is known of 2 is preliminary" in said


def test_comments_of_a_preliminary_study_count_as_preliminary(client):
    study = make_study(
        items=2,
        is_preliminary=True,
        status=Study.Status.PUBLISHED,
        ran_elsewhere=True,
    )
    answered, commented = study.items.all()
    publish_share(answered, 0.6, ">")
    area = RiskArea.objects.create(slug="fires", name="Fires")
    Lean.objects.create(
        item=commented,
        risk_area=area,
        direction=Lean.Direction.HELPFUL,
    )
    mitigations = [item.mitigation for item in study.items.all()]
    said = brief_of(client, *mitigations, further="&parts=points")

    assert "1 has only a bound, such as “more than 60 %”" in said
    assert "what is known of 2 is preliminary" in said


def test_descriptions_are_said_to_be_the_editors_words(client):
    said = brief_of(client, MitigationFactory(), further="&parts=method")

    assert "in the words of the catalogue’s editors" in said


def test_what_a_reader_answers_for_stands_with_what_is_covered(client):
    one, other = MitigationFactory.create_batch(2)
    phase = LifecyclePhaseFactory(slug="deploy", name="Deploy")
    other.phases.add(phase)
    said = brief_of(client, one, further="&for=phase:deploy")

    assert "among what bears on “Deploy”" in said
    assert "No measure here that bears on “Deploy” is recorded for" in said


def test_a_figure_in_full_has_its_words_its_question_and_what_is_likely(
    client,
):
    study = make_study(items=1)
    for slug, label in (("a", "Somewhat agree"), ("sa", "Strongly agree")):
        ScalePoint.objects.filter(slug=slug).update(label=label)
    item = study.items.get()
    result = Result.objects.create(item=item, criterion=study.criteria.get())
    point = ScalePoint.objects.get(slug="a")
    Tally.objects.create(result=result, point=point, count=7)
    refresh_shares_agreeing(study)
    Study.objects.update(status=Study.Status.PUBLISHED)
    said = brief_of(client, item.mitigation, further="&parts=measures")

    assert "All agree. All 7 experts agreed: “Should it be done?”" in said
    assert (
        "Had they been drawn at random, between 65 and 100 % of all such experts would likely agree."
        in said
    )
    assert f"- {study.label} [2]: All agree." in said


def test_what_holds_for_all_measures_of_a_study_is_said_once(client):
    study = make_study(
        items=2,
        status=Study.Status.PUBLISHED,
        ran_elsewhere=True,
        asks_combination=True,
    )
    Criterion.objects.update(clause="found it good")
    for item in study.items.all():
        publish_share(item, 0.98)
    ExpertComment.objects.create(
        item=study.items.first(),
        label="cheap",
        body="It is cheap.",
        stance=1,
    )
    mitigations = [item.mitigation for item in study.items.all()]
    said = brief_of(client, *mitigations, further="&parts=measures")

    asked = "asked experts about both measures: “Should it be done?” Not known of any of them: preferred combinations (not reported)."
    assert asked in said
    assert said.count("Should it be done?") == 1
    assert said.count("preferred combinations") == 1
    assert said.count("found it good") == 2
    unknown = f"Not known from {study.label}: comments (not reported)."
    assert said.count(unknown) == 1
    assert said.index(unknown) > said.index(mitigations[1].accession)


def test_of_one_whose_answers_are_not_reported_no_single_answer_is_missed(
    client,
):
    study = make_study(
        items=2,
        status=Study.Status.PUBLISHED,
        ran_elsewhere=True,
    )
    silent, spoken = study.items.all()
    publish_share(spoken, 0.98)
    mitigations = [silent.mitigation, spoken.mitigation]
    said = brief_of(client, *mitigations, further="&parts=measures")

    assert "what they answered is not known here." in said
    assert "Not known from" not in said


def test_what_is_kept_back_is_told_and_not_shown(client):
    study = study_that_ran(experts=5, items=2, min_cell_size=5)
    item = study.items.first()
    # As of a measure that too few were asked about.
    item.results.all().delete()
    said = brief_of(client, item.mitigation)

    assert "too few answered about 1 for it to be shown" in said
    assert "Fewer than 5 experts answered about this measure" in said
    assert "left out, since fewer than 5 experts answered" in said
    assert "5 experts agreed" not in said


def test_where_experts_split_stands_by_itself(client):
    study = make_study(items=1, status=Study.Status.PUBLISHED)
    item = study.items.get()
    for stance, body in ((1, "It is cheap."), (3, "It is slow.")):
        ExpertComment.objects.create(
            item=item,
            label=body,
            body=body,
            stance=stance,
        )
    said = brief_of(client, item.mitigation, further="&parts=measures")

    assert f"Where they split in {study.label}" in said
    assert ": It is cheap." in said
    assert ": It is slow." in said


def test_the_part_of_what_was_left_out_is_offered_where_there_is_any(client):
    one, other = MitigationFactory.create_batch(2)
    address = f"/shortlist/brief/?m={one.accession}"
    without = client.get(address).content.decode()
    with_it = client.get(f"{address}&x={other.accession}").content.decode()

    assert PARTS["left-out"] not in without
    assert with_it.count(PARTS["left-out"]) >= 2


def test_what_stands_in_combinations_is_told_of_each_with_its_question(client):
    study = make_study(items=2, status=Study.Status.PUBLISHED)
    for item in study.items.all():
        result = Result.objects.create(item=item)
        Figure.objects.create(
            result=result,
            statistic=Figure.Statistic.SHARE_OF_COMBINATIONS,
            value=0.4,
            operator=">",
            decimals=0,
        )
    mitigations = [item.mitigation for item in study.items.all()]
    said = brief_of(client, *mitigations, further="&parts=overlaps")

    assert f"Chosen together, {study.label} [" in said
    assert TOGETHER_NOT_PUBLISHED in said
    for one in mitigations:
        figure = f"{one.name}: More than 40 % of the combinations that experts preferred include it."
        assert figure in said


def test_of_a_study_that_ran_here_a_brief_tells_how_many_would_combine_two(
    client,
):
    study = make_full_study(experts=16, areas=1, rounds=1)
    mitigations = [item.mitigation for item in study.items.all()]
    [together] = chosen_together(mitigations)
    said = brief_of(client, *mitigations, further="&parts=overlaps")

    assert "put both" in together.lines[-1]
    assert f"Asked: {together.question}" in said
    for line in together.lines:
        assert line in said
    assert TOGETHER_NOT_PUBLISHED not in said


def test_of_one_in_combinations_nothing_is_told_of_several(client):
    study = make_study(items=1, status=Study.Status.PUBLISHED)
    one = study.items.get().mitigation
    said = brief_of(
        client,
        one,
        MitigationFactory(),
        further="&parts=overlaps",
    )

    assert "Chosen together" not in said


def test_on_the_page_the_mark_of_a_work_leads_to_it(client):
    document = DocumentFactory(doi="10.1234/x")
    one = MitigationFactory(document=document)
    body = client.get(f"/shortlist/brief/?m={one.accession}")
    page = lxml.html.fromstring(body.content)
    marks = page.xpath("//a[starts-with(@href, '#reference-')]/@href")

    assert {"#reference-1", "#reference-2"} <= set(marks)
    for mark in marks:
        assert page.xpath(f"//p[@id='{mark[1:]}']")
    assert page.xpath("//a[@href='https://doi.org/10.1234/x']")


def test_without_references_no_mark_leads_anywhere(client):
    one = MitigationFactory()
    body = client.get(f"/shortlist/brief/?m={one.accession}&parts=table")

    assert "#reference-1" not in body.content.decode()


def test_an_address_in_a_description_is_a_link_and_no_markup(client):
    one = MitigationFactory(
        description='See https://example.org/a?b="c"><script>alert(1)</script>.',
    )
    page = client.get(f"/shortlist/brief/?m={one.accession}").content.decode()

    assert '<a href="https://example.org/a?b=">' in page
    assert "<script>alert" not in page
