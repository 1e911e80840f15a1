"""Every form of a citation is parsed back with the library that reads it."""

import json
import re
from datetime import UTC, datetime

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import example, given
from hypothesis import strategies as st

from catalogue import revision
from catalogue.models import Document
from catalogue.record.citations import cite, cite_catalogue
from catalogue.releases import cutting
from tests.factories import (
    DocumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

SITE = "https://catalogue.example"
FORMS = ["apa", "bibtex", "ris", "csl_json"]
UUK = {"family": "Uuk", "given": "Risto"}
EDDY = {"family": "Éddy", "given": "Jean-Luc"}
MITRE = {"organisation": "MITRE Corporation"}
DEPARTMENT = {
    "organisation": "Department for Science, Innovation and Technology",
}


def people(count):
    return [
        {"family": f"Name{number}", "given": "Ann B."}
        for number in range(1, count + 1)
    ]


def parsed_bibtex(citation, decode=True):
    """The citation's own entry in its BibTeX, behind its source's, as a dictionary; LaTeX is
    read as text unless told not to.
    """
    middleware = [LatexDecodingMiddleware()] if decode else []
    library = bibtexparser.parse_string(
        citation.bibtex,
        append_middleware=middleware,
    )
    assert not library.failed_blocks
    assert len(library.entries) == len(citation.items)
    entry = library.entries[-1]
    return {"type": entry.entry_type, "key": entry.key} | {
        field.key: field.value for field in entry.fields
    }


def parsed_ris(citation):
    records = rispy.loads(citation.ris)
    assert len(records) == len(citation.items)
    return records[-1]


# Authors


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (1, "Name1, A. B. (2024)"),
        (2, "Name1, A. B., & Name2, A. B. (2024)"),
        (3, "Name1, A. B., Name2, A. B., & Name3, A. B. (2024)"),
        (20, ", Name19, A. B., & Name20, A. B. (2024)"),
        (21, ", Name19, A. B., … Name21, A. B. (2024)"),
        (25, ", Name19, A. B., … Name25, A. B. (2024)"),
    ],
)
def test_apa_names_up_to_twenty_authors_then_nineteen_and_the_last(
    count,
    names,
):
    apa = cite(DocumentFactory(authors=people(count))).apa
    assert names in apa
    assert apa.startswith("Name1, A. B.")


@pytest.mark.parametrize(
    ("family", "given", "name"),
    [
        ("العربي", "محمد", "العربي, م."),
        ("Иванов", "Иван Петрович", "Иванов, И. П."),
        ("王", "伟", "王伟"),
        ("김", "민준", "김민준"),
        ("King", "Martin Luther, Jr.", "King, M. L., Jr."),
        ("McDonald", "iain", "McDonald, I."),
        ("hooks", "jean-luc", "hooks, J.-L."),
        ("Beethoven", "Ludwig van", "Beethoven, L. van"),
        ("Éddy", "Jean-Luc", "Éddy, J.-L."),
        ("Dupont", "J.-L.", "Dupont, J.-L."),
    ],
)
def test_apa_takes_initials_in_any_script(family, given, name):
    apa = cite(
        DocumentFactory(
            authors=[{"family": family, "given": given}],
            year=2024,
        ),
    ).apa

    # A full stop that ends the name ends the sentence too.
    assert apa.startswith((f"{name} (2024)", f"{name}. (2024)"))


def test_what_follows_a_name_stands_where_each_form_has_it():
    citation = cite(
        DocumentFactory(
            authors=[{"family": "King", "given": "Martin Luther, Jr."}],
        ),
    )

    assert citation.csl["author"] == [
        {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
    ]
    assert parsed_bibtex(citation)["author"] == "King, Jr., Martin Luther"
    assert parsed_ris(citation)["authors"] == ["King, Martin Luther, Jr."]


def test_authors_stand_in_the_order_of_the_title_page():
    document = DocumentFactory(authors=0)
    document.authors.create(family="Second", position=2)
    document.authors.create(family="First", position=1)
    assert [author["family"] for author in cite(document).csl["author"]] == [
        "First",
        "Second",
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 21])
def test_bibtex_and_ris_name_every_author(count):
    citation = cite(DocumentFactory(authors=people(count)))
    expected = [f"Name{number}, Ann B." for number in range(1, count + 1)]
    assert parsed_bibtex(citation)["author"].split(" and ") == expected
    assert parsed_ris(citation)["authors"] == expected


def test_apa_sets_an_organisation_whole():
    assert cite(DocumentFactory(authors=[DEPARTMENT])).apa.startswith(
        f"{DEPARTMENT['organisation']}. (2024).",
    )


def test_bibtex_sets_an_organisation_in_braces_so_that_and_and_comma_do_not_part_it():
    entry = parsed_bibtex(
        cite(DocumentFactory(authors=[DEPARTMENT, UUK])),
        decode=False,
    )
    assert (
        entry["author"]
        == "{Department for Science, Innovation and Technology} and Uuk, Risto"
    )


def test_ris_gives_an_organisation_no_comma_that_would_make_it_a_family_name():
    assert parsed_ris(cite(DocumentFactory(authors=[DEPARTMENT, UUK])))[
        "authors"
    ] == [
        "Department for Science Innovation and Technology",
        "Uuk, Risto",
    ]


def test_csl_gives_an_organisation_as_a_literal():
    assert cite(DocumentFactory(authors=[MITRE])).csl["author"] == [
        {"literal": "MITRE Corporation"},
    ]


def test_apa_leaves_out_a_publisher_that_is_the_author():
    apa = cite(
        DocumentFactory(
            authors=[MITRE],
            publisher="MITRE Corporation",
            title="A report",
        ),
    ).apa
    assert apa == "MITRE Corporation. (2024). A report."


def test_apa_puts_the_title_first_and_once_where_no_author_is_known():
    apa = cite(
        DocumentFactory(
            authors=0,
            title="What helps?",
            version="2",
            publisher="An institute",
        ),
    ).apa
    assert apa == "What helps? (Version 2). (2024). An institute."


def test_a_person_known_by_one_name_is_cited_by_it():
    citation = cite(
        DocumentFactory(authors=[{"family": "Sukarno", "given": ""}]),
    )
    assert citation.apa.startswith("Sukarno. (2024).")
    assert parsed_bibtex(citation, decode=False)["author"] == "{Sukarno}"
    assert parsed_ris(citation)["authors"] == ["Sukarno"]


def test_a_family_name_that_holds_and_stays_one_author_in_bibtex():
    entry = parsed_bibtex(
        cite(
            DocumentFactory(
                authors=[{"family": "Rock and Roll", "given": "Ann"}],
            ),
        ),
        decode=False,
    )
    assert entry["author"] == "{Rock and Roll}, Ann"


# Dates, identifiers, addresses


def test_a_missing_year_reads_no_date():
    citation = cite(
        DocumentFactory(
            authors=[UUK],
            year=None,
            title="A study",
            url="https://example.org/",
        ),
    )
    assert citation.apa == "Uuk, R. (n.d.). A study. https://example.org/"
    assert parsed_bibtex(citation)["year"] == "n.d."
    assert "year" not in parsed_ris(citation)
    assert "issued" not in citation.csl


def test_a_missing_year_and_author_read_title_then_no_date():
    assert (
        cite(DocumentFactory(authors=0, year=None, title="A study")).apa
        == "A study. (n.d.)."
    )


def test_a_doi_stands_in_every_form_and_before_the_address_in_apa():
    citation = cite(
        DocumentFactory(
            authors=[UUK],
            title="A study",
            doi="10.1/a_b%c",
            url="https://example.org/",
        ),
    )
    assert (
        citation.apa == "Uuk, R. (2024). A study. https://doi.org/10.1/a_b%c"
    )
    assert parsed_bibtex(citation, decode=False)["doi"] == "10.1/a_b%c"
    assert parsed_ris(citation)["doi"] == citation.csl["DOI"] == "10.1/a_b%c"


def test_a_preprint_is_cited_by_its_arxiv_id():
    citation = cite(
        DocumentFactory(
            kind="preprint",
            authors=[UUK],
            title="A study",
            arxiv_id="2412.01234",
        ),
    )
    assert (
        citation.apa
        == "Uuk, R. (2024). A study (arXiv:2412.01234). arXiv. https://arxiv.org/abs/2412.01234"
    )
    entry = parsed_bibtex(citation)
    assert (entry["type"], entry["eprint"], entry["archiveprefix"]) == (
        "misc",
        "2412.01234",
        "arXiv",
    )
    assert parsed_ris(citation)["accession_number"] == "2412.01234"


def test_an_article_names_its_journal():
    citation = cite(
        DocumentFactory(
            kind="article",
            authors=[UUK],
            title="A study",
            publisher="Risk Analysis",
        ),
    )
    assert citation.apa == "Uuk, R. (2024). A study. Risk Analysis."
    assert (
        parsed_bibtex(citation)["journal"]
        == parsed_ris(citation)["journal_name"]
        == "Risk Analysis"
    )


def test_a_version_stands_in_every_form():
    citation = cite(
        DocumentFactory(
            kind="knowledge-base",
            authors=[MITRE],
            title="ATLAS",
            version="v5.1.0",
        ),
    )
    assert (
        citation.apa
        == "MITRE Corporation. (2024). ATLAS (Version 5.1.0) [Knowledge base]."
    )
    assert (
        parsed_bibtex(citation)["version"]
        == parsed_ris(citation)["edition"]
        == citation.csl["version"]
        == "5.1.0"
    )


def test_an_address_is_not_escaped():
    address = "https://example.org/a_b?c=50%25&d=~e#f"
    citation = cite(DocumentFactory(authors=[UUK], url=address))
    assert citation.apa.endswith(f". {address}")
    assert parsed_bibtex(citation, decode=False)["url"] == address
    assert parsed_ris(citation)["urls"] == [address]


def test_braces_in_an_address_do_not_end_the_bibtex_field():
    entry = parsed_bibtex(
        cite(DocumentFactory(url="https://example.org/}{")),
        decode=False,
    )
    assert entry["url"] == "https://example.org/%7D%7B"


# Characters


def test_bibtex_escapes_what_latex_would_take_as_a_command():
    entry = parsed_bibtex(
        cite(DocumentFactory(title=r"R&D: 50% of $x_1 #2 ~ ^ \ { }")),
        decode=False,
    )
    assert entry["title"] == (
        r"{R\&D: 50\% of \$x\_1 \#2 \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{} \ensuremath{\lbrace} \ensuremath{\rbrace}}"
    )


def test_bibtex_keeps_latex_from_joining_hyphens_and_quotes():
    entry = parsed_bibtex(
        cite(DocumentFactory(title="a--b ``c''")),
        decode=False,
    )
    assert entry["title"] == "{a-{}-b `{}`c'{}'}"


def test_bibtex_writes_accents_as_commands_and_other_forms_as_they_are():
    citation = cite(DocumentFactory(authors=[EDDY], title="Café"))
    assert citation.bibtex.isascii()
    assert (
        parsed_bibtex(citation)["author"]
        == parsed_ris(citation)["authors"][0]
        == "Éddy, Jean-Luc"
    )
    assert citation.apa == "Éddy, J.-L. (2024). Café."


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\x0b"])
def test_a_line_break_in_a_title_becomes_a_space(line_break):
    citation = cite(
        DocumentFactory(authors=[UUK], title=f"One{line_break}ER  - two"),
    )
    assert (
        citation.csl["title"]
        == parsed_ris(citation)["title"]
        == parsed_bibtex(citation)["title"]
        == "One ER - two"
    )
    assert citation.apa == "Uuk, R. (2024). One ER - two."


@pytest.mark.parametrize("title", ["Does it help?", "Stop!", "It helps."])
def test_apa_sets_no_second_mark_after_a_title_that_ends_with_one(title):
    assert (
        cite(DocumentFactory(authors=[UUK], title=title)).apa
        == f"Uuk, R. (2024). {title}"
    )


def cite_titled(title):
    """The citation of a document with this title and no authors, which is not stored."""
    document = DocumentFactory.build(pk=1, title=title)
    document._prefetched_objects_cache = {"authors": []}
    return cite(document)


titles = st.text(max_size=80).filter(
    lambda title: "title" in cite_titled(title).csl,
)


@given(titles)
@example(r"\{}$&%#_~^<>|@\"`` '' -- --- ?` !` ,,")
@example("@article{x, title = {y}}")
@example("ŁódźßøåÆœĳŉſçñ ﬁ β 中文 עברית 👩‍🔬")
@example("TY  - JOUR")
def test_any_title_comes_back_from_bibtex_and_ris(title):
    citation = cite_titled(title)
    expected = citation.csl["title"]
    assert parsed_ris(citation)["title"] == expected
    # The reader takes LaTeX's circumflex sign for the modifier letter.
    assert parsed_bibtex(citation)["title"].replace(
        "ˆ",
        "^",
    ) == expected.replace("ˆ", "^")


@given(titles)
def test_apa_holds_any_title(title):
    citation = cite_titled(title)
    assert citation.csl["title"] in citation.apa


# Mitigations


@pytest.fixture
def mitigation():
    document = DocumentFactory(
        title="A study",
        label="Uuk et al. 2024",
        doi="10.1/abc",
        authors=[UUK],
    )
    return MitigationFactory(
        name="Red teaming",
        document=document,
        section="Testing",
        page="12",
    )


def test_a_mitigation_is_cited_as_an_entry_of_the_catalogue(
    mitigation,
    settings,
):
    settings.SITE_NAME = "A Catalogue"
    mitigation.updated_at = datetime(2026, 3, 1, tzinfo=UTC)
    code = mitigation.accession
    citation = cite(mitigation, base_url=SITE)
    assert citation.apa == (
        "Uuk, R. (2024). A study. https://doi.org/10.1/abc (Testing, p. 12). "
        f"As described in A Catalogue (2026), {code}: Red teaming. {SITE}/mitigations/{code}/"
    )
    entry, record = parsed_bibtex(citation), parsed_ris(citation)
    assert (entry["howpublished"], entry["year"]) == (
        f"A Catalogue, entry {code}",
        "2026",
    )
    assert (
        record["secondary_title"],
        record["accession_number"],
        record["year"],
    ) == (
        "A Catalogue",
        code,
        "2026",
    )
    assert (
        entry["url"]
        == record["urls"][0]
        == citation.csl["URL"]
        == f"{SITE}/mitigations/{code}/"
    )


@pytest.mark.parametrize("base_url", [SITE, f"{SITE}/"])
def test_the_address_of_a_mitigation_has_one_slash_after_the_host(
    mitigation,
    base_url,
):
    assert (
        cite(mitigation, base_url=base_url).csl["URL"]
        == f"{SITE}/mitigations/{mitigation.accession}/"
    )


def test_a_mitigation_has_no_address_where_the_host_is_not_given(mitigation):
    assert "URL" not in cite(mitigation).csl


def test_the_note_names_the_source_document_and_the_place_in_it(mitigation):
    citation = cite(mitigation, base_url=SITE)
    note = "Source: A study (Uuk et al. 2024), Testing, p. 12, https://doi.org/10.1/abc"
    assert (
        parsed_bibtex(citation)["note"]
        == parsed_ris(citation)["notes"][0]
        == citation.csl["note"]
        == note
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_preliminary_mitigation_says_so_in_every_form(mitigation, form):
    mitigation.is_preliminary = True
    assert "[Preliminary]" in getattr(cite(mitigation, base_url=SITE), form)


@pytest.mark.parametrize("form", FORMS)
def test_a_mitigation_that_is_not_preliminary_does_not_say_so(
    mitigation,
    form,
):
    mitigation.document.preliminary_notice = "May change."
    text = getattr(cite(mitigation, base_url=SITE), form)
    assert "[Preliminary]" not in text
    assert "May change." not in text


def test_a_preliminary_mitigation_carries_the_notice_of_its_document(
    mitigation,
):
    mitigation.is_preliminary = True
    mitigation.document.preliminary_notice = "Results may change."
    assert cite(mitigation).csl["note"].endswith(". Results may change.")


def test_a_mitigation_is_cited_behind_its_source(mitigation):
    citation = cite(mitigation, base_url=SITE)
    keys = [mitigation.document.slug, mitigation.accession]

    assert [item["id"] for item in json.loads(citation.csl_json)] == keys
    assert [record["id"] for record in rispy.loads(citation.ris)] == keys
    assert [
        entry.key
        for entry in bibtexparser.parse_string(citation.bibtex).entries
    ] == keys


# Releases


@pytest.fixture
def release():
    return cutting.cut("2026.11")


def test_a_mitigation_is_cited_by_the_last_release_that_has_it_as_it_is(
    mitigation,
    release,
    settings,
):
    settings.SITE_NAME = "A Catalogue"
    code = mitigation.accession
    citation = cite(mitigation, base_url=SITE)

    assert citation.apa.endswith(
        f"As described in A Catalogue, release 2026.11 ({release.cut_at.year}), {code}: Red teaming. "
        f"{SITE}/releases/2026.11/mitigations/{code}/",
    )
    assert (
        parsed_bibtex(citation)["howpublished"]
        == f"A Catalogue, release 2026.11, entry {code}"
    )


def test_a_mitigation_that_changed_since_is_cited_by_no_release(
    mitigation,
    release,
):
    mitigation.name = "Red teams"
    mitigation.save()

    assert "release" not in cite(mitigation, base_url=SITE).apa


def test_the_catalogue_is_cited_by_its_last_release_until_it_changes(
    mitigation,
    release,
):
    assert cite_catalogue(revision.shown()).csl["version"] == "2026.11"

    mitigation.document.title = "Another title"
    mitigation.document.save()

    assert cite_catalogue(revision.shown()).csl["version"].endswith(" UTC")


def test_a_draft_changes_no_citation_of_the_catalogue(mitigation, release):
    MitigationFactory(document=mitigation.document, status="draft")

    assert cite_catalogue(revision.shown()).csl["version"] == "2026.11"


# The whole


def test_csl_json_is_a_list_with_the_item():
    citation = cite(DocumentFactory(slug="uuk-2024"))
    assert json.loads(citation.csl_json) == [citation.csl]
    assert citation.csl["id"] == "uuk-2024"


@pytest.mark.parametrize(
    "kind",
    ["preprint", "article", "report", "knowledge-base"],
)
def test_every_kind_of_document_is_cited_in_every_form(kind):
    citation = cite(DocumentFactory(kind=kind, authors=2))
    assert (
        citation.key
        == parsed_bibtex(citation)["key"]
        == parsed_ris(citation)["id"]
        == citation.csl["id"]
    )
    assert citation.csl["title"] in citation.apa


def test_a_citation_of_prefetched_authors_takes_no_query(
    django_assert_num_queries,
):
    document = type(DocumentFactory(authors=3)).objects.with_authors().get()
    with django_assert_num_queries(0):
        cite(document)


# A list


@pytest.fixture
def two_documents():
    """A published mitigation from each, one of them in a phase; and a draft from a third."""
    phase = LifecyclePhaseFactory(slug="deploy", name="Deploy")
    MitigationFactory(
        document=DocumentFactory(slug="first", label="First 2024"),
        phases=[phase],
    )
    MitigationFactory(
        document=DocumentFactory(slug="second", label="Second 2025"),
    )
    MitigationFactory(
        document=DocumentFactory(slug="third", label="Third 2026"),
        phases=[phase],
        status="draft",
    )


def keys_cited(client, form, query=""):
    text = client.get(f"/mitigations/cite.{form}{query}").content.decode()
    if form == "bib":
        return [entry.key for entry in bibtexparser.parse_string(text).entries]
    if form == "ris":
        return [record["id"] for record in rispy.loads(text)]
    return [item["id"] for item in json.loads(text)]


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
@pytest.mark.parametrize(
    ("query", "documents"),
    [
        ("", ["first", "second"]),
        ("?phase=deploy", ["first"]),
        ("?q=zebra", []),
    ],
)
def test_a_list_is_cited_with_the_documents_behind_it_and_no_other(
    client,
    two_documents,
    form,
    query,
    documents,
):
    view, *sources = keys_cited(client, form, query)

    assert re.fullmatch(r"catalogue-[0-9a-f]{8}", view)
    assert sources == documents


def test_the_citation_of_a_list_says_what_it_holds_and_where_it_stands(
    client,
    two_documents,
):
    [item, _] = client.get("/mitigations/cite.json?phase=deploy").json()

    assert item["title"].endswith(": Mitigations: Deploy")
    assert item["URL"] == "http://testserver/mitigations/?phase=deploy"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", item["version"])


def test_the_citation_of_a_list_says_whose_a_notice_is(client, two_documents):
    document = Document.objects.get(slug="first")
    document.preliminary_notice = "This study is preliminary."
    document.save()
    document.mitigations.update(is_preliminary=True)

    [item, *_] = client.get("/mitigations/cite.json").json()

    assert item["note"] == f"{document.label}: This study is preliminary."


def test_the_page_of_a_list_leads_to_the_citations_of_exactly_this_view(
    client,
    two_documents,
):
    page = client.get(
        "/mitigations/?phase=deploy&ordering=name&view=table",
    ).content.decode()

    assert 'href="/mitigations/cite.bib?phase=deploy"' in page


def test_the_citation_of_a_list_refuses_what_the_list_refuses(
    client,
    two_documents,
):
    answer = client.get("/mitigations/cite.bib?phase=deplo")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["suggestion"] == "deploy"
