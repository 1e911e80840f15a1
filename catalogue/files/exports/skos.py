"""Taxonomies and mappings in SKOS, with the site's own pages as the names of things, which are
the same in every release.
"""

from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL, SKOS

from catalogue.listing.index import current_index
from catalogue.listing.ordering import BATCH, Selection
from catalogue.models import (
    Actor,
    Category,
    LifecyclePhase,
    Mapping,
    Mitigation,
    RiskManagementFunction,
    Taxonomy,
    Term,
)
from catalogue.reading import plain_addresses

from .about import LICENCE_URL

#: What each form of a file is called in rdflib, and its media type.
FORMS = {"ttl": ("turtle", "text/turtle"), "jsonld": ("json-ld", "application/ld+json")}
#: Of RFC 3986, beside letters and digits: what may stand in an address, and the sign of what is
#: percent-encoded.
ALLOWED = "-._~:/?#[]@!$&'()*+,;=%"
#: The vocabularies, by what their files are called.
VOCABULARIES: dict[
    str, type[LifecyclePhase] | type[Actor] | type[RiskManagementFunction]
] = {
    "phases": LifecyclePhase,
    "actors": Actor,
    "functions": RiskManagementFunction,
}
TRIPLES = "application/n-triples"
PREFIXES = {"skos": SKOS, "dcterms": DCTERMS, "owl": OWL, "rdf": RDF, "rdfs": RDFS}


def written(graph: Graph, form: str) -> bytes:
    """The graph as a file of a form of FORMS."""
    name, _ = FORMS[form]
    if form == "jsonld":
        context = {prefix: str(namespace) for prefix, namespace in PREFIXES.items()}
        return graph.serialize(format=name, encoding="utf-8", context=context)  # type: ignore[call-overload]
    return graph.serialize(format=name, encoding="utf-8")


def _graph() -> Graph:
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def _link(address: str) -> URIRef:
    """An address that somebody typed. What may not stand in one, such as a brace, is
    percent-encoded: rdflib writes no file with it.
    """
    return URIRef(quote(address, safe=ALLOWED))


def _words(text: str) -> Literal:
    return Literal(text, lang="en")


def taxonomy_graph(taxonomy: Taxonomy, base_url: str) -> Graph:
    """A concept scheme, and a concept for each category."""
    with plain_addresses():
        return _taxonomy_graph(taxonomy, base_url)


def _taxonomy_graph(taxonomy: Taxonomy, base_url: str) -> Graph:
    graph, scheme = _graph(), URIRef(base_url + taxonomy.get_absolute_url())
    graph.add((scheme, RDF.type, SKOS.ConceptScheme))
    for predicate, value in (
        (DCTERMS.title, _words(taxonomy.title)),
        (DCTERMS.description, _words(taxonomy.description)),
        (DCTERMS.publisher, Literal(taxonomy.publisher)),
        (DCTERMS.license, URIRef(LICENCE_URL)),
    ):
        graph.add((scheme, predicate, value))
    if taxonomy.version:
        graph.add((scheme, OWL.versionInfo, Literal(taxonomy.version)))
    if taxonomy.url:
        graph.add((scheme, DCTERMS.source, _link(taxonomy.url)))
    for category in taxonomy.categories.with_parents().order_by("path"):
        _add_category(graph, scheme, category, base_url)
    return graph


def _add_category(graph: Graph, scheme: URIRef, category, base_url: str) -> None:
    concept = URIRef(base_url + category.get_absolute_url())
    graph.add((concept, RDF.type, SKOS.Concept))
    graph.add((concept, SKOS.inScheme, scheme))
    graph.add((concept, SKOS.notation, Literal(category.code)))
    graph.add((concept, SKOS.prefLabel, _words(category.name)))
    graph.add((concept, SKOS.definition, _words(category.definition)))
    if category.is_working_name:
        graph.add(
            (
                concept,
                SKOS.editorialNote,
                _words(
                    "Its published name is not known; this one is this project’s own."
                ),
            )
        )
    if category.parent:
        above = URIRef(base_url + category.parent.get_absolute_url())
        graph.add((concept, SKOS.broader, above))
        graph.add((above, SKOS.narrower, concept))
    else:
        graph.add((concept, SKOS.topConceptOf, scheme))
        graph.add((scheme, SKOS.hasTopConcept, concept))


def vocabulary_graph(name: str, base_url: str) -> Graph:
    """A concept scheme, and a concept for each term of one of VOCABULARIES."""
    with plain_addresses():
        terms, graph = VOCABULARIES[name], _graph()
        scheme = _add_scheme(
            graph,
            f"{base_url}{reverse('data')}vocabularies/{name}#scheme",
            _title_of(terms),
        )
        for term in terms.objects.all():
            concept = URIRef(base_url + term.get_absolute_url())
            graph.add((concept, RDF.type, SKOS.Concept))
            graph.add((concept, SKOS.topConceptOf, scheme))
            graph.add((scheme, SKOS.hasTopConcept, concept))
            graph.add((concept, SKOS.inScheme, scheme))
            graph.add((concept, SKOS.notation, Literal(term.slug)))
            graph.add((concept, SKOS.prefLabel, _words(term.name)))
            graph.add((concept, SKOS.definition, _words(term.definition)))
            if term.is_special:
                graph.add(
                    (
                        concept,
                        SKOS.scopeNote,
                        _words("It says that no other term fits."),
                    )
                )
        return graph


def _title_of(
    terms: type[LifecyclePhase] | type[Actor] | type[RiskManagementFunction],
) -> str:
    return str(terms._meta.verbose_name_plural).capitalize()


def _add_scheme(graph: Graph, address: str, title: str) -> URIRef:
    scheme = URIRef(address)
    graph.add((scheme, RDF.type, SKOS.ConceptScheme))
    graph.add((scheme, DCTERMS.title, _words(title)))
    return scheme


def mitigations_triples(base_url: str) -> Iterator[bytes]:
    """Every published mitigation as a concept, with its document, its categories and its terms,
    as N-Triples. So many at once: their number does not matter to memory.
    """
    with plain_addresses():
        graph = _graph()
        _scheme_of_mitigations(graph, base_url)
        graph.add(
            (_address_of_mitigations(base_url), DCTERMS.license, URIRef(LICENCE_URL))
        )
        first = graph.serialize(format="nt", encoding="utf-8")
    yield first
    found = iter(
        Selection(
            current_index().published, ("pk",), {}, Mitigation.objects.with_record()
        )
    )
    while batch := list(islice(found, BATCH)):
        with plain_addresses():
            graph = _graph()
            for mitigation in batch:
                _add_places(graph, mitigation, base_url)
            triples = graph.serialize(format="nt", encoding="utf-8")
        yield triples


def _add_places(graph: Graph, mitigation: Mitigation, base_url: str) -> None:
    """Where it is from, and under what it stands: which kind of thing that is says the scheme
    of the concept.
    """
    concept = _mitigation(graph, mitigation, base_url)
    for name in mitigation.alternative_name_list:
        graph.add((concept, SKOS.altLabel, _words(name)))
    graph.add(
        (
            concept,
            DCTERMS.source,
            URIRef(base_url + mitigation.document.get_absolute_url()),
        )
    )
    subjects: list[Category | Term] = [
        one.category for one in mitigation.classifications.all()
    ]
    subjects += mitigation.phases.all()
    subjects += mitigation.actors.all()
    subjects += mitigation.functions.all()
    for subject in subjects:
        graph.add(
            (concept, DCTERMS.subject, URIRef(base_url + subject.get_absolute_url()))
        )


def _address_of_mitigations(base_url: str) -> URIRef:
    return URIRef(base_url + reverse("mitigation-list"))


def _scheme_of_mitigations(graph: Graph, base_url: str) -> None:
    _add_scheme(
        graph, _address_of_mitigations(base_url), f"{settings.SITE_NAME}: mitigations"
    )


def mappings_graph(base_url: str) -> Graph:
    """Mappings of published mitigations, each with who asserts it and why."""
    with plain_addresses():
        return _mappings_graph(base_url)


def _mappings_graph(base_url: str) -> Graph:
    graph = _graph()
    _scheme_of_mitigations(graph, base_url)
    for mapping in Mapping.objects.published().for_display().order_by("pk"):
        source, relation = (
            _mitigation(graph, mapping.source, base_url),
            SKOS[mapping.relation],
        )
        target = (
            _mitigation(graph, mapping.target, base_url)
            if mapping.target
            else _entry(graph, mapping, base_url)
        )
        graph.add((source, relation, target))
        statement = URIRef(f"{base_url}/data/mappings#mapping-{mapping.pk}")
        for predicate, value in (
            (RDF.type, RDF.Statement),
            (RDF.subject, source),
            (RDF.predicate, relation),
            (RDF.object, target),
            (DCTERMS.creator, Literal(mapping.asserted_by)),
        ):
            graph.add((statement, predicate, value))
        if mapping.note:
            graph.add((statement, RDFS.comment, _words(mapping.note)))
    return graph


def _mitigation(graph: Graph, mitigation: Mitigation, base_url: str) -> URIRef:
    concept = URIRef(base_url + mitigation.get_absolute_url())
    graph.add((concept, RDF.type, SKOS.Concept))
    graph.add((concept, SKOS.inScheme, _address_of_mitigations(base_url)))
    graph.add((concept, SKOS.notation, Literal(mitigation.accession)))
    graph.add((concept, SKOS.prefLabel, _words(mitigation.name)))
    graph.add((concept, SKOS.definition, _words(mitigation.description)))
    if mitigation.is_preliminary:
        notice = (
            mitigation.document.preliminary_notice
            or "Preliminary: it may still change."
        )
        graph.add((concept, SKOS.editorialNote, _words(notice)))
    return concept


def _entry(graph: Graph, mapping: Mapping, base_url: str) -> URIRef:
    """An entry of another framework, which has no address that we know."""
    framework = " ".join(filter(None, [mapping.framework, mapping.framework_version]))
    scheme = _add_scheme(
        graph, f"{base_url}/data/mappings#{quote(framework, safe='')}", framework
    )
    concept = URIRef(
        f"{base_url}/data/mappings#{quote(f'{framework} {mapping.entry}', safe='')}"
    )
    graph.add((concept, RDF.type, SKOS.Concept))
    graph.add((concept, SKOS.inScheme, scheme))
    graph.add((concept, SKOS.notation, Literal(mapping.entry)))
    graph.add((concept, DCTERMS.isPartOf, Literal(framework)))
    if mapping.entry_name:
        graph.add((concept, SKOS.prefLabel, _words(mapping.entry_name)))
    return concept
