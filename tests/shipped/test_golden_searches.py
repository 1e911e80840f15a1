"""Searches that a policymaker would type, and the mitigations that must come among the first
ten.
"""

from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml
from django.http import QueryDict

from catalogue.listing.across import search_across
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]

GOLDEN = {
    "staged release": ["M0006", "M0061"],
    "phased deployment": ["M0006", "M0061"],
    "bug bounty": ["M0003", "M0046"],
    "independent audit": ["M0022", "M0030"],
    "third-party audits of models": ["M0022", "M0030"],
    "whistleblower protection": ["M0026"],
    "know your customer": ["M0012", "M0057"],
    "incident reporting": ["M0019", "M0037"],
    "red teaming": ["M0032"],
    "security of model weights": ["M0027", "M0052"],
    "tracking copies of weights": ["M0062"],
    "deepfakes": ["M0112"],
    "poisoned training data": ["M0085"],
    "register large training runs": ["M0015", "M0070"],
    "emergency response plan": ["M0041"],
    "safety drills": ["M0018"],
    "internal audit": ["M0063"],
    "board risk committee": ["M0053"],
    "chief risk officer": ["M0054"],
    "open source": ["M0064"],
    "jailbreak": ["M0002"],
    "content filter": ["M0010"],
    "machine unlearning": ["M0024"],
    "prompt injection": ["M0108"],
    "human in the loop": ["M0107"],
    "agent permissions": ["M0104", "M0105", "M0106"],
    "bill of materials": ["M0101"],
    "encryption": ["M0090"],
    "rate limiting": ["M0082"],
    "logging": ["M0102"],
    "data provenance": ["M0103"],
    "background checks": ["M0059"],
    "safety case": ["M0021"],
    "researcher access": ["M0025", "M0065"],
    "dangerous capabilities evaluations": ["M0029"],
    "risk thresholds": ["M0011"],
    "industrial espionage": ["M0042"],
    "notify government before deployment": ["M0073"],
    "pause training": ["M0043"],
    "alignment": ["M0034", "M0100"],
    "user training": ["M0096"],
    "vulnerability scanning": ["M0094"],
    "hype": ["M0067"],
    "guardrails": ["M0098"],
    "monitoring after deployment": ["M0033"],
    "ensemble of models": ["M0084"],
    "limits on fine-tuning": ["M0008"],
    "transparent governance": ["M0023", "M0055"],
    "two-person rule": ["M0050"],
    "share threat information": ["M0019", "M0047"],
    "AML.M0015": ["M0093"],
    "M0006": ["M0006"],
}


def filters_of(query: str) -> MitigationFilter:
    return MitigationFilter(
        QueryDict(urlencode({"q": query})),
        Mitigation.objects.published(),
    )


def first_ten(query: str) -> list[str]:
    return [row.accession for row in filters_of(query).qs[:10]]


def misses(queries: dict[str, list[str]]) -> dict[str, list[str]]:
    """Queries whose right answers are not all among the first ten."""
    lacking = {
        q: [a for a in right if a not in first_ten(q)]
        for q, right in queries.items()
    }
    return {query: wanted for query, wanted in lacking.items() if wanted}


def with_a_slip(query: str) -> str:
    """The query with two letters in the middle of its longest word the wrong way round."""
    word = max(query.replace("-", " ").split(), key=len)
    middle = next(
        i
        for i in range(len(word) // 2, len(word) - 1)
        if word[i] != word[i + 1]
    )
    return query.replace(
        word,
        word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :],
        1,
    )


def test_right_answers_come_among_the_first_ten():
    lacking = misses(GOLDEN)

    assert len(lacking) <= 0.05 * len(GOLDEN), lacking


def test_right_answers_come_among_the_first_ten_despite_a_typing_error():
    typed = {
        with_a_slip(query): right
        for query, right in GOLDEN.items()
        if not query[-1].isdigit()
    }

    lacking = misses(typed)

    assert len(lacking) <= 0.10 * len(typed), lacking


#: What policymakers type: at least 120 searches, each with what has to come of it.
SET = yaml.safe_load(
    Path(__file__).with_name("golden_searches.yaml").read_text(),
)
TYPED = SET["searches"]


def first_five(filters: MitigationFilter) -> list[str]:
    return [row.accession for row in filters.qs[:5]]


def is_right(search: dict) -> bool:
    filters = filters_of(search["q"])
    if "gap" in search:
        return search["gap"] in {one.code for one in filters.search.gaps}
    return set(search["first"]) <= set(first_five(filters))


def test_what_policymakers_type_is_answered_in_the_first_five():
    wrong = {one["q"] for one in TYPED if not is_right(one)}

    known = {one["q"] for one in TYPED if "known" in one}
    assert len(TYPED) >= 120
    assert wrong == known
    assert len(wrong) <= 0.05 * len(TYPED)


@pytest.mark.parametrize("is_unfinished", [False, True])
@pytest.mark.parametrize("lead", SET["leads"], ids=lambda lead: lead["q"])
def test_a_search_leads_first_to_what_was_meant(lead, is_unfinished):
    ways = search_across(lead["q"], is_unfinished=is_unfinished).ways(4)

    first = [way.target.code or way.target.name for way in ways]
    assert first[: len(lead["to"])] == lead["to"]
    assert bool(first) == bool(lead["to"])


@pytest.mark.parametrize("query", SET["suggested"])
def test_what_is_suggested_while_typing_is_found_by_the_whole_search(query):
    suggested = search_across(query, is_unfinished=True).mitigations[:5]

    found = {row.accession for row in filters_of(query).qs}
    assert suggested
    assert {row.accession for row in suggested} <= found


@pytest.mark.parametrize("query", SET["named"])
def test_a_search_that_names_a_law_finds_exactly_what_it_asks_for(query):
    asking = QueryDict(mutable=True)
    asking.setlist("instrument", SET["named"][query])
    asked = MitigationFilter(asking, Mitigation.objects.published()).qs

    found = filters_of(query).qs

    assert asked
    assert {row.pk for row in found} == {row.pk for row in asked}


@pytest.mark.parametrize("query", SET["corrected"])
def test_what_is_misspelt_is_taken_for_what_was_meant(query):
    assert filters_of(query).search.corrected_query == SET["corrected"][query]
