"""Which sentences say that a measure works, and which only what it is meant to do."""

import pytest

from catalogue.curation.quality.hedging import claims_of_effect


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Attacks are stopped at once.", ["are stopped"]),
        ("Nobody can plant a false memory.", ["nobody"]),
        ("A thief is left with what cannot be read.", ["cannot"]),
        ("Commands hidden in that text come to nothing.", ["come to nothing"]),
        ("Providers thereby prevent a theft.", ["thereby prevent"]),
        ("It prevents misuse and ensures safety.", ["prevents", "ensures"]),
        ("Users\ncan’t copy what never leaves.", ["can’t", "never"]),
        ("Impostors are soon unmasked.", ["are soon unmasked"]),
        # What one sentence aims at, the next may still claim.
        ("It aims to deter. Misuse is caught.", ["is caught"]),
        ("It is meant to deter; nobody gets in.", ["nobody"]),
    ],
)
def test_an_outcome_without_a_hedge_is_a_claim(text, claims):
    assert claims_of_effect(text) == claims


@pytest.mark.parametrize(
    "text",
    [
        "Developers screen each answer and hold back what looks harmful.",
        "The check is meant to see that misuse is caught.",
        "Misuse can be noticed early.",
        "Developers seek a design that nobody can exchange unseen.",
        "It aims to have attacks stopped at once.",
        "Faults should come up while the damage is small.",
        "",
    ],
)
def test_an_aim_is_no_claim(text):
    assert claims_of_effect(text) == []
