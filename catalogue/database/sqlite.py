"""SQLite: triggers, and full-text search with FTS5. See the package for what each name is for."""

from collections.abc import Iterable, Mapping
from typing import Any

from .parts import PART_TABLES, limited
from .public import MITIGATIONS, Rule
from .searched import SEARCHED_NAMES

BEGIN_READING = "BEGIN DEFERRED"
# Transactions are IMMEDIATE: there is one writer at a time.
LOCK_REVISION: list[str] = []
LOCK_ACCESSIONS: list[str] = []
LOCK_RELEASES: list[str] = []

NEXT_KEYS = """
    WITH RECURSIVE free(key, number) AS (
      SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'catalogue_mitigation'), 0) + 1, 1
      UNION ALL SELECT key + 1, number + 1 FROM free WHERE number < %s)
    SELECT key FROM free
"""

#: Where a category's code and its parent do not fit together.
MISPLACED = """
    (NEW.parent_id IS NULL AND instr(NEW.code, '.') > 0)
    OR (NEW.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM catalogue_category p
        WHERE p.id = NEW.parent_id AND p.taxonomy_id = NEW.taxonomy_id
          AND NEW.code LIKE p.code || '._%' AND instr(substr(NEW.code, length(p.code) + 2), '.') = 0))
"""
MALFORMED = """
    NEW.code GLOB '*[^0-9.]*' OR NEW.code GLOB '0*' OR NEW.code GLOB '*.0*'
    OR NEW.code GLOB '.*' OR NEW.code GLOB '*.' OR NEW.code GLOB '*..*' OR NEW.code = ''
"""


def _trigger(
    name: str,
    event: str,
    table: str,
    body: str,
    when: str = "",
) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} {event} ON {table} {f'WHEN {when}' if when else ''} BEGIN {body} END",
    ]


def _refusal(
    name: str,
    event: str,
    table: str,
    when: str,
    message: str,
) -> list[str]:
    return _trigger(
        name,
        f"BEFORE {event}",
        table,
        f"SELECT RAISE(ABORT, '{message}');",
        when,
    )


INTEGRITY = [
    *[
        statement
        for event in ("INSERT", "UPDATE")
        for statement in (
            *_refusal(
                f"category_code_{event}",
                event,
                "catalogue_category",
                MALFORMED,
                "code_matches_its_pattern",
            ),
            *_refusal(
                f"category_place_{event}",
                event,
                "catalogue_category",
                MISPLACED,
                "code_starts_with_its_parents",
            ),
            *_refusal(
                f"classification_taxonomy_{event}",
                event,
                "catalogue_classification",
                "NEW.taxonomy_id <> (SELECT taxonomy_id FROM catalogue_category WHERE id = NEW.category_id)",
                "classification_has_the_taxonomy_of_its_category",
            ),
            *_refusal(
                f"accession_pattern_{event}",
                event,
                "catalogue_mitigation",
                "NEW.accession NOT GLOB 'M[0-9][0-9][0-9][0-9]*' OR substr(NEW.accession, 2) GLOB '*[^0-9]*'",
                "accession_matches_its_pattern",
            ),
        )
    ],
    *_refusal(
        "category_children",
        "UPDATE OF code, taxonomy_id",
        "catalogue_category",
        "(NEW.code <> OLD.code OR NEW.taxonomy_id <> OLD.taxonomy_id)"
        " AND EXISTS (SELECT 1 FROM catalogue_category c WHERE c.parent_id = NEW.id)",
        "code_with_children_is_kept",
    ),
    *_refusal(
        "accession_change",
        "UPDATE OF accession",
        "catalogue_mitigation",
        "NEW.accession <> OLD.accession",
        "accession_is_never_changed",
    ),
    *_refusal(
        "accession_reuse",
        "INSERT",
        "catalogue_mitigation",
        "EXISTS (SELECT 1 FROM catalogue_accession a WHERE a.number = CAST(substr(NEW.accession, 2) AS integer)"
        " AND a.mitigation_id IS NOT NEW.id)",
        "accession_is_never_used_again",
    ),
    *_trigger(
        "accession_register",
        "AFTER INSERT",
        "catalogue_mitigation",
        "INSERT OR IGNORE INTO catalogue_accession VALUES (CAST(substr(NEW.accession, 2) AS integer), NEW.id);",
    ),
    "INSERT OR IGNORE INTO catalogue_accession"
    " SELECT CAST(substr(accession, 2) AS integer), id FROM catalogue_mitigation",
]


def refusing(rules: Iterable[Rule]) -> list[str]:
    return [
        statement
        for rule in rules
        for statement in _refusal(
            rule.trigger,
            rule.event,
            rule.table,
            rule.when,
            rule.name,
        )
    ]


def frozen(columns: dict[str, list[str]]) -> list[str]:
    return [
        statement
        for table, names in columns.items()
        for event in (f"UPDATE OF {', '.join(names)}", "DELETE")
        for statement in _refusal(
            f"{table}_frozen_{event[:6].lower()}",
            event,
            table,
            "1",
            "releases_are_never_changed",
        )
    ]


#: The moment as Django writes it, to the letter, since SQLite compares times as text:
#: microseconds, or no fraction.
_NOW = "replace(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', '.000000', '')"


def _touch(columns: tuple[str, ...], rows: tuple[str, ...]) -> str:
    keys = ", ".join(f"{row}.{column}" for row in rows for column in columns)
    return f"UPDATE catalogue_mitigation SET updated_at = {_NOW} WHERE id IN ({keys});"


#: The rows that a trigger sees.
_WRITES = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
CHANGES = [
    statement
    for table, columns in PART_TABLES.items()
    for event, rows in _WRITES.items()
    for statement in _trigger(
        f"{table}_{event}_changes",
        f"AFTER {event}",
        table,
        _touch(columns, rows),
    )
]

#: The moment in microseconds since 1970, to the millisecond.
_MOMENT = "CAST((julianday('now') - 2440587.5) * 86400000 AS integer) * 1000"

#: The revision, as this transaction sees it.
REVISION = "SELECT number, structure FROM catalogue_revision"
# No ON CONFLICT in triggers: that of the statement which fires them would stand in its place.
FIRST_REVISION = f"""INSERT INTO catalogue_revision (id, number, structure) SELECT 1, {_MOMENT}, {_MOMENT}
                     WHERE NOT EXISTS (SELECT 1 FROM catalogue_revision);"""
_NEXT = f"max(number + 1, {_MOMENT})"
_MOVE = f"{FIRST_REVISION} UPDATE catalogue_revision SET number = {_NEXT};"
MOVE_STRUCTURE = (
    f"UPDATE catalogue_revision SET number = {_NEXT}, structure = {_NEXT};"
)
_MOVE_STRUCTURE = f"{FIRST_REVISION} {MOVE_STRUCTURE}"


def _note(row: str) -> str:
    return f"""DELETE FROM catalogue_change WHERE mitigation_id = {row}.id;
               INSERT INTO catalogue_change (mitigation_id, revision) SELECT {row}.id, number FROM catalogue_revision;"""


def revising(structure: list[str]) -> list[str]:
    moves = {
        **{
            table: dict.fromkeys(_WRITES, _MOVE_STRUCTURE)
            for table in structure
        },
        **{table: dict.fromkeys(_WRITES, _MOVE) for table in PART_TABLES},
        # What is written to a part is noted by the touch that follows from it.
        MITIGATIONS: {
            event: _MOVE + _note(rows[-1]) for event, rows in _WRITES.items()
        },
    }
    return [
        statement
        for table, bodies in moves.items()
        for event, body in bodies.items()
        for statement in _trigger(
            f"{table}_{event}_moves",
            f"AFTER {event}",
            table,
            body,
        )
    ]


_COLUMNS = ", ".join(SEARCHED_NAMES)
_NEW = ", ".join(f"NEW.{name}" for name in SEARCHED_NAMES)
_OLD = ", ".join(f"OLD.{name}" for name in SEARCHED_NAMES)
_INDEXES = ("catalogue_search", "catalogue_words")
_ADD = "".join(
    f"INSERT INTO {index}(rowid, {_COLUMNS}) VALUES (NEW.id, {_NEW});"
    for index in _INDEXES
)
_DROP = "".join(
    f"INSERT INTO {index}({index}, rowid, {_COLUMNS}) VALUES ('delete', OLD.id, {_OLD});"
    for index in _INDEXES
)
_SOURCE = "content='catalogue_mitigation', content_rowid='id'"
_WAS = "(OLD.status = 'published')"
_IS = "(NEW.status = 'published')"
_UPDATE = f"AFTER UPDATE OF {_COLUMNS}, status"

SEARCH = [
    *[
        f"DROP TABLE IF EXISTS {name}"
        for name in ("catalogue_vocabulary", *_INDEXES)
    ],
    f"""CREATE VIRTUAL TABLE catalogue_search
        USING fts5({_COLUMNS}, {_SOURCE}, tokenize="porter unicode61 remove_diacritics 2")""",
    # The same text unstemmed: the words as they are written.
    f"""CREATE VIRTUAL TABLE catalogue_words
        USING fts5({_COLUMNS}, {_SOURCE}, tokenize="unicode61 remove_diacritics 2")""",
    "CREATE VIRTUAL TABLE catalogue_vocabulary USING fts5vocab(catalogue_words, row)",
    *[
        f"""INSERT INTO {index}(rowid, {_COLUMNS})
            SELECT id, {_COLUMNS} FROM catalogue_mitigation WHERE status = 'published'"""
        for index in _INDEXES
    ],
    *_trigger(
        "search_insert",
        "AFTER INSERT",
        "catalogue_mitigation",
        _ADD,
        _IS,
    ),
    *_trigger(
        "search_delete",
        "AFTER DELETE",
        "catalogue_mitigation",
        _DROP,
        _WAS,
    ),
    # Three triggers for an update, since SQLite does not promise an order between two that fire
    # together.
    *_trigger(
        "search_update_out",
        _UPDATE,
        "catalogue_mitigation",
        _DROP,
        f"{_WAS} AND NOT {_IS}",
    ),
    *_trigger(
        "search_update_in",
        _UPDATE,
        "catalogue_mitigation",
        _ADD,
        f"{_IS} AND NOT {_WAS}",
    ),
    *_trigger(
        "search_update_both",
        _UPDATE,
        "catalogue_mitigation",
        _DROP + _ADD,
        f"{_WAS} AND {_IS}",
    ),
]


def searched(keys: str) -> list[str]:
    """SQL that takes those mitigations into the search index, of these `keys` (SQL), that
    readers see: without its triggers.
    """
    seen = f"status = 'published' AND id IN ({keys})"
    return [
        f"INSERT INTO {index}(rowid, {_COLUMNS}) SELECT id, {_COLUMNS} FROM catalogue_mitigation WHERE {seen}"
        for index in _INDEXES
    ]


def not_searched(keys: str) -> list[str]:
    """SQL that takes them out of it, before they are changed or deleted."""
    seen = f"status = 'published' AND id IN ({keys})"
    return [
        f"INSERT INTO {index}({index}, rowid, {_COLUMNS})"
        f" SELECT 'delete', id, {_COLUMNS} FROM catalogue_mitigation WHERE {seen}"
        for index in _INDEXES
    ]


def rewrite(cursor: Any, columns: Mapping[str, str]) -> str:
    """The whole file, since there is no less. Its journal is emptied; who still reads an old
    state of it keeps it from that.
    """
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("VACUUM")
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    is_busy = cursor.fetchone()[0]
    if is_busy:
        return "somebody is still reading what was there before, and the journal could not be emptied"
    return ""


#: Their names. A migration that rebuilds a table drops them.
TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
# All of them: to change a table SQLite has Django make another, drop the first and rename the
# second, and a rename reads every trigger there is, also of other tables. One that names the
# table that is gone just then makes it fail.
IN_THE_WAY = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


def matching(
    words: list[str],
    prefix: bool,
    field: str | None = None,
    among: Iterable[int] | None = None,
) -> tuple[str, list[str]]:
    """SQL for the ids of mitigations with the stems of these words in a row, in `field` or
    anywhere; the last as a beginning. Of all, or of those with these ids.
    """
    phrase = '"' + " ".join(words) + '"' + ("*" if prefix else "")
    query = f"{field} : {phrase}" if field else phrase
    return (
        f"SELECT rowid FROM catalogue_search WHERE catalogue_search MATCH %s{limited('rowid', among)}",
        [query],
    )


def having(
    words: list[str],
    field: str | None = None,
    among: Iterable[int] | None = None,
) -> tuple[str, list[str]]:
    """SQL for the ids of mitigations with any of these known words, as they are written, in
    `field` or anywhere. Of all, or of those with these ids.
    """
    query = " OR ".join(f'"{word}"' for word in words)
    query = f"{field} : ({query})" if field else query
    return (
        f"SELECT rowid FROM catalogue_words WHERE catalogue_words MATCH %s{limited('rowid', among)}",
        [query],
    )


#: Known words.
WORDS = "SELECT term FROM catalogue_vocabulary"
