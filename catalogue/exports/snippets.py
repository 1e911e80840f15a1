"""Code that fetches a list, to be copied and run as it stands."""

from dataclasses import dataclass

from .place import Place


@dataclass(frozen=True)
class Snippet:
    label: str
    language: str
    code: str


def snippets(place: Place) -> list[Snippet]:
    """Addresses are percent-encoded, so that no sign in them ends a quotation."""
    address, name = place.address(format="csv"), place.path.rstrip("/").rpartition("/")[2]
    variable = name.replace("-", "_")
    return [
        Snippet("curl", "sh", f"curl --fail --output {name}.csv '{address}'"),
        Snippet("Python", "python", f'import pandas as pd\n\n{variable} = pd.read_csv("{address}")'),
        Snippet("R", "r", f'{variable} <- read.csv("{address}", fileEncoding = "UTF-8-BOM", na.strings = "")'),
    ]
