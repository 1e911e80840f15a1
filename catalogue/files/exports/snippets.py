"""How a list can be had: the addresses of its files, and code that fetches it, to be copied and
run as it stands.
"""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from .address import ListAddress
from .formats import offered_formats

#: How a list can be cited: what stands behind "cite.", and what it is called.
CITATIONS = {"bib": "BibTeX", "ris": "RIS", "json": "CSL JSON"}


@dataclass(frozen=True)
class Snippet:
    label: str
    language: str
    code: str


def snippets(address: ListAddress) -> list[Snippet]:
    """Addresses are percent-encoded, so that no sign in them ends a quotation."""
    url = address.url(format="csv")
    name = address.path.rstrip("/").rpartition("/")[2]
    variable = name.replace("-", "_")
    return [
        Snippet("curl", "sh", f"curl --fail --output {name}.csv '{url}'"),
        Snippet(
            "Python",
            "python",
            f'import pandas as pd\n\n{variable} = pd.read_csv("{url}")',
        ),
        Snippet(
            "R",
            "r",
            "\n".join(
                [
                    f'{variable} <- read.csv("{url}", fileEncoding = "UTF-8-BOM", na.strings = "")',
                    "# true and false, which read.csv takes for text",
                    'are_logical <- function(x) all(x %in% c("true", "false", NA))',
                    f'{variable}[] <- lapply({variable}, function(x) if (are_logical(x)) x == "true" else x)',
                ],
            ),
        ),
    ]


def taken_along(base_url: str, query: str) -> dict[str, Any]:
    """A list of mitigations as files: `forms` and `citations`, each with its address, and
    `snippets`. `query` is that of the list's page.
    """
    parameters = QueryDict(query.removeprefix("?"))
    address = ListAddress(base_url, reverse("api:mitigation-list"), parameters)
    forms = [
        (form, address.url(format=form.name)) for form in offered_formats()
    ]
    citations = []
    for name, label in CITATIONS.items():
        path = reverse("mitigation-list-cite", args=[name])
        citation = ListAddress(base_url, path, parameters)
        citations.append((label, citation.url(ordering=None)))
    return {
        "forms": forms,
        "citations": citations,
        "snippets": snippets(address),
    }
