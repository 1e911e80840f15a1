"""Reads the API with the client that openapi-python-client made, in the package `small`. Run by
`run.py`.
"""

import sys

from small import Client
from small.api.mitigations import mitigations_list, mitigations_retrieve
from small.api.studies import studies_results_list
from small.models import (
    MitigationsListFacetsItem,
    MitigationsListFieldsItem,
    MitigationsListOrdering,
    MitigationsListPhaseItem,
    MitigationsRetrieveIncludeItem,
    PaginatedMitigationList,
    Problem,
)
from small.types import UNSET

client = Client(base_url=sys.argv[1])

page = mitigations_list.sync(client=client, page_size=5)
assert isinstance(page, PaginatedMitigationList)
assert page.count > len(page.results) == 5
assert page.results[0].document.slug

filtered = mitigations_list.sync(
    client=client,
    phase=[MitigationsListPhaseItem.DEPLOY],
    category=["2.3"],
    ordering=MitigationsListOrdering("-share_agreeing"),
    facets=[MitigationsListFacetsItem.PHASE, MitigationsListFacetsItem.ACTOR],
)
assert 0 < filtered.count < page.count
assert [facet.parameter for facet in filtered.facets] == ["phase", "actor"]
assert all(
    "deploy" in [phase.slug for phase in one.phases]
    for one in filtered.results
)

sparse = mitigations_list.sync(
    client=client,
    fields=[MitigationsListFieldsItem.NAME],
).results[0]
assert sparse.accession
assert sparse.name
assert sparse.description is UNSET

whole = mitigations_retrieve.sync(
    "M0061",
    client=client,
    include=[
        MitigationsRetrieveIncludeItem.EVIDENCE,
        MitigationsRetrieveIncludeItem.DOCUMENT,
    ],
)
assert whole.document.authors[0].family
assert whole.evidence[0].estimates[0].statistic == "share_agreeing"
assert whole.mappings is UNSET

assert studies_results_list.sync("schuett-2023", client=client)[0].answers

refused = mitigations_list.sync(client=client, category=["98.7"])
assert isinstance(refused, Problem)
assert (refused.status, refused.errors[0].parameter) == (400, "category")
missing = mitigations_retrieve.sync("M9999", client=client)
assert isinstance(missing, Problem)
assert missing.status == 404
client.get_httpx_client().close()
print("listed, filtered, read sparse and included members, results and errors")
