"""Comparisons of a measure that a study asked about only as another source words it."""

import csv
import io

import pytest

from catalogue.models import Mapping
from decisions.compare.comparison import ComparedMitigations
from decisions.compare.rows import Missing
from tests.decisions.compare.test_answers import (
    make_published,
    missing_of,
    published_bound,
    text_of_comparison,
)
from tests.factories import MappingFactory, MitigationFactory
from tests.surveys.factories import make_study

pytestmark = pytest.mark.django_db


def reworded(twin):
    """The same measure, worded by another source, of which no study asked."""
    wording = MitigationFactory()
    MappingFactory(
        source=wording,
        target=twin,
        relation=Mapping.Relation.EXACT,
    )
    return wording


def asked_about_two():
    """Two that one study asked about, with a bound of each."""
    study, mitigations = make_published(make_study(items=2))
    for item in study.items.all():
        published_bound(study, item)
    return mitigations


def verdicts_of(*mitigations):
    compared = ComparedMitigations(list(mitigations), ["experts"])
    found = {}
    for group in compared.groups:
        for one in group.comparisons:
            found[one.places] = one
    return found


def test_it_is_compared_as_that_source_words_it(client):
    first, twin = asked_about_two()
    wording = reworded(twin)

    assert missing_of(first, wording) == []
    [said] = verdicts_of(first, wording).values()
    assert said.verdict == "only bounds"
    assert f"“{wording.name} (as worded in {twin.accession})”" in said.text
    text = text_of_comparison(client, first, wording)
    assert "cannot be compared" not in text
    assert f"As worded in {twin.accession}: More than 60 %" in text


def test_its_values_name_these_words_in_files_and_the_api(client):
    first, twin = asked_about_two()
    query = f"?m={first.accession}&m={reworded(twin).accession}"

    text = client.get(f"/compare/comparison.long.csv{query}").content.decode(
        "utf-8-sig",
    )
    rows = csv.DictReader(io.StringIO(text))
    of_shares = [one["as_worded_in"] for one in rows if one["share"]]
    assert of_shares == ["", twin.accession]

    payload = client.get(f"/api/v1/mitigations/compare/{query}").json()
    values = [one for row in payload["rows"] for one in row["values"]]
    of_shares = [one["as_worded_in"] for one in values if one["share"]]
    assert of_shares == [None, twin.accession]


def test_answers_stand_with_these_words_where_they_are_compared_too():
    first, twin = asked_about_two()
    wording = reworded(twin)

    [(why, text)] = missing_of(first, wording, twin)
    assert why == Missing.ELSEWHERE
    assert f"asked about the same measure as “{twin.name}”" in text
    said = verdicts_of(first, wording, twin)
    assert said[0, 1].verdict == "in other words"
    assert (
        f"as worded in {twin.accession}, which stands here" in said[0, 1].text
    )
    assert said[1, 2].verdict == "same measure"


def test_two_in_the_words_of_a_third_are_not_compared_with_each_other():
    first, twin = asked_about_two()
    one, other = reworded(twin), reworded(twin)

    assert set(verdicts_of(first, one, other)) == {(0, 1), (0, 2)}


def test_a_question_asked_in_other_words_can_come_first(client):
    _, twin = asked_about_two()
    study = twin.items.get().study.slug
    chosen = [reworded(twin), MitigationFactory()]
    query = "&".join(f"m={one.accession}" for one in chosen)

    assert client.get(f"/compare/?{query}&study={study}").status_code == 200


def test_other_words_take_a_fixed_number_of_queries(
    client,
    django_assert_max_num_queries,
):
    first, twin = asked_about_two()
    query = f"?m={first.accession}&m={reworded(twin).accession}"
    client.get(f"/compare/{query}")

    with django_assert_max_num_queries(40):
        client.get(f"/compare/{query}&by=measure")
