"""The page of a search across kinds, and the suggestions below a search field."""

import re
from html import unescape

import pytest
from django.urls import reverse

from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    TaxonomyFactory,
)

pytestmark = pytest.mark.django_db
TAG = re.compile(r"<[^>]*>")
SEARCH = "/search/"
SUGGESTIONS = "/search/suggestions/"


def text_of(answer) -> str:
    """The words of a page, with single blanks."""
    return " ".join(unescape(TAG.sub(" ", answer.content.decode())).split())


@pytest.fixture
def audits():
    """A category with six measures, an empty one, and a document, all about audits."""
    taxonomy = TaxonomyFactory(slug="main", is_default=True)
    category = CategoryFactory(taxonomy=taxonomy, code="2", name="Audits")
    CategoryFactory(taxonomy=taxonomy, code="3", name="Auditors’ pay")
    document = DocumentFactory(
        slug="audits-2024",
        label="Audits 2024",
        title="Audits of models",
    )
    for number in range(6):
        mitigation = MitigationFactory(
            name=f"Audit {'I' * (number + 1)}",
            description="Somebody looks at the books.",
            document=document,
        )
        ClassificationFactory(mitigation=mitigation, category=category)


def test_the_page_shows_ways_mitigations_and_sources(client, audits):
    text = text_of(client.get(SEARCH, {"q": "audits"}))

    for words in (
        "2 Audits 6 mitigations",
        "6 mitigations found",
        "Somebody looks at the books.",
        "All 6, to be filtered and sorted",
        "Audits of models",
    ):
        assert words in text
    assert "Audit IIIIII" not in text  # the sixth: in the list


def test_its_links_lead_to_the_list_and_to_pages(client, audits):
    html = client.get(SEARCH, {"q": "audits"}).content.decode()

    for address in (
        "/mitigations/?category=2",
        "/mitigations/?q=audits",
        "/taxonomies/main/2/",
        "/documents/audits-2024/",
    ):
        assert f'href="{address}"' in html


def test_where_no_mitigation_has_a_word_it_is_named_with_what_can_be_done(
    client,
    audits,
):
    text = text_of(client.get(SEARCH, {"q": "pay"}))

    gap = "3 Auditors’ pay is a category; no document here names such a measure yet"
    assert text.count(gap) == 1
    assert "No mitigation found" in text
    assert "Try fewer words" in text


def test_where_no_mitigation_has_the_words_the_nearest_list_is_begun(
    client,
    audits,
):
    text = text_of(client.get(SEARCH, {"q": "preliminary"}))
    assert "From the list “Not preliminary”" in text
    assert "Audit IIIII " in text
    assert "All of this list: 6 mitigations" in text
    assert "No mitigation found" not in text

    listed = text_of(client.get("/mitigations/", {"q": "preliminary"}))
    assert "Take “ Not preliminary ” instead: 6 mitigations" in listed


def test_without_a_word_it_says_what_can_be_searched_for(client):
    answer = client.get(SEARCH)

    assert "Type a word" in text_of(answer)
    assert "noindex" not in answer.content.decode()


@pytest.mark.parametrize("address", [SEARCH, SUGGESTIONS])
@pytest.mark.parametrize(
    "query",
    [{"q": "x" * 301}, {"q": "a\x00b"}, {"p": "audit"}, {"q": ["a", "b"]}],
)
def test_what_cannot_be_read_is_refused(client, address, query):
    assert client.get(address, query).status_code == 400


def test_what_is_typed_is_shown_as_text(client):
    html = client.get(SEARCH, {"q": "<b>&"}).content.decode()

    assert "&lt;b&gt;&amp;" in html
    assert "<b>&" not in html


def test_suggestions_name_their_kind_and_lead_on(client, audits):
    answer = client.get(SUGGESTIONS, {"q": "aud"})

    source = "Audits 2024"
    assert text_of(answer) == (
        "Categories 2 Audits Category · 6 mitigations"
        " 3 Auditors’ pay Category · no document here names such a measure yet"
        f" Mitigations Audit I M0001 · {source} Audit II M0002 · {source}"
        f" Audit III M0003 · {source} Audit IIII M0004 · {source}"
        f" Audit IIIII M0005 · {source}"
        f" Sources Audits of models Source · {source}"
    )
    assert 'href="/mitigations/?category=2"' in answer.content.decode()
    assert 'href="/taxonomies/main/3/"' in answer.content.decode()


@pytest.mark.parametrize("text", ["", " ", "a", "zzzqq"])
def test_where_there_is_nothing_to_suggest_the_answer_is_empty(
    client,
    audits,
    text,
):
    assert client.get(SUGGESTIONS, {"q": text}).content.strip() == b""


def test_search_stands_on_every_page_and_once(client, audits):
    for address in ("/", SEARCH, "/mitigations/", "/taxonomies/", "/about/"):
        html = client.get(address).content.decode()
        assert html.count('role="search"') == 1, address


def test_a_search_from_the_list_stays_there_and_any_other_is_across_kinds(
    client,
    audits,
):
    across = f'action="{reverse("search")}"'

    assert across not in client.get("/mitigations/").content.decode()
    assert across in client.get("/").content.decode()
    assert across in client.get("/about/").content.decode()
    assert across in client.get("/nothing-here/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_results(
    client,
    count,
    django_assert_num_queries,
):
    for number in range(count):
        MitigationFactory(name=f"Bounty {number}", phases=2, actors=2)
        ActorFactory(name=f"Bounty hunter {number}")
    client.get(SEARCH, {"q": "bounty"})
    with django_assert_num_queries(6):
        client.get(SEARCH, {"q": "bounty"})


WAYS = "further-ways"


def test_ways_stand_above_the_results_of_a_list(client, audits):
    html = client.get("/mitigations/", {"q": "audits"}).content.decode()

    ways, _, results = html.partition(WAYS)[2].partition("</ul>")
    assert 'href="/mitigations/?category=2"' in ways
    assert "6 mitigations" in ways
    assert "Sorted by" in results


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?q=zzzqq",
        "?q=pay",
        "?q=audits&category=2&category=3",
        "?q=2",
        "?q=audits&page=2",
    ],
)
def test_no_ways_stand_where_they_lead_nowhere_else(client, audits, query):
    MitigationFactory.create_batch(25, name="Audits")

    html = client.get(f"/mitigations/{query}").content.decode()

    assert WAYS not in html


@pytest.mark.parametrize("address", [SEARCH, SUGGESTIONS, "/mitigations/"])
def test_what_a_search_leads_to_stands_under_the_names_of_its_kinds(
    client,
    audits,
    address,
):
    act = InstrumentFactory(short_title="Audits Act")
    ProvisionFactory(instrument=act, code="Audits 7", name="Audits")

    shown = client.get(address, {"q": "audits"}).content.decode()

    assert "Categories, laws, codes, standards and provisions" in shown


@pytest.mark.parametrize("address", [SEARCH, SUGGESTIONS])
def test_sources_stand_under_no_heading_of_studies(client, audits, address):
    shown = client.get(address, {"q": "audits"}).content.decode()

    assert ">Sources<" in shown
    assert "Sources and studies" not in shown
