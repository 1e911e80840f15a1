"""No page and no list of the API takes more queries with many mitigations than with few."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.listing.index import current_index
from catalogue.models import Mitigation
from catalogue.operations.generation import generate_catalogue

# On SQLite alone, which takes fewer parameters in one query: what grows anywhere grows there.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]

ADDRESSES = [
    # First, while no record is kept yet: of many, other lists keep but the first 500.
    "/api/v1/mitigations/?q=restrictions&facets=category&facets=phase&facets=document",
    "/",
    "/mitigations/",
    "/mitigations/?view=table",
    "/mitigations/?q=restrictions",
    "/mitigations/?category=2.3&risk=7&phase=deploy&actor=developer&function=manage&preliminary=true",
    "/mitigations/?taxonomy=mitigations-v1&ordering=created_at",
    "/mitigations/M0006/",
    "/taxonomies/",
    "/taxonomies/mitigations-v2/",
    "/taxonomies/mitigations-v2/2.3.1/",
    "/taxonomies/risk-domains/7.2/",
    "/phases/deploy/",
    "/actors/",
    "/actors/developer/",
    "/functions/manage/",
    "/studies/",
    "/studies/schuett-2023/",
    "/studies/uuk-2024/",
    "/mitigations/?ordering=-share_agreeing&min_agreement=75",
    "/api/v1/studies/",
    "/api/v1/studies/schuett-2023/results/",
    "/api/v1/comments/",
    "/api/v1/mitigations/?include=evidence&include=comments",
    "/documents/",
    "/documents/uuk-2024/",
    "/instruments/",
    "/instruments/eu-ai-act/",
    "/crosswalk/?from=eu-gpai-code&to=nist-ai-rmf",
    "/api/v1/crosswalk/?from=eu-gpai-code&to=nist-ai-rmf",
    "/mitigations/?instrument=eu-ai-act&force=requires&in_force_on=2026-12-02",
    "/compare/?m=M0013&m=M0030&m=M0085",
    "/compare/comparison.xlsx?m=M0013&m=M0030",
    "/compare/cite.ris?m=M0013&m=M0030",
    "/api/v1/mitigations/compare/?m=M0013&m=M0030",
    "/api/v1/shortlist/?m=M0013&m=M0030",
    "/api/v1/shortlist/brief/?m=M0013&m=M0030",
    "/shortlist/brief/?m=M0013&m=M0030&m=M0085",
    "/shortlist/brief.md?m=M0013&m=M0030&length=1",
    "/about/",
    "/data/",
    "/data/dictionary/",
    "/data/mappings.ttl",
    "/api/v1/mitigations/?format=metadata",
    "/mitigations/cite.bib?phase=deploy",
    "/sitemap.xml",
    "/api/v1/mitigations/",
    "/api/v1/mitigations/?page_size=500",
    "/api/v1/mitigations/?include=document&fields=accession,name",
    "/api/v1/mitigations/M0006/",
    "/api/v1/documents/",
    "/api/v1/categories/",
    "/api/v1/mappings/",
    "/api/v1/actors/",
    "/matrix/",
    "/matrix/?rows=risk&show=agreement&question=schuett-2023.should-be-done",
    "/compare/?m=M0013&m=M0030&m=M0085",
    "/shortlist/?m=M0013&m=M0030&m=M0085",
]


def queries_of_each() -> dict[str, int]:
    """Each as the first reader of a revision asks for it, in one order: what is read once and
    kept is counted where it is read. Entries are drawn anew for each: which of them a page before
    it has drawn already hangs on how many there are.
    """
    client, counts = Client(), {}
    client.get("/")  # what is read once in a process is not counted
    for address in ADDRESSES:
        current_index()._per_mitigation.clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address).status_code == 200, address
        counts[address] = len(captured)
    return counts


def test_queries_do_not_grow_with_mitigations():
    generate_catalogue(mitigations=50, seed=1)
    with_few = queries_of_each()

    generate_catalogue(mitigations=450, seed=2)
    with_many = queries_of_each()

    assert (
        Mitigation.objects.count() > 500
    )  # more than the longest page of the API
    assert {
        a: (n, with_many[a]) for a, n in with_few.items() if with_many[a] > n
    } == {}
    assert max(with_many.values()) <= 60
