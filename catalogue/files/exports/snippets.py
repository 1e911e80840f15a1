"""How a list can be had: the addresses of its files, and code that fetches it, to be copied and
run as it stands.
"""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from serving.addresses import address_of

from .address import ListAddress
from .formats import data_formats, reference_formats


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


def files_of(address: ListAddress) -> dict[str, Any]:
    """A list of the API as files: `forms` of its records, and `citations` of the works in it,
    each with its address.
    """
    return {
        "forms": [
            (form, address.url(format=form.name)) for form in data_formats()
        ],
        "citations": [
            (form, address.url(format=form.name))
            for form in reference_formats()
        ],
    }


def taken_along(base_url: str, query: str) -> dict[str, Any]:
    """A list of mitigations as files and `snippets`. `query` is that of the list's page."""
    parameters = QueryDict(query.removeprefix("?"))
    address = ListAddress(
        base_url,
        address_of("api:mitigation-list"),
        parameters,
    )
    return {
        **files_of(address),
        "text_url": address.url(format="txt"),
        "snippets": snippets(address),
    }
