"""How fast the catalogue is, beside a plain DRF view set and Datasette over the same rows.

`python -m benchmarks.run` prints a table; docs/performance.md says how to read it.
"""

import argparse
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from . import servers
from .load import CONNECTIONS, LoadFailed, Speed, load_tool, measure

OURS, PLAIN, DATASETTE = "catalogue", "plain DRF", "Datasette"
PHASE, ACTOR, WORD, ACCESSION = "operate-monitor", "developer", "audit", "M0001"


@dataclass
class Row:
    """One thing a reader asks for: where each server has it, and how fast it came in each round."""

    name: str
    paths: dict[str, str]
    rounds: dict[str, list[Speed]] = field(default_factory=dict)

    def speed(self, server: str) -> Speed | None:
        return Speed.median(self.rounds[server]) if server in self.rounds else None


def rows(database: Path) -> list[Row]:
    """What is measured. Plain DRF has no pages; Datasette has a page and JSON for everything."""
    table, found = "/catalogue/catalogue_mitigation", ids(database)
    through = "_through=" + '{{"table":"catalogue_mitigation_{0}s","column":"{1}","value":"{2}"}}'
    narrowed = "&".join([
        through.format("phase", "lifecyclephase_id", found["phase"]), through.format("actor", "actor_id", found["actor"])
    ]).replace('"', "%22").replace("{", "%7B").replace("}", "%7D")  # fmt: skip
    words = f"_fts_table=catalogue_search&_fts_pk=id&_search={WORD}"
    facets = "_facet=document_id&_facet=status&_facet=is_preliminary"
    shape, asked = "_size=50&_shape=objects", f"phase={PHASE}&actor={ACTOR}"
    list_page, list_api = "/mitigations/", "/api/v1/mitigations/"
    return [
        Row("home, page", {OURS: "/", DATASETTE: "/"}),
        Row("list, page", {OURS: list_page, DATASETTE: f"{table}?_size=50&{facets}"}),
        Row("filtered list, page", {OURS: f"{list_page}?{asked}", DATASETTE: f"{table}?_size=50&{facets}&{narrowed}"}),
        Row("search, page", {OURS: f"{list_page}?q={WORD}", DATASETTE: f"{table}?_size=50&{facets}&{words}"}),
        Row("mitigation, page", {OURS: f"{list_page}{ACCESSION}/", DATASETTE: f"{table}/{found['mitigation']}"}),
        Row("home, API", {OURS: f"{list_api}?page_size=1&facets=phase", DATASETTE: "/.json"}),
        Row("list, API", {OURS: list_api, PLAIN: "/mitigations/", DATASETTE: f"{table}.json?{shape}"}),
        Row("filtered list, API", {
            OURS: f"{list_api}?{asked}",
            PLAIN: f"/mitigations/?phases__slug={PHASE}&actors__slug={ACTOR}",
            DATASETTE: f"{table}.json?{shape}&{narrowed}",
        }),
        Row("search, API", {
            OURS: f"{list_api}?q={WORD}", PLAIN: f"/mitigations/?search={WORD}", DATASETTE: f"{table}.json?{shape}&{words}"
        }),
        Row("mitigation, API", {
            OURS: f"{list_api}{ACCESSION}/", PLAIN: f"/mitigations/{ACCESSION}/",
            DATASETTE: f"{table}/{found['mitigation']}.json?_shape=objects",
        }),
    ]  # fmt: skip


def ids(database: Path) -> dict[str, int]:
    """The keys of the records that are asked for, which Datasette's addresses need."""
    asked = {
        "phase": ("catalogue_lifecyclephase", "slug", PHASE),
        "actor": ("catalogue_actor", "slug", ACTOR),
        "mitigation": ("catalogue_mitigation", "accession", ACCESSION),
    }
    connection = sqlite3.connect(database)
    try:
        return {
            name: connection.execute(f"SELECT id FROM {table} WHERE {column} = ?", [value]).fetchone()[0]
            for name, (table, column, value) in asked.items()
        }
    finally:
        connection.close()


def check(url: str) -> None:
    """Raises LoadFailed where the address is not there, before anything is measured."""
    try:
        urllib.request.urlopen(url, timeout=30).close()
    except urllib.error.HTTPError as error:
        raise LoadFailed(f"{url} answers {error.code}: {error.read()[:300]!r}") from error


def measure_all(table: list[Row], bases: dict[str, str], rounds: int, seconds: float) -> None:
    """In each round every address once, so that a slow moment of the machine does not fall on one alone."""
    asked = [(row, server, bases[server] + path) for row in table for server, path in row.paths.items()]
    for _, _, url in asked:
        check(url)
    bar = tqdm(total=rounds * len(asked), desc="Measuring", disable=not sys.stderr.isatty())
    with bar:
        for number in range(rounds + 1):
            for row, server, url in asked:
                if number == 0:
                    measure(url, 1)  # warms up; not counted
                    continue
                row.rounds.setdefault(server, []).append(measure(url, seconds))
                bar.update()


def ratio(ours: Speed | None, theirs: Speed | None) -> str:
    return f"{ours.per_second / theirs.per_second:.1f}x" if ours and theirs else ""


def cells(speed: Speed | None) -> str:
    return f"{speed.per_second:9.0f}{speed.p50:8.1f}{speed.p99:8.1f}" if speed else f"{'-':>9}{'':16}"


def report(table: list[Row]) -> str:
    servers_named = f"{'':21}" + "".join(f"{name:>25}" for name in (OURS, PLAIN, DATASETTE))
    lines = [
        f"{servers_named}{'catalogue against':>22}",
        f"{'':21}" + f"{'req/s':>9}{'p50':>8}{'p99':>8}" * 3 + f"{'DRF':>11}{'Datasette':>11}",
    ]
    for row in table:
        ours, plain, other = (row.speed(server) for server in (OURS, PLAIN, DATASETTE))
        figures = cells(ours) + cells(plain) + cells(other)
        lines.append(f"{row.name:21}{figures}{ratio(ours, plain):>11}{ratio(ours, other):>11}")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generated", type=int, default=0, help="Mitigations to generate beside the real ones.")
    parser.add_argument("--seconds", type=float, default=2, help="How long each address is asked for in a round.")
    parser.add_argument("--rounds", type=int, default=3, help="Figures are medians over so many rounds.")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="catalogue-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        print("Filling a database", flush=True)
        servers.fill(folder, asked.generated)
        starters = {OURS: servers.catalogue, PLAIN: servers.plain_drf, DATASETTE: servers.datasette}
        bases = {server: stack.enter_context(start(folder)) for server, start in starters.items()}
        table = rows(servers.database_in(folder))
        print(f"Measuring with {load_tool()}, {CONNECTIONS} connections, one worker each", flush=True)
        measure_all(table, bases, asked.rounds, asked.seconds)
        print("Requests a second (more is better) and milliseconds for half and for 99 in 100 of them:")
        print(report(table))


if __name__ == "__main__":
    try:
        main()
    except (LoadFailed, servers.NotStarted) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
