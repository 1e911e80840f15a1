"""Ways to count facets under a filter, over the same rows: `python -m benchmarks.facets FOLDER`
prints processor milliseconds.

FOLDER holds a `catalogue.sqlite3`, as `benchmarks.run --keep` leaves it. Every way counts
phases, actors, functions, documents and categories of what a filter lets through, and all must
come to the same. What is written is written into a copy in memory.
"""

import argparse
import sqlite3
import statistics
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import product
from pathlib import Path

from pyroaring import BitMap

from .servers import database_in

PAIRS = list(product((1, 4, 6), (1, 2, 4)))
COLUMNS = {
    "phase": "SELECT mitigation_id, lifecyclephase_id FROM catalogue_mitigation_phases",
    "actor": "SELECT mitigation_id, actor_id FROM catalogue_mitigation_actors",
    "function": "SELECT mitigation_id, riskmanagementfunction_id FROM catalogue_mitigation_functions",
    "document": "SELECT id, document_id FROM catalogue_mitigation",
    "category": "SELECT mitigation_id, category_id FROM catalogue_classification",
}
CHOSEN = """
    SELECT p.mitigation_id FROM catalogue_mitigation_phases p
    JOIN catalogue_mitigation_actors a ON a.mitigation_id = p.mitigation_id AND a.actor_id = ?
    JOIN catalogue_mitigation m ON m.id = p.mitigation_id AND m.status = 'published' WHERE p.lifecyclephase_id = ?
"""
Counts = dict[str, dict[int, int]]


class Ways:
    def __init__(self, connection: sqlite3.Connection):
        self.connection = connection

    def grouped(self, phase: int, actor: int) -> Counts:
        """A GROUP BY for each facet over the joined tables, as a careful author would write it."""
        return {
            name: dict(
                self.connection.execute(
                    f"SELECT f.value, COUNT(*) FROM ({CHOSEN}) c JOIN ({sql.replace('_id FROM', '_id AS value FROM')}) f"
                    f" ON f.{'id' if name == 'document' else 'mitigation_id'} = c.mitigation_id GROUP BY 1",
                    (actor, phase),
                ),
            )
            for name, sql in COLUMNS.items()
        }

    def once_filtered(self, phase: int, actor: int) -> Counts:
        """The same over a temporary table of what was let through, filtered once."""
        self.connection.execute(
            "CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY)",
        )
        self.connection.execute(f"INSERT INTO chosen {CHOSEN}", (actor, phase))
        found = {}
        for name, sql in COLUMNS.items():
            key = "id" if name == "document" else "mitigation_id"
            named = sql.replace("_id FROM", "_id AS value FROM")
            rows = self.connection.execute(
                f"SELECT f.value, COUNT(*) FROM chosen c JOIN ({named}) f ON f.{key} = c.id GROUP BY 1",
            )
            found[name] = dict(rows)
        self.connection.execute("DROP TABLE chosen")
        return found

    def prepare_flat(self) -> None:
        """A denormalised table: a row for each value of each mitigation, with a covering index
        either way.
        """
        self.connection.execute(
            "CREATE TABLE flat (facet TEXT, value INTEGER, id INTEGER)",
        )
        for name, sql in COLUMNS.items():
            rows = (
                (value, key)
                for key, value in self.connection.execute(sql).fetchall()
            )
            self.connection.executemany(
                f"INSERT INTO flat VALUES ('{name}', ?, ?)",
                rows,
            )
        self.connection.execute(
            "CREATE INDEX flat_by_value ON flat (facet, value, id)",
        )
        self.connection.execute(
            "CREATE INDEX flat_by_id ON flat (id, facet, value)",
        )

    def flat(self, phase: int, actor: int) -> Counts:
        rows = self.connection.execute(
            """SELECT f.facet, f.value, COUNT(*) FROM flat p JOIN flat a ON a.facet = 'actor' AND a.value = ? AND a.id = p.id
               JOIN flat f ON f.id = p.id WHERE p.facet = 'phase' AND p.value = ? GROUP BY 1, 2""",
            (actor, phase),
        )
        found: Counts = defaultdict(dict)
        for facet, value, count in rows:
            found[facet][value] = count
        return dict(found)

    def prepare_bitmaps(self) -> None:
        """What the catalogue does: a set of keys for each value; documents one by one where few
        are chosen.
        """
        self.sets: dict[str, dict[int, BitMap]] = {}
        for name, sql in COLUMNS.items():
            keys: dict[int, list[int]] = defaultdict(list)
            for key, value in self.connection.execute(sql):
                keys[value].append(key)
            self.sets[name] = {
                value: BitMap(found) for value, found in keys.items()
            }
        self.document_of = array(
            "I",
            bytes(
                4 * (max(map(BitMap.max, self.sets["document"].values())) + 1),
            ),
        )
        for document, standing in self.sets["document"].items():
            for key in standing:
                self.document_of[key] = document

    def bitmaps(self, phase: int, actor: int) -> Counts:
        chosen = self.sets["phase"][phase] & self.sets["actor"][actor]
        found = {
            name: {
                value: chosen.intersection_cardinality(keys)
                for value, keys in sets.items()
            }
            for name, sets in self.sets.items()
            if name != "document" or len(chosen) > 2 * len(sets)
        }
        found.setdefault(
            "document",
            Counter(map(self.document_of.__getitem__, chosen)),
        )
        return {
            name: {value: count for value, count in counts.items() if count}
            for name, counts in found.items()
        }

    def prepare_materialised(self) -> None:
        """Counts under every pair of a phase and an actor, written down beforehand; a site
        would need all pairs of all facets.
        """
        self.counted = {
            pair: self.bitmaps(*pair)
            for pair in product(self.sets["phase"], self.sets["actor"])
        }

    def materialised(self, phase: int, actor: int) -> Counts:
        return self.counted[phase, actor]


def milliseconds(do: Callable[[], object]) -> float:
    begun = time.process_time()
    do()
    return 1000 * (time.process_time() - begun)


def measured(ways: Ways, name: str) -> tuple[list[Counts], float, float]:
    """What a way comes to for each pair, how long it takes to prepare, and the median of what
    one count takes.
    """
    prepared = milliseconds(getattr(ways, f"prepare_{name}", lambda: None))
    count = getattr(ways, name)
    results: list[Counts] = []
    taken = [
        milliseconds(lambda pair=pair: results.append(count(*pair)))  # type: ignore[misc]
        for pair in PAIRS
    ]
    return results, prepared, statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    connection = sqlite3.connect(":memory:")
    with sqlite3.connect(database_in(parser.parse_args().folder)) as source:
        source.backup(connection)
    ways, expected = Ways(connection), None
    for name in (
        "grouped",
        "once_filtered",
        "flat",
        "bitmaps",
        "materialised",
    ):
        results, prepared, taken = measured(ways, name)
        assert expected is None or results == expected, (
            f"{name} counts otherwise"
        )
        expected = results
        print(
            f"{name:14} {taken:10.2f} ms a count, {prepared:10.0f} ms to prepare",
            flush=True,
        )


if __name__ == "__main__":
    main()
