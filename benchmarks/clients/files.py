"""Reads every file that has a table, by its address, with polars, DuckDB and pandas. Run by
`run.py`.
"""

import sys
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pandas
import polars

BASE = sys.argv[1]
LIST = f"{BASE}/api/v1/mitigations/?format="
HTTPFS = (
    Path(duckdb_extension_httpfs.__file__).parent
    / f"extensions/v{duckdb.__version__}/httpfs.duckdb_extension"
)
RELEASED = f"{BASE}/data/releases/2026.11/mitigations."
RESULTS = f"{BASE}/studies/schuett-2023/results.csv"


def by_polars() -> None:
    counts = set()
    for address in (LIST, RELEASED):
        whole = polars.read_parquet(f"{address}parquet")
        counts |= {
            len(whole),
            len(polars.read_csv(f"{address}csv")),
            len(
                polars.read_ndjson(
                    f"{address}ndjson",
                    infer_schema_length=None,
                ),
            ),
            polars.scan_parquet(f"{address}parquet")
            .select("accession")
            .collect()
            .height,
        }
        assert whole["risks"].dtype == polars.List(polars.String)
    assert len(counts) == 1, counts
    assert len(polars.read_csv(RESULTS)) == len(pandas.read_csv(RESULTS)) > 0


def by_pandas() -> None:
    for address in (LIST, RELEASED):
        assert (
            len(pandas.read_parquet(f"{address}parquet"))
            == len(pandas.read_csv(f"{address}csv"))
            > 0
        )


def by_duckdb() -> None:
    connection = duckdb.connect()
    connection.execute(f"LOAD '{HTTPFS}'")
    expected = len(pandas.read_csv(f"{LIST}csv"))
    for address in (LIST, RELEASED):
        for call in (
            f"read_parquet('{address}parquet')",
            f"read_csv('{address}csv')",
            f"read_json('{address}ndjson')",
        ):
            [(count,)] = connection.execute(
                f"SELECT count(*) FROM {call}",
            ).fetchall()
            assert count == expected, (call, count)


by_polars()
by_pandas()
by_duckdb()
print(
    "read Parquet, CSV and NDJSON of the list and of a release, and the results of a study, by their addresses",
)
