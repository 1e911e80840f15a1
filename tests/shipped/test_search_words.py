"""Words that readers type, over the shipped catalogue: none is replaced by another, none finds
what only looks alike.
"""

from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils.html import escape

from catalogue.listing.across import search_across
from catalogue.listing.index import current_index
from catalogue.listing.search_spelling import words_of_names

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]

#: Words of the shipped texts, names and definitions that Porter's stemmer cuts to the same, and
#: that mean different things.
LOOK_ALIKE = """
    account accountability, adversarial adversary, communication community, compute computer, containers containment,
    critical criticism, deployer deployment, developer development, general generative, governance government,
    govern government, inform information, internal international, object objective, operate operators,
    product production, public publicity, response responsible
"""


def words_of(text: str) -> list[list[str]]:
    return [pair.split() for pair in " ".join(text.split()).split(", ")]


@pytest.mark.parametrize(("word", "other"), words_of(LOOK_ALIKE))
def test_words_that_a_stemmer_confuses_do_not_find_each_other(word, other):
    known = current_index().used_words.plus(words_of_names())

    assert {word, other} <= known.words  # else this would show nothing
    assert other not in known.forms(word)
    assert word not in known.forms(other)


#: What was once taken for another word: "silence", "clear", "assurance", "will", "cars",
#: "report", "power", "private", "less".
ENGLISH = [
    "licence",
    "nuclear",
    "insurance",
    "kill switch",
    "model cards",
    "export controls",
    "whistle-blower",
    "privacy",
    "loss of control",
    "critical sectors",
    "liability",
    "copyright",
    "elections",
    "international",
]


@pytest.mark.parametrize("query", ENGLISH)
def test_what_is_a_word_is_searched_for_as_it_is(client, query):
    search = client.get(
        reverse("api:mitigation-list"),
        {"q": query, "page_size": 1},
    ).json()["search"]

    assert (search["corrected"], search["corrections"]) == (None, [])


@pytest.mark.parametrize(
    "query",
    ["CBRN", "Schuett", "Uuk", "MITRE", "watermarking", "misinformation"],
)
def test_a_word_of_a_risk_a_document_or_an_author_is_searched_for_as_it_is(
    client,
    query,
):
    assert (
        client.get(reverse("api:mitigation-list"), {"q": query}).json()[
            "search"
        ]["corrected"]
        is None
    )


def accessions(client, query: str) -> list[str]:
    answer = client.get(
        reverse("api:mitigation-list"),
        {"q": query, "fields": "accession"},
    ).json()
    return [row["accession"] for row in answer["results"]]


def test_government_finds_what_governments_do_and_not_how_companies_are_governed(
    client,
):
    governments, governance = (
        accessions(client, "government"),
        accessions(client, "governance"),
    )

    assert governments[0] == "M0073"
    assert not {"M0023", "M0017"} & set(governments)
    # Governments carry it out: it comes after all that speak of them.
    assert governments.index("M0058") > governments.index("M0015")
    assert {"M0058", "M0023", "M0017"} <= set(governance)


@pytest.mark.parametrize("query", ["CBRN", "nuclear", "chemical weapons"])
def test_a_risk_area_finds_what_was_studied_there_and_first_what_helps(
    client,
    query,
):
    studied = accessions(client, query)

    assert {"M0013", "M0019", "M0022"} <= set(studied[:5])
    # Its comments have it less helpful there.
    assert studied.index("M0003") > max(map(studied.index, ["M0016", "M0018"]))


def test_international_does_not_find_internal_audit(client):
    assert "M0063" not in accessions(client, "international")
    assert accessions(client, "internal audit")[0] == "M0063"


@pytest.mark.parametrize("written", ["M0001.", "m1", "m0001,", "(M0001)"])
def test_an_accession_names_its_mitigation(client, written):
    assert accessions(client, written) == ["M0001"]


@pytest.mark.parametrize(
    "spellings",
    [
        ("predeployment", "pre-deployment", "pre deployment"),
        ("redteaming", "red-teaming", "red teaming"),
        ("thirdparty", "third-party", "third party"),
        ("opensource", "open-source", "open source"),
        ("finetuning", "fine-tuning", "fine tuning"),
    ],
    ids=lambda spellings: spellings[0],
)
def test_a_compound_finds_the_same_however_it_is_written(client, spellings):
    first, *others = (accessions(client, spelling) for spelling in spellings)

    assert first
    assert all(other == first for other in others)


def test_the_page_says_what_it_searched_for_and_how_to_search_for_what_was_typed(
    client,
):
    page = client.get(
        reverse("mitigation-list"),
        {"q": "audts of models", "phase": "deploy"},
    )

    assert "Showing results for <b>audits of models</b>" in page.text
    back = "?" + urlencode({"q": '"audts" of models', "phase": "deploy"})
    assert (
        f'Search instead for <a href="{escape(back)}">audts of models</a>'
        in page.text
    )
    assert (
        "Showing results for"
        not in client.get(reverse("mitigation-list") + back).text
    )


def test_the_page_names_the_words_that_nothing_has(client):
    page = client.get(reverse("mitigation-list"), {"q": "zorbs audits"})

    assert "No mitigation matches “zorbs”." in page.text


def test_the_page_says_that_a_beginning_was_searched_for(client):
    assert (
        "“jailbr” is no word of any mitigation"
        in client.get(reverse("mitigation-list"), {"q": "jailbr"}).text
    )


def test_the_page_says_which_category_a_code_names_and_where_it_stands_elsewhere(
    client,
):
    page = client.get(reverse("mitigation-list"), {"q": "4.2."})

    assert ">Risk Disclosure</a>" in page.text
    assert f'href="{reverse("mitigation-list")}?risk=4.2"' in page.text


def test_the_page_offers_a_spelling_without_searching_for_it(client):
    page = client.get(
        reverse("mitigation-list"),
        {"q": "evlauatoin of models"},
    )

    assert (
        'Did you mean <a href="?q=evaluation+of+models">evaluation of models</a>?'
        in page.text
    )


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("bioweapns", "bioweapons"),
        ("pandmic", "pandemic"),
        ("terorism", "terrorism"),
    ],
)
def test_a_corrected_search_leads_to_what_the_right_one_leads_to(typed, right):
    found = [one.target.id for one in search_across(typed).found]

    assert "cbrn" in found
    assert found == [one.target.id for one in search_across(right).found]


@pytest.mark.parametrize(
    "query",
    ["What do experts disagree about?", "controversial measures"],
)
def test_questions_about_disagreement_lead_to_the_least_agreement_first(query):
    ways = search_across(query).ways(5)

    assert ways[0].url == "/mitigations/?ordering=share_agreeing"


def test_a_question_of_agreement_alone_shows_the_list_in_that_order(client):
    query = "Which measures do most experts agree on?"

    html = client.get("/search/", {"q": query}).content.decode()

    assert "From the list “Most agreement first”" in html
    assert 'href="/mitigations/?ordering=-share_agreeing"' in html
    assert "98 mitigations" not in html


def test_a_search_that_only_definitions_answer_says_so(client):
    html = client.get("/search/", {"q": "energy"}).content.decode()

    assert "No mitigation has “energy” in its text." in html
    assert "“Critical sectors”" in html


def test_a_search_that_names_a_law_says_what_is_found(client):
    html = client.get("/search/", {"q": "ISO 42001"}).content.decode()

    assert "12 mitigations found" in html
    assert "is a standard;" in html
    assert "the mitigations found are those that it asks for" in html


def test_provisions_that_ask_for_something_here_come_before_those_that_do_not():
    counts = [way.count for way in search_across("ISO 42001").ways(40)]

    first_empty = counts.index(0)
    assert first_empty
    assert not any(counts[first_empty:])


def test_a_question_without_a_subject_is_told_so_in_the_list(client):
    query = "Which measures do most experts agree on?"

    html = client.get("/mitigations/", {"q": query}).content.decode()

    assert "says little of what you look for" in html
    assert "Most agreement first" in html
