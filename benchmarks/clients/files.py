"""Reads every file that has a table, by its address, with polars, DuckDB and pandas. Run by `run.py`."""

import sys

import duckdb
import pandas
import polars

BASE = sys.argv[1]
LIST = f"{BASE}/api/v1/mitigations/?format="
RELEASED = f"{BASE}/data/releases/2026.11/mitigations."
RESULTS = f"{BASE}/studies/schuett-2023/results.csv"


def by_polars() -> None:
    counts = set()
    for address in (LIST, RELEASED):
        whole = polars.read_parquet(f"{address}parquet")
        counts |= {
            len(whole),
            len(polars.read_csv(f"{address}csv")),
            len(polars.read_ndjson(f"{address}ndjson", infer_schema_length=None)),
            polars.scan_parquet(f"{address}parquet").select("accession").collect().height,
        }
        assert whole["risks"].dtype == polars.List(polars.String)
    assert len(counts) == 1, counts
    assert len(polars.read_csv(RESULTS)) == len(pandas.read_csv(RESULTS)) > 0


def by_pandas() -> None:
    for address in (LIST, RELEASED):
        assert len(pandas.read_parquet(f"{address}parquet")) == len(pandas.read_csv(f"{address}csv")) > 0


def by_duckdb() -> str:
    """By DuckDB's own extension where this machine can have it, else by fsspec."""
    connection = duckdb.connect()
    way = "httpfs"
    try:
        connection.execute("INSTALL httpfs")
        connection.execute("LOAD httpfs")
    except duckdb.Error:
        import fsspec

        way = "fsspec, for want of its extension httpfs"
        connection.register_filesystem(fsspec.filesystem("http"))
    expected = len(pandas.read_csv(f"{LIST}csv"))
    for address in (LIST, RELEASED):
        for call in (f"read_parquet('{address}parquet')", f"read_csv('{address}csv')", f"read_json('{address}ndjson')"):
            [count] = connection.execute(f"SELECT count(*) FROM {call}").fetchone()
            assert count == expected, (call, count)
    return way


by_polars()
by_pandas()
print(
    f"parquet, CSV and NDJSON of the list and of a release, and the results of a study, by their addresses (DuckDB by {by_duckdb()})"
)
