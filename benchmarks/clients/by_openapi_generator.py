"""Reads the API with the client that openapi-generator made, in the package `large`. Run by
`run.py`.
"""

import sys
from collections.abc import Callable

from large import ApiClient, Configuration, MitigationsApi, StudiesApi
from large.exceptions import (
    ApiException,
    BadRequestException,
    NotFoundException,
)


def error_of(request: Callable[[], object]) -> ApiException:
    try:
        request()
    except ApiException as error:
        return error
    raise AssertionError("There was no error")


with ApiClient(Configuration(host=sys.argv[1])) as client:
    api = MitigationsApi(client)

    page = api.mitigations_list(page_size=5)
    assert page.count > len(page.results) == 5
    assert page.results[0].document.slug

    filtered = api.mitigations_list(
        phase=["deploy"],
        category=["2.3"],
        ordering="-share_agreeing",
        facets=["phase", "actor"],
    )
    assert 0 < filtered.count < page.count
    assert [facet.parameter for facet in filtered.facets] == ["phase", "actor"]
    assert all(
        "deploy" in [phase.slug for phase in one.phases]
        for one in filtered.results
    )

    sparse = api.mitigations_list(fields=["name"]).results[0]
    assert sparse.accession
    assert sparse.name
    assert sparse.description is None

    whole = api.mitigations_retrieve("M0061", include=["evidence", "document"])
    assert isinstance(whole.accession, str)
    assert whole.document.authors[0].family
    assert whole.evidence[0].estimates[0].statistic == "share_agreeing"
    assert whole.mappings is None

    assert StudiesApi(client).studies_results_list("schuett-2023")[0].answers

    refused = error_of(lambda: api.mitigations_list(category=["98.7"]))
    assert isinstance(refused, BadRequestException)
    assert (refused.data.status, refused.data.errors[0].parameter) == (
        400,
        "category",
    )
    missing = error_of(lambda: api.mitigations_retrieve("M9999"))
    assert isinstance(missing, NotFoundException)
    assert missing.data.status == 404
print("listed, filtered, read sparse and included members, results and errors")
