"""What stands in the catalogue twice is found."""

import pytest

from catalogue.curation.quality import CHECKS
from tests.factories import DocumentFactory, MitigationFactory

pytestmark = pytest.mark.django_db


def subjects(check: str) -> list[str]:
    return [one.subject for one in CHECKS[check].find()]


def test_mitigations_of_one_document_with_the_same_name_are_one_finding():
    paper, other = DocumentFactory(), DocumentFactory()
    for accession, name in [
        ("M0001", "Red teaming"),
        ("M0002", "Audits"),
        ("M0003", "Red Teaming."),
    ]:
        MitigationFactory(accession=accession, document=paper, name=name)
    MitigationFactory(accession="M0004", document=other, name="Red teaming")

    assert subjects("same-name-in-document") == ["M0001 M0003"]


def test_what_was_withdrawn_stands_there_no_more():
    paper = DocumentFactory()
    MitigationFactory(document=paper, name="Red teaming")
    MitigationFactory(
        document=paper,
        name="Red teaming",
        status="withdrawn",
        withdrawal_note="It stood here twice.",
    )

    assert subjects("same-name-in-document") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"doi": "10.1/abc"}, {"doi": "10.1/ABC"}),
        ({"arxiv_id": "2305.07153"}, {"arxiv_id": "2305.07153v2"}),
        ({"arxiv_id": "2305.07153"}, {"doi": "10.48550/arXiv.2305.07153"}),
        (
            {"title": "Best practices: a survey", "year": 2023},
            {"title": "Best Practices – A survey", "year": 2023},
        ),
    ],
)
def test_documents_that_are_the_same_one_are_a_finding(one, other):
    DocumentFactory(slug="a", **one)
    DocumentFactory(slug="b", **other)
    DocumentFactory(
        slug="c",
        doi="10.1/c",
        title="Best practices: a survey",
        year=2020,
    )

    assert subjects("same-document") == ["a b"]


def test_documents_that_are_the_same_through_a_third_are_one_finding():
    DocumentFactory(slug="a", doi="10.1/a", title="One")
    DocumentFactory(slug="b", arxiv_id="2305.07153", title="Two")
    DocumentFactory(
        slug="c",
        doi="10.1/A",
        arxiv_id="2305.07153v1",
        title="Three",
    )

    assert subjects("same-document") == ["a b c"]
