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
from rdflib.resource import Resource

from catalogue.listing.index import current_index
from catalogue.listing.ordering import BATCH, Selection
from catalogue.models import (
    VOCABULARIES,
    Category,
    Mapping,
    Mitigation,
    Provision,
    Taxonomy,
    Term,
)
from catalogue.reading import plain_addresses
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type

from .about import LICENCE_URL

#: What each form of a file is called in rdflib, and its media type.
FORMS = {
    "ttl": ("turtle", "text/turtle"),
    "jsonld": ("json-ld", "application/ld+json"),
}
#: Of RFC 3986, beside letters and digits: what may stand in an address, and the sign of what is
#: percent-encoded.
ALLOWED = "-._~:/?#[]@!$&'()*+,;=%"
#: The vocabularies, by what their files are called.
VOCABULARIES_BY_FILE = {terms.relation: terms for terms in VOCABULARIES}
TRIPLES = "application/n-triples"
WORKING_NAME = (
    "Its published name is not known; this one is this project’s own."
)
PRELIMINARY = "Preliminary: it may still change."
PREFIXES = {
    "skos": SKOS,
    "dcterms": DCTERMS,
    "owl": OWL,
    "rdf": RDF,
    "rdfs": RDFS,
}


def serialized(graph: Graph, form: str) -> bytes:
    """The graph as a file of a form of FORMS."""
    name, _ = FORMS[form]
    if form == "jsonld":
        context = {
            prefix: str(namespace) for prefix, namespace in PREFIXES.items()
        }
        return graph.serialize(format=name, encoding="utf-8", context=context)  # type: ignore[call-overload]
    return graph.serialize(format=name, encoding="utf-8")


def _new_graph() -> Graph:
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def _as_uri(address: str) -> URIRef:
    """An address that somebody typed. What may not stand in one, such as a brace, is
    percent-encoded: rdflib writes no file with it.
    """
    return URIRef(quote(address, safe=ALLOWED))


def _english(text: str) -> Literal:
    return Literal(text, lang="en")


def _add_scheme(graph: Graph, address: str, title: str) -> Resource:
    scheme = graph.resource(address)
    scheme.add(RDF.type, SKOS.ConceptScheme)
    scheme.add(DCTERMS.title, _english(title))
    return scheme


def _add_concept(scheme: Resource, address: str, notation: str) -> Resource:
    concept = scheme.graph.resource(address)
    concept.add(RDF.type, SKOS.Concept)
    concept.add(SKOS.inScheme, scheme)
    concept.add(SKOS.notation, Literal(notation))
    return concept


def taxonomy_graph(taxonomy: Taxonomy, base_url: str) -> Graph:
    """A concept scheme, and a concept for each category."""
    with plain_addresses():
        graph = _new_graph()
        address = base_url + taxonomy.get_absolute_url()
        scheme = _add_scheme(graph, address, taxonomy.title)
        scheme.add(DCTERMS.description, _english(taxonomy.description))
        scheme.add(DCTERMS.publisher, Literal(taxonomy.publisher))
        scheme.add(DCTERMS.license, URIRef(LICENCE_URL))
        if taxonomy.version:
            scheme.add(OWL.versionInfo, Literal(taxonomy.version))
        if taxonomy.url:
            scheme.add(DCTERMS.source, _as_uri(taxonomy.url))
        for category in taxonomy.categories.with_parents().order_by("path"):
            _add_category(scheme, category, base_url)
        return graph


def _add_category(scheme: Resource, category: Category, base_url: str) -> None:
    address = base_url + category.get_absolute_url()
    concept = _add_concept(scheme, address, category.code)
    concept.add(SKOS.prefLabel, _english(category.name))
    concept.add(SKOS.definition, _english(category.definition))
    if category.is_working_name:
        concept.add(SKOS.editorialNote, _english(WORKING_NAME))
    if category.parent:
        parent = scheme.graph.resource(
            base_url + category.parent.get_absolute_url(),
        )
        concept.add(SKOS.broader, parent)
        parent.add(SKOS.narrower, concept)
    else:
        concept.add(SKOS.topConceptOf, scheme)
        scheme.add(SKOS.hasTopConcept, concept)


def vocabulary_graph(name: str, base_url: str) -> Graph:
    """A concept scheme, and a concept for each term of one of VOCABULARIES_BY_FILE."""
    terms = VOCABULARIES_BY_FILE[name]
    with plain_addresses():
        graph = _new_graph()
        address = f"{base_url}{reverse('data')}vocabularies/{name}#scheme"
        title = str(terms._meta.verbose_name_plural).capitalize()
        scheme = _add_scheme(graph, address, title)
        for term in terms._default_manager.all():
            concept = _add_concept(
                scheme,
                base_url + term.get_absolute_url(),
                term.slug,
            )
            concept.add(SKOS.topConceptOf, scheme)
            scheme.add(SKOS.hasTopConcept, concept)
            concept.add(SKOS.prefLabel, _english(term.name))
            concept.add(SKOS.definition, _english(term.definition))
            if term.is_special:
                note = _english("It says that no other term fits.")
                concept.add(SKOS.scopeNote, note)
        return graph


def mitigations_triples(base_url: str) -> Iterator[bytes]:
    """Every published mitigation as a concept, with its document, its categories and its terms,
    as N-Triples. So many at once: their number does not matter to memory.
    """
    with plain_addresses():
        graph = _new_graph()
        scheme = _scheme_of_mitigations(graph, base_url)
        scheme.add(DCTERMS.license, URIRef(LICENCE_URL))
        first = graph.serialize(format="nt", encoding="utf-8")
    yield first
    mitigations = iter(
        Selection(
            current_index().published,
            ("pk",),
            {},
            Mitigation.objects.with_record(),
        ),
    )
    while batch := list(islice(mitigations, BATCH)):
        with plain_addresses():
            graph = _new_graph()
            for mitigation in batch:
                _add_subjects(graph, mitigation, base_url)
            triples = graph.serialize(format="nt", encoding="utf-8")
        yield triples


def _add_subjects(graph: Graph, mitigation: Mitigation, base_url: str) -> None:
    """Where it is from, and under what it stands: which kind of thing that is says the scheme
    of the concept.
    """
    concept = _add_mitigation(graph, mitigation, base_url)
    for name in mitigation.alternative_name_list:
        concept.add(SKOS.altLabel, _english(name))
    document = URIRef(base_url + mitigation.document.get_absolute_url())
    concept.add(DCTERMS.source, document)
    subjects: list[Category | Term] = []
    for classification in mitigation.classifications.all():
        subjects.append(classification.category)
    for field in of_type(Terms):
        subjects += getattr(mitigation, field.stored_as).all()
    for subject in subjects:
        concept.add(
            DCTERMS.subject,
            URIRef(base_url + subject.get_absolute_url()),
        )


def _scheme_of_mitigations(graph: Graph, base_url: str) -> Resource:
    address = base_url + reverse("mitigation-list")
    return _add_scheme(graph, address, f"{settings.SITE_NAME}: mitigations")


def mappings_graph(base_url: str) -> Graph:
    """Mappings of published mitigations, each with who asserts it and why."""
    with plain_addresses():
        graph = _new_graph()
        _scheme_of_mitigations(graph, base_url)
        for mapping in (
            Mapping.objects.published().for_display().order_by("pk")
        ):
            _add_mapping(graph, mapping, base_url)
        return graph


def _add_mapping(graph: Graph, mapping: Mapping, base_url: str) -> None:
    relation: URIRef = SKOS[mapping.relation]
    source = _add_mitigation(graph, mapping.source, base_url)
    if mapping.target:
        target = _add_mitigation(graph, mapping.target, base_url)
    elif mapping.provision:
        target = _add_provision_to_graph(graph, mapping.provision, base_url)
    else:
        target = _add_entry(graph, mapping, base_url)
    source.add(relation, target)
    statement = graph.resource(
        f"{base_url}/data/mappings#mapping-{mapping.pk}",
    )
    statement.add(RDF.type, RDF.Statement)
    statement.add(RDF.subject, source)
    statement.add(RDF.predicate, relation)
    statement.add(RDF.object, target)
    statement.add(DCTERMS.creator, Literal(mapping.asserted_by))
    if mapping.note:
        statement.add(RDFS.comment, _english(mapping.note))


def _add_mitigation(
    graph: Graph,
    mitigation: Mitigation,
    base_url: str,
) -> Resource:
    scheme = graph.resource(base_url + reverse("mitigation-list"))
    address = base_url + mitigation.get_absolute_url()
    concept = _add_concept(scheme, address, mitigation.accession)
    concept.add(SKOS.prefLabel, _english(mitigation.name))
    concept.add(SKOS.definition, _english(mitigation.description))
    if mitigation.is_preliminary:
        notice = mitigation.document.preliminary_notice or PRELIMINARY
        concept.add(SKOS.editorialNote, _english(notice))
    return concept


def _add_provision_to_graph(
    graph: Graph,
    provision: Provision,
    base_url: str,
) -> Resource:
    """A provision of a law, code or standard, which is a scheme of its provisions."""
    instrument = provision.instrument
    scheme = _add_scheme(
        graph,
        base_url + instrument.get_absolute_url(),
        instrument.title,
    )
    concept = _add_concept(
        scheme,
        base_url + provision.get_absolute_url(),
        provision.code,
    )
    concept.add(DCTERMS.isPartOf, scheme)
    concept.add(SKOS.prefLabel, _english(provision.name))
    return concept


def _add_entry(graph: Graph, mapping: Mapping, base_url: str) -> Resource:
    """An entry of another framework, which has no address that we know."""
    framework = mapping.framework
    if mapping.framework_version:
        framework += f" {mapping.framework_version}"
    mappings = f"{base_url}/data/mappings#"
    scheme = _add_scheme(
        graph,
        mappings + quote(framework, safe=""),
        framework,
    )
    address = mappings + quote(f"{framework} {mapping.entry}", safe="")
    concept = _add_concept(scheme, address, mapping.entry)
    concept.add(DCTERMS.isPartOf, Literal(framework))
    if mapping.entry_name:
        concept.add(SKOS.prefLabel, _english(mapping.entry_name))
    return concept
