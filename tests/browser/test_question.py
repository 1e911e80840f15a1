"""A question of a policymaker, from the front page to its answer: "Which measures against misuse
for bioweapons have the strongest expert support, and who would carry them out?"
"""

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]

#: Those of which more than 60 per cent of experts said that they are effective against CBRN.
STRONGEST = {
    "Pre-deployment risk assessments",
    "Safety incident reports and security information sharing",
    "Third party pre-deployment model audits",
}
ACTORS = ("Developer", "Deployer", "Governance actor")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("javascript", [True, False])
def test_the_strongest_measures_against_bioweapons_are_two_actions_away(
    new_page,
    width,
    javascript,
):
    page = new_page(width=width, javascript=javascript)
    page.goto("/")
    page.locator("#q").fill("bioweapons")
    page.locator("#q").press("Enter")  # the first

    page.get_by_role("link", name="CBRN: found effective").first.click()

    expect(page.locator("h1")).to_be_visible()
    entries = page.locator("li.entry")
    expect(entries).to_have_count(len(STRONGEST))
    assert {*entries.locator("h2").all_inner_texts()} == STRONGEST
    for entry in entries.all():
        words = entry.inner_text()
        assert "More than 60 % of experts found it effective" in words.replace(
            "\N{NO-BREAK SPACE}",
            " ",
        )
        assert "CBRN" in words
        assert "Uuk et al. 2024" in words
        assert any(actor in words for actor in ACTORS)
