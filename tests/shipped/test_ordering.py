"""Sorted by agreement, a list keeps the questions of studies apart, and says which is which."""

import re

import pytest

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]

SHOULD = "Schuett et al. 2023: How far do you agree that laboratories which aim at AGI should follow this practice? (in our words)"
EFFECTIVE = "Uuk et al. 2024: Would this measure be effective in reducing risks in this area? (in our words)"
UNKNOWN = "No study here says how many experts agree"


def headings_and_names(client, query: str) -> list[str]:
    """Of a list: the headings of groups, and the catalogue numbers below them, in order."""
    page = client.get(f"/mitigations/?ordering=-share_agreeing&{query}")
    found = re.findall(
        r'<li class="group"><h2>(.*?)</h2>|class="accession">(M\d+)<',
        page.content.decode(),
    )
    return [heading or number for heading, number in found]


def api_numbers(client, query: str) -> list[str]:
    answer = client.get(
        f"/api/v1/mitigations/?fields=accession&page_size=200&ordering=-share_agreeing&{query}",
    )
    return [row["accession"] for row in answer.json()["results"]]


def test_measures_asked_about_in_one_question_stand_together(client):
    shown = headings_and_names(client, "")

    assert shown[0] == SHOULD
    assert shown[1] == "M0028"


def test_a_list_goes_on_under_the_question_of_the_next_study(client):
    shown = headings_and_names(client, "document=uuk-2024")

    assert shown[:4] == [EFFECTIVE, "M0013", "M0019", "M0022"]
    assert shown[4] == UNKNOWN
    assert len(shown) == 2 + 25


def test_with_a_risk_area_chosen_the_question_about_it_is_first(client):
    shown = headings_and_names(client, "risk_area=cbrn")

    assert shown[:5] == [EFFECTIVE, "M0013", "M0019", "M0022", UNKNOWN]


def test_readers_choose_which_question_is_first(client):
    for query in ("question=uuk-2024.effective", "risk_area=cbrn"):
        assert api_numbers(client, query)[:3] == ["M0013", "M0019", "M0022"]
    assert api_numbers(client, "question=schuett-2023.should-be-done")[0] == (
        "M0028"
    )


def test_choosing_a_question_leaves_nothing_out(client):
    chosen = api_numbers(client, "question=uuk-2024.effective")

    assert sorted(chosen) == sorted(api_numbers(client, ""))


def test_a_question_that_there_is_not_is_refused_with_those_that_there_are(
    client,
):
    answer = client.get("/api/v1/mitigations/?question=other")

    assert answer.status_code == 400
    assert "uuk-2024.effective" in answer.content.decode()


def test_pages_of_the_api_go_on_across_questions(client):
    address = "/api/v1/mitigations/?fields=accession&page_size=40&ordering=-share_agreeing"
    numbers: list[str] = []
    while address:
        answer = client.get(address).json()
        numbers += [row["accession"] for row in answer["results"]]
        address = answer["next"]

    assert numbers == api_numbers(client, "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cbrn.found-effective", {"M0013", "M0019", "M0022"}),
        ("cbrn.comments-for", {"M0016", "M0018"}),
        ("cbrn.comments-against", {"M0003"}),
        ("critical-sectors.comments-mixed", {"M0026"}),
    ],
)
def test_a_facet_tells_what_experts_said_from_that_they_were_asked(
    client,
    value,
    expected,
):
    assert set(api_numbers(client, f"risk_area_result={value}")) == expected


def test_a_result_for_a_risk_area_shows_the_figure_of_that_area(client):
    page = client.get("/mitigations/?risk_area_result=cbrn.found-effective")
    assert "in each of four areas" not in page.text
    assert page.text.count("against CBRN risks") == 3


def test_a_search_for_a_risk_area_has_first_what_most_experts_found_to_help(
    client,
):
    found = client.get("/api/v1/mitigations/?q=bioweapons").json()["results"]
    numbers = [one["accession"] for one in found]
    assert {*numbers[:3]} == {"M0013", "M0019", "M0022"}


def test_what_was_said_for_one_risk_area_is_not_taken_for_another(client):
    found = api_numbers(
        client,
        "risk_area=cbrn&risk_area_result=cbrn.comments-for",
    )

    assert "M0003" not in found


def test_only_questions_that_an_entry_has_an_answer_to_are_offered_first(
    client,
):
    address = "/mitigations/?ordering=-share_agreeing"

    assert "should be done</a>" in client.get(address).content.decode()
    page = client.get(f"{address}&risk_area=cbrn").content.decode()
    assert "First:" not in page


def test_what_the_fewest_agree_with_is_offered_first(client):
    page = client.get("/mitigations/?ordering=share_agreeing").content.decode()

    assert (
        '<a href="?ordering=share_agreeing" aria-current="true">least agreement</a>'
        in page
    )
    assert '<a href="?ordering=-share_agreeing">agreement</a>' in page
