"""The check that finds a rationale which argues for another category than its own: it weighs
words by how rare they are among sixty other records, which are made once.
"""

import pytest

from catalogue.curation.quality import CHECKS
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MitigationFactory,
    TaxonomyFactory,
)
from tests.states import made_once

pytestmark = pytest.mark.django_db


@made_once
def tree():
    taxonomy = TaxonomyFactory()
    for code, name, definition in (
        (
            "1",
            "Training data",
            "Choosing, cleaning and filtering examples before a model learns. Screening input is 2.",
        ),
        (
            "2",
            "Guardrails",
            "Screening prompts and answers while the system runs.",
        ),
        (
            "3",
            "Liability",
            "Courts and insurers make those pay who caused harm.",
        ),
    ):
        CategoryFactory(
            taxonomy=taxonomy,
            code=code,
            name=name,
            definition=definition,
        )
    # Others, so that words have a rarity.
    document = DocumentFactory()
    for number in range(60):
        text = f"Somebody looks after matter {number} and reports to the board about outcome{number}."
        MitigationFactory(description=text, document=document)
    return taxonomy


def found():
    return list(CHECKS["rationale-argues-elsewhere"].find())


def placed(tree, code, rationale):
    return ClassificationFactory(
        category=tree.categories.get(code=code),
        rationale=rationale,
    )


def test_a_rationale_that_argues_for_another_category_is_found_with_the_words_that_decide(
    tree,
):
    row = placed(
        tree,
        "3",
        "Every prompt is screened as it comes, and each answer before it goes out.",
    )

    [finding] = found()

    assert finding.subject == f"{row.mitigation.accession} {tree.slug} 3"
    assert (str(finding.details["here"]), str(finding.details["other"])) == (
        "3 Liability",
        "2 Guardrails",
    )
    assert set(finding.details["against"]) == {"prompt", "screened", "answer"}


@pytest.mark.parametrize(
    ("code", "rationale"),
    [
        (
            "2",
            "Every prompt is screened as it comes, and each answer before it goes out.",
        ),  # fits where it stands
        ("3", "It is a good idea, and nobody else does it."),  # fits nowhere
        (
            "3",
            "Insurers ask for the harm that an answer caused, and courts for a prompt.",
        ),  # fits both
        (
            "1",
            "Screening and input are not for what is cleaned here.",
        ),  # what its definition says of another
    ],
)
def test_a_rationale_that_does_not_clearly_argue_elsewhere_is_left_alone(
    tree,
    code,
    rationale,
):
    placed(tree, code, rationale)

    assert found() == []


def test_a_further_place_in_the_other_category_settles_it(tree):
    row = placed(
        tree,
        "3",
        "Every prompt is screened as it comes, and each answer before it goes out.",
    )
    ClassificationFactory(
        mitigation=row.mitigation,
        category=tree.categories.get(code="2"),
        is_primary=False,
    )

    assert found() == []
