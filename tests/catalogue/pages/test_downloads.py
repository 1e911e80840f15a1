"""The pages and files under /data/."""

import json
import re
import sqlite3

import pytest
from django.urls import reverse
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

from catalogue.revision import moment_of
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    RiskManagementFunctionFactory,
    TaxonomyFactory,
)
from tests.files import sent

# rdflib's own reader of JSON-LD uses what rdflib deprecates.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.filterwarnings(
        "ignore:ConjunctiveGraph is deprecated:DeprecationWarning",
    ),
]
FORMS = {"ttl": "turtle", "jsonld": "json-ld"}
BASE = "http://testserver"
ALTERNATE = re.compile(
    r'<link rel="alternate" type="(?!application/atom)[^"]*" href="([^"]*)"',
)


def graph(client, path, form) -> Graph:
    return Graph().parse(data=sent(client.get(path)), format=FORMS[form])


@pytest.mark.parametrize("form", FORMS)
def test_a_taxonomy_is_a_concept_scheme(client, form):
    taxonomy = TaxonomyFactory(slug="measures")
    CategoryFactory(taxonomy=taxonomy, code="2.3", name="Audits & tests")

    found = graph(
        client,
        reverse("data-taxonomy", args=["measures", form]),
        form,
    )

    scheme, top, inner = (
        URIRef(f"{BASE}/taxonomies/measures/{rest}")
        for rest in ("", "2/", "2.3/")
    )
    assert set(found.subjects(RDF.type, SKOS.Concept)) == {top, inner}
    assert (
        inner,
        SKOS.prefLabel,
        Literal("Audits & tests", lang="en"),
    ) in found
    assert (inner, SKOS.notation, Literal("2.3")) in found
    assert (inner, SKOS.broader, top) in found
    assert (top, SKOS.narrower, inner) in found
    assert (scheme, SKOS.hasTopConcept, top) in found


@pytest.mark.parametrize("form", FORMS)
def test_mappings_are_relations_of_skos_with_who_says_so(client, form):
    mapping = MappingFactory(relation="broadMatch")
    MappingFactory(
        source=mapping.source,
        framework="NIST AI RMF",
        framework_version="1.0",
        entry="GOVERN 1.1",
    )

    found = graph(client, reverse("data-mappings", args=[form]), form)

    ends = [
        URIRef(BASE + end.get_absolute_url())
        for end in (mapping.source, mapping.target)
    ]
    assert (ends[0], SKOS.broadMatch, ends[1]) in found
    assert set(
        map(
            str,
            found.objects(None, URIRef("http://purl.org/dc/terms/creator")),
        ),
    ) == {"A coder"}
    assert (None, SKOS.notation, Literal("GOVERN 1.1")) in found


def test_no_draft_is_in_the_mappings_or_among_the_triples(client):
    MappingFactory(target=MitigationFactory(status="draft", name="Zebra"))

    assert b"Zebra" not in sent(client.get("/data/mappings.ttl"))
    assert b"Zebra" not in sent(client.get("/data/mitigations.nt"))


def test_every_concept_of_the_mappings_is_in_a_scheme(client):
    mapping = MappingFactory()
    MappingFactory(
        source=mapping.source,
        framework="NIST AI RMF",
        framework_version="1.0",
        entry="GOVERN 1.1",
    )

    found = graph(client, "/data/mappings.ttl", "ttl")

    concepts, schemes = (
        set(found.subjects(RDF.type, kind))
        for kind in (SKOS.Concept, SKOS.ConceptScheme)
    )
    assert {
        scheme
        for concept in concepts
        for scheme in found.objects(concept, SKOS.inScheme)
    } == schemes
    assert (
        len(concepts)
        == len(list(found.triples((None, SKOS.inScheme, None))))
        == 3
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "factory"),
    [
        ("phases", LifecyclePhaseFactory),
        ("actors", ActorFactory),
        ("functions", RiskManagementFunctionFactory),
    ],
)
def test_a_vocabulary_is_a_concept_scheme(client, form, name, factory):
    term = factory(name="A term")

    found = graph(client, f"/data/vocabularies/{name}.{form}", form)

    [scheme] = found.subjects(RDF.type, SKOS.ConceptScheme)
    assert (
        scheme,
        SKOS.hasTopConcept,
        URIRef(BASE + term.get_absolute_url()),
    ) in found
    assert (None, SKOS.prefLabel, Literal("A term", lang="en")) in found


def test_the_triples_say_under_what_a_mitigation_stands(client):
    phase, actor, function = (
        LifecyclePhaseFactory(),
        ActorFactory(),
        RiskManagementFunctionFactory(),
    )
    category = CategoryFactory(code="2.3")
    mitigation = MitigationFactory(
        phases=[phase],
        actors=[actor],
        functions=[function],
    )
    ClassificationFactory(mitigation=mitigation, category=category)

    found = Graph().parse(
        data=sent(client.get("/data/mitigations.nt")),
        format="nt",
    )

    concept = URIRef(BASE + mitigation.get_absolute_url())
    under = {
        str(one).removeprefix(BASE)
        for one in found.objects(concept, DCTERMS.subject)
    }
    assert under == {
        one.get_absolute_url() for one in (phase, actor, function, category)
    }
    assert (
        concept,
        DCTERMS.source,
        URIRef(BASE + mitigation.document.get_absolute_url()),
    ) in found


def test_pages_of_concepts_name_what_programs_read_of_them(client):
    mitigation, phase, category = (
        MitigationFactory(),
        LifecyclePhaseFactory(),
        CategoryFactory(),
    )
    records = [
        mitigation,
        mitigation.document,
        phase,
        category,
        category.taxonomy,
    ]

    for record in records:
        page = client.get(record.get_absolute_url()).content.decode()
        addresses = ALTERNATE.findall(page)
        assert [client.get(address).status_code for address in addresses] == [
            200,
        ] * len(addresses)
        assert "/api/v1/" in addresses[0]


def test_preliminary_mitigations_say_so_in_the_mappings(client):
    source = MitigationFactory(
        is_preliminary=True,
        document__preliminary_notice="May change.",
    )
    MappingFactory(source=source)

    assert b"May change." in sent(client.get("/data/mappings.ttl"))


@pytest.mark.parametrize(
    "path",
    [
        "/data/mappings.xml",
        "/data/vocabularies/none.ttl",
        "/data/taxonomies/none.ttl",
        "/data/cite.doc",
    ],
)
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_every_file_that_the_page_describes_is_there(client):
    MappingFactory(
        source__is_preliminary=True,
        source__document__preliminary_notice="May change.",
    )
    CategoryFactory()

    data = json.loads(sent(client.get("/data/dataset.jsonld")))

    assert "May change." in data["description"]
    for file in data["distribution"]:
        answer = client.get(file["contentUrl"].removeprefix(BASE))
        assert answer["Content-Type"].startswith(file["encodingFormat"])
        assert sent(answer)


def test_the_page_carries_notice_citation_and_revision(client):
    MitigationFactory(
        is_preliminary=True,
        document__preliminary_notice="May change.",
    )

    page = sent(client.get("/data/")).decode()

    assert "May change." in page
    assert "[Preliminary in part]" in page
    revision = json.loads(sent(client.get("/data/dataset.jsonld")))["version"]
    assert revision in page
    version = f"{moment_of(int(revision)):%Y-%m-%d %H:%M:%S} UTC"
    assert f"Version {version}" in page
    assert (
        f"version = {{{version}}}"
        in sent(client.get("/data/cite.bib")).decode()
    )


def test_the_page_stands_before_anything_is_published(client):
    assert client.get("/data/").status_code == 200
    assert client.get("/data/dictionary/").status_code == 200


def test_the_sqlite_file_is_sent_whole(client, tmp_path):
    mitigation = MitigationFactory()
    path = tmp_path / "sent.sqlite3"

    path.write_bytes(sent(client.get("/data/catalogue.sqlite3")))

    file = sqlite3.connect(path)
    assert file.execute(
        "SELECT accession, name FROM mitigations",
    ).fetchall() == [(mitigation.accession, mitigation.name)]
    file.close()


@pytest.mark.parametrize("address", ["/data/", "/data/dictionary/"])
def test_pages_stand_in_the_sitemap(client, address):
    assert f"{BASE}{address}<" in sent(
        client.get("/sitemap.xml"),
    ).decode().replace("https://", "http://").replace(
        "example.com",
        "testserver",
    )


@pytest.mark.parametrize("form", FORMS)
def test_an_address_with_what_may_not_stand_in_one_is_encoded(client, form):
    TaxonomyFactory(
        slug="measures",
        url="https://example.org/a{b}|c?d=%20&e=ü",
    )

    found = graph(client, f"/data/taxonomies/measures.{form}", form)

    [source] = found.objects(None, DCTERMS.source)
    assert str(source) == "https://example.org/a%7Bb%7D%7Cc?d=%20&e=%C3%BC"
