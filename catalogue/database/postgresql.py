"""PostgreSQL: triggers, and full-text search with tsvector. See the package for what each name
is for.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .parts import PART_TABLES, limited
from .public import MITIGATIONS, Rule
from .searched import SEARCHED, SEARCHED_NAMES

BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
NEXT_KEYS = """SELECT nextval(pg_get_serial_sequence('catalogue_mitigation', 'id')) FROM generate_series(1, %s)"""
LOCK_REVISION = ["SELECT number FROM catalogue_revision FOR NO KEY UPDATE"]
# The revision first, as everywhere: whoever wrote something else before may want an accession too.
LOCK_ACCESSIONS = [
    *LOCK_REVISION,
    "LOCK TABLE catalogue_accession IN SHARE ROW EXCLUSIVE MODE",
]
LOCK_RELEASES = ["LOCK TABLE catalogue_release IN SHARE ROW EXCLUSIVE MODE"]


#: How long a rewrite waits for those who use a table, and they for it.
LOCK_TIMEOUT = "SET lock_timeout = '10s'"


def rewrite(cursor: Any, columns: Mapping[str, str]) -> str:
    """Each of the tables with its indexes, and without what the planner knew of the column.

    VACUUM FULL would keep what was deleted for as long as any transaction is open that began
    before, be it in another database. A change of type copies what is there now, and this one
    changes nothing.
    """
    cursor.execute(LOCK_TIMEOUT)
    try:
        for table, column in columns.items():
            cursor.execute(TYPE, [table, column])
            [kind] = cursor.fetchone()
            cursor.execute(
                f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE {kind} USING COALESCE("{column}", "{column}")',
            )
    finally:
        cursor.execute("RESET lock_timeout")
    return ""


TYPE = """SELECT format_type(atttypid, atttypmod) FROM pg_attribute
          WHERE attrelid = %s::regclass AND attname = %s"""


def _trigger(name: str, event: str, table: str, body: str) -> list[str]:
    # A session plans what a trigger asks when it first does. Where tables are small then, it
    # would walk them for each row of a long import, though they have grown meanwhile: 100,000
    # rows took more than eight minutes.
    language = "LANGUAGE plpgsql SET enable_seqscan = off"
    # Of a row that is deleted there is no NEW, and a trigger that returns none before it keeps
    # the row, without a word.
    returned = "RETURN COALESCE(NEW, OLD);"
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger {language} AS $$ BEGIN {body} {returned} END $$",
        f"CREATE OR REPLACE TRIGGER {name} {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def _refusal(
    name: str,
    event: str,
    table: str,
    when: str,
    message: str,
) -> list[str]:
    raising = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'"
    return _trigger(
        name,
        f"BEFORE {event}",
        table,
        f"IF {when} THEN {raising}; END IF;",
    )


INTEGRITY = [
    *_refusal(
        "category_code",
        "INSERT OR UPDATE",
        "catalogue_category",
        r"NEW.code !~ '^[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3})*$'",
        "code_matches_its_pattern",
    ),
    *_refusal(
        "category_place",
        "INSERT OR UPDATE",
        "catalogue_category",
        """(NEW.parent_id IS NULL AND position('.' in NEW.code) > 0) OR (NEW.parent_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM catalogue_category p WHERE p.id = NEW.parent_id AND p.taxonomy_id = NEW.taxonomy_id
            AND NEW.code LIKE p.code || '._%' AND position('.' in substr(NEW.code, length(p.code) + 2)) = 0))""",
        "code_starts_with_its_parents",
    ),
    *_refusal(
        "category_children",
        "UPDATE OF code, taxonomy_id",
        "catalogue_category",
        """(NEW.code <> OLD.code OR NEW.taxonomy_id <> OLD.taxonomy_id)
           AND EXISTS (SELECT 1 FROM catalogue_category c WHERE c.parent_id = NEW.id)""",
        "code_with_children_is_kept",
    ),
    *_refusal(
        "classification_taxonomy",
        "INSERT OR UPDATE",
        "catalogue_classification",
        "NEW.taxonomy_id <> (SELECT taxonomy_id FROM catalogue_category WHERE id = NEW.category_id)",
        "classification_has_the_taxonomy_of_its_category",
    ),
    *_refusal(
        "accession_pattern",
        "INSERT OR UPDATE",
        "catalogue_mitigation",
        "NEW.accession !~ '^M[0-9]{4,9}$'",
        "accession_matches_its_pattern",
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
        """EXISTS (SELECT 1 FROM catalogue_accession a
           WHERE a.number = substr(NEW.accession, 2)::integer AND a.mitigation_id <> NEW.id)""",
        "accession_is_never_used_again",
    ),
    *_trigger(
        "accession_register",
        "AFTER INSERT",
        "catalogue_mitigation",
        "INSERT INTO catalogue_accession VALUES (substr(NEW.accession, 2)::integer, NEW.id) ON CONFLICT DO NOTHING;",
    ),
    """INSERT INTO catalogue_accession SELECT substr(accession, 2)::integer, id FROM catalogue_mitigation
       ON CONFLICT DO NOTHING""",
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
    refused = "releases_are_never_changed"
    return [
        statement
        for table, names in columns.items()
        for event in (f"UPDATE OF {', '.join(names)}", "DELETE")
        for statement in _frozen(
            f"{table}_frozen_{event[:6].lower()}",
            event,
            table,
            refused,
        )
    ]


def _frozen(name: str, event: str, table: str, message: str) -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END $$""",
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


#: What a statement did, as a trigger after it sees it: the rows that it wrote and those that
#: were there before.
_WRITES = {
    "INSERT": ("written",),
    "UPDATE": ("written", "before"),
    "DELETE": ("before",),
}
_ROWS = {"written": "NEW TABLE AS written", "before": "OLD TABLE AS before"}


def _after(
    name: str,
    table: str,
    columns: tuple[str, ...],
    body: str,
) -> Iterator[str]:
    """Triggers that run `body` once after each statement, with the keys in `columns` of the
    rows that it wrote as {keys}.
    """
    for event, rows in _WRITES.items():
        keys = " UNION ".join(
            f"SELECT {column} FROM {row}" for row in rows for column in columns
        )
        full_name = f"{name}_{event.lower()}"
        seen = " ".join(_ROWS[row] for row in rows)
        yield f"""CREATE OR REPLACE FUNCTION {full_name}() RETURNS trigger LANGUAGE plpgsql AS
                  $$ BEGIN {body.format(keys=keys)} RETURN NULL; END $$"""
        yield f"""CREATE OR REPLACE TRIGGER {full_name} AFTER {event} ON {table}
                  REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION {full_name}()"""


#: `now` is when the transaction began: a mitigation is touched once in each, and not at all
#: where it is new.
_TOUCH = "UPDATE catalogue_mitigation SET updated_at = now() WHERE updated_at < now() AND id IN ({keys});"
CHANGES = [
    *[
        f"DROP TRIGGER IF EXISTS {table}_changes ON {table}"
        for table in PART_TABLES
    ],  # by row, as they were at first
    *[
        sql
        for table, columns in PART_TABLES.items()
        for sql in _after(f"{table}_touch", table, columns, _TOUCH)
    ],
]

#: The moment in microseconds since 1970.
_MOMENT = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
#: What this transaction has moved the revision to; empty where it has written nothing that
#: readers see.
_OWN_NUMBER, _OWN_STRUCTURE = (
    f"nullif(current_setting('catalogue.{name}', true), '')"
    for name in ("number", "structure")
)

#: The revision, as this transaction sees it.
REVISION = f"""SELECT greatest(number, {_OWN_NUMBER}::bigint), greatest(structure, {_OWN_STRUCTURE}::bigint)
               FROM catalogue_revision"""

FIRST_REVISION = f"""INSERT INTO catalogue_revision (id, number, structure) VALUES (1, {_MOMENT}, {_MOMENT})
                     ON CONFLICT DO NOTHING"""

MOVE_STRUCTURE = f"""UPDATE catalogue_revision
                     SET number = greatest(number + 1, {_MOMENT}), structure = greatest(number + 1, {_MOMENT})"""

#: The first write of a transaction moves the row and so takes its lock; further ones move a
#: setting that lives as long as the transaction, and its end writes what that came to. To
#: update one row for each of 20,000 writes in a transaction took 16 s, since none of its
#: versions can be cleared away before the end.
_MOVING = [
    f"""CREATE OR REPLACE FUNCTION catalogue_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE moved bigint := {_OWN_NUMBER};
        BEGIN
          IF moved IS NULL THEN
            INSERT INTO catalogue_revision AS r (id, number, structure) VALUES (1, {_MOMENT}, 0)
              ON CONFLICT (id) DO UPDATE SET number = greatest(r.number + 1, {_MOMENT}) RETURNING number INTO moved;
          ELSE
            moved := greatest(moved + 1, {_MOMENT});
          END IF;
          PERFORM set_config('catalogue.number', moved::text, true);
          IF TG_ARGV[0] = 'structure' THEN PERFORM set_config('catalogue.structure', moved::text, true); END IF;
          -- No row of it was seen to go: 0 stands for all mitigations.
          IF TG_OP = 'TRUNCATE' THEN
            INSERT INTO catalogue_change (mitigation_id, revision) VALUES (0, moved)
              ON CONFLICT (mitigation_id) DO UPDATE SET revision = excluded.revision;
          END IF;
          RETURN NULL;
        END $$""",
    f"""CREATE OR REPLACE FUNCTION catalogue_settles() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE moved bigint := {_OWN_NUMBER}; moved_structure bigint := {_OWN_STRUCTURE};
        BEGIN
          PERFORM set_config('catalogue.number', '', true), set_config('catalogue.structure', '', true);
          UPDATE catalogue_revision SET number = greatest(number, moved), structure = greatest(structure, moved_structure)
            WHERE number < moved OR structure < moved_structure;
          RETURN NULL;
        END $$""",
    "DROP TRIGGER IF EXISTS catalogue_settles ON catalogue_revision",
    """CREATE CONSTRAINT TRIGGER catalogue_settles AFTER INSERT OR UPDATE ON catalogue_revision
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalogue_settles()""",
]


def _moves(table: str, what: str) -> list[str]:
    # Before the statement, so that the revision is locked before any row: two writers then
    # wait, and never for each other.
    calls = f"FOR EACH STATEMENT EXECUTE FUNCTION catalogue_moves('{what}')"
    return [
        f"CREATE OR REPLACE TRIGGER {table}_moves BEFORE INSERT OR UPDATE OR DELETE ON {table} {calls}",
        # After it, since it may have emptied the revision's own table.
        f"""CREATE OR REPLACE TRIGGER {table}_emptied AFTER TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION catalogue_moves('structure')""",
    ]


_NOTE = f"""
    INSERT INTO catalogue_change (mitigation_id, revision) SELECT DISTINCT changed.id, greatest(r.number, {_OWN_NUMBER}::bigint)
      FROM ({{keys}}) AS changed (id), catalogue_revision r WHERE changed.id IS NOT NULL
      ON CONFLICT (mitigation_id) DO UPDATE SET revision = excluded.revision;
"""


def revising(structure: list[str]) -> list[str]:
    noted = {MITIGATIONS: ("id",), **PART_TABLES}
    return [
        *_MOVING,
        *[sql for table in noted for sql in _moves(table, "mitigations")],
        *[sql for table in structure for sql in _moves(table, "structure")],
        *[
            sql
            for table, columns in noted.items()
            for sql in _after(f"{table}_note", table, columns, _NOTE)
        ],
    ]


#: The letter that stands for each column in a tsvector.
LETTERS = {column.name: column.letter for column in SEARCHED}
_TEXTS = ", ".join(f"NEW.{name}" for name in SEARCHED_NAMES)


def _vectors() -> str:
    """Of every column that is searched, its part of the tsvector. A line break after the first,
    as it was installed before: another script would be installed anew, and read all texts.
    """
    first, *others = [
        f"catalogue_vector(NEW.{column.name}, '{column.letter}', {column.start})"
        for column in SEARCHED
    ]
    return f"{first},\n             {', '.join(others)}"


SEARCH = [
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    # The stemmer that SQLite's FTS5 has, so that both engines find the same.
    """DO $$ BEGIN
         CREATE TEXT SEARCH DICTIONARY catalogue_porter (TEMPLATE = snowball, Language = porter);
       EXCEPTION WHEN unique_violation THEN NULL; END $$""",
    # Letters and digits only, as FTS5 splits text; the parser of to_tsvector would keep hosts
    # and versions whole.
    """CREATE OR REPLACE FUNCTION catalogue_tokens(body text) RETURNS text[] LANGUAGE sql STABLE AS $$
         SELECT array_remove(regexp_split_to_array(lower(unaccent(body)), '[^[:alnum:]]+'), '') $$""",
    # Each word by its stem, and after "=" as it is written.
    # `start` keeps the fields apart, so that a phrase does not run from one into the next.
    """CREATE OR REPLACE FUNCTION catalogue_vector(body text, weight text, start integer)
       RETURNS text LANGUAGE sql STABLE AS $$
         SELECT COALESCE(string_agg(format('''%1$s'':%3$s%4$s ''=%2$s'':%3$s%4$s',
                                           (ts_lexize('catalogue_porter', word))[1], word,
                                           least(start + place, 16383), weight), ' '), '')
         FROM unnest(catalogue_tokens(body)) WITH ORDINALITY AS token(word, place) $$""",
    "ALTER TABLE catalogue_mitigation ADD COLUMN IF NOT EXISTS search_vector tsvector",
    "CREATE INDEX IF NOT EXISTS catalogue_search ON catalogue_mitigation USING gin (search_vector)",
    "CREATE TABLE IF NOT EXISTS catalogue_vocabulary (term text PRIMARY KEY)",
    *_trigger(
        "search_index",
        f"BEFORE INSERT OR UPDATE OF {', '.join(SEARCHED_NAMES)}, status",
        "catalogue_mitigation",
        f"""IF NEW.status <> 'published' THEN NEW.search_vector := NULL; RETURN NEW; END IF;
           NEW.search_vector := concat_ws(' ', {_vectors()})::tsvector;
           INSERT INTO catalogue_vocabulary
             SELECT DISTINCT unnest(catalogue_tokens(concat_ws(' ', {_TEXTS})))
             ORDER BY 1 ON CONFLICT DO NOTHING;""",
    ),
    "UPDATE catalogue_mitigation SET name = name",
]


#: Their names.
TRIGGERS = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
#: None: PostgreSQL changes a table in its place.
IN_THE_WAY = "SELECT NULL, NULL WHERE false"


def matching(
    words: list[str],
    prefix: bool,
    field: str | None = None,
    among: Iterable[int] | None = None,
) -> tuple[str, list[str]]:
    """SQL for the ids of mitigations with the stems of these words in a row, in `field` or
    anywhere; the last as a beginning. Of all, or of those with these ids.
    """
    marks = [LETTERS[field] if field else ""] * len(words)
    marks[-1] = ("*" if prefix else "") + marks[-1]
    stems = [
        f"(ts_lexize('catalogue_porter', %s))[1] || '{':' + mark if mark else ''}'"
        for mark in marks
    ]
    query = " || ' <-> ' || ".join(stems)
    return (
        f"SELECT s.id FROM catalogue_mitigation s WHERE s.search_vector @@ ({query})::tsquery{limited('s.id', among)}",
        words,
    )


def having(
    words: list[str],
    field: str | None = None,
    among: Iterable[int] | None = None,
) -> tuple[str, list[str]]:
    """SQL for the ids of mitigations with any of these known words, as they are written, in
    `field` or anywhere. Of all, or of those with these ids.
    """
    mark = f":{LETTERS[field]}" if field else ""
    query = " | ".join(f"'={word}'{mark}" for word in words)
    return (
        f"SELECT s.id FROM catalogue_mitigation s WHERE s.search_vector @@ %s::tsquery{limited('s.id', among)}",
        [query],
    )


#: Known words.
WORDS = "SELECT term FROM catalogue_vocabulary"
