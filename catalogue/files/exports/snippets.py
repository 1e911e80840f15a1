"""How a list can be had: the addresses of its files, and code that fetches it, to be copied and
run as it stands.
"""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from .formats import FORMATS
from .place import Place

#: How a list can be cited: what stands behind "cite.", and what it is called.
CITATIONS = {"bib": "BibTeX", "ris": "RIS", "json": "CSL JSON"}
#: In the order in which they are offered.
OFFERED = ("csv", "xlsx", "json", "ndjson", "parquet")


@dataclass(frozen=True)
class Snippet:
    label: str
    language: str
    code: str


def snippets(place: Place) -> list[Snippet]:
    """Addresses are percent-encoded, so that no sign in them ends a quotation."""
    address, name = (
        place.address(format="csv"),
        place.path.rstrip("/").rpartition("/")[2],
    )
    variable = name.replace("-", "_")
    return [
        Snippet("curl", "sh", f"curl --fail --output {name}.csv '{address}'"),
        Snippet(
            "Python",
            "python",
            f'import pandas as pd\n\n{variable} = pd.read_csv("{address}")',
        ),
        Snippet(
            "R",
            "r",
            "\n".join(
                [
                    f'{variable} <- read.csv("{address}", fileEncoding = "UTF-8-BOM", na.strings = "")',
                    "# true and false, which read.csv takes for text",
                    'are_logical <- function(x) all(x %in% c("true", "false", NA))',
                    f'{variable}[] <- lapply({variable}, function(x) if (are_logical(x)) x == "true" else x)',
                ]
            ),
        ),
    ]


def taken_along(base_url: str, query: str) -> dict[str, Any]:
    """A list of mitigations as files: `forms` and `citations`, each with its address, and
    `snippets`. `query` is that of the list's page.
    """
    asked = QueryDict(query.removeprefix("?"))
    place = Place(base_url, reverse("api:mitigation-list"), asked)
    forms = [(FORMATS[name], place.address(format=name)) for name in OFFERED]
    citations = []
    for form, label in CITATIONS.items():
        cited = Place(base_url, reverse("mitigation-list-cite", args=[form]), asked)
        citations.append((label, cited.address(ordering=None)))
    return {"forms": forms, "citations": citations, "snippets": snippets(place)}
