"""PostgreSQL: triggers, and full-text search with tsvector. See the package for what each name is for."""

from .parts import PARTS

LOCK_ACCESSIONS = ["LOCK TABLE catalogue_accession IN SHARE ROW EXCLUSIVE MODE"]


def _trigger(name: str, event: str, table: str, body: str) -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$",
        f"CREATE OR REPLACE TRIGGER {name} {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def _refusal(name: str, event: str, table: str, when: str, message: str) -> list[str]:
    raising = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'"
    return _trigger(name, f"BEFORE {event}", table, f"IF {when} THEN {raising}; END IF;")


INTEGRITY = [
    *_refusal(
        "category_code", "INSERT OR UPDATE", "catalogue_category",
        r"NEW.code !~ '^[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3})*$'", "code_matches_its_pattern",
    ),
    *_refusal(
        "category_place", "INSERT OR UPDATE", "catalogue_category",
        """(NEW.parent_id IS NULL AND position('.' in NEW.code) > 0) OR (NEW.parent_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM catalogue_category p WHERE p.id = NEW.parent_id AND p.taxonomy_id = NEW.taxonomy_id
            AND NEW.code LIKE p.code || '._%' AND position('.' in substr(NEW.code, length(p.code) + 2)) = 0))""",
        "code_starts_with_its_parents",
    ),
    *_refusal(
        "category_children", "UPDATE OF code, taxonomy_id", "catalogue_category",
        """(NEW.code <> OLD.code OR NEW.taxonomy_id <> OLD.taxonomy_id)
           AND EXISTS (SELECT 1 FROM catalogue_category c WHERE c.parent_id = NEW.id)""",
        "code_with_children_is_kept",
    ),
    *_refusal(
        "classification_taxonomy", "INSERT OR UPDATE", "catalogue_classification",
        "NEW.taxonomy_id <> (SELECT taxonomy_id FROM catalogue_category WHERE id = NEW.category_id)",
        "classification_has_the_taxonomy_of_its_category",
    ),
    *_refusal(
        "accession_pattern", "INSERT OR UPDATE", "catalogue_mitigation",
        "NEW.accession !~ '^M[0-9]{4,9}$'", "accession_matches_its_pattern",
    ),
    *_refusal(
        "accession_change", "UPDATE OF accession", "catalogue_mitigation",
        "NEW.accession <> OLD.accession", "accession_is_never_changed",
    ),
    *_refusal(
        "accession_reuse", "INSERT", "catalogue_mitigation",
        """EXISTS (SELECT 1 FROM catalogue_accession a
           WHERE a.number = substr(NEW.accession, 2)::integer AND a.mitigation_id <> NEW.id)""",
        "accession_is_never_used_again",
    ),
    *_trigger(
        "accession_register", "AFTER INSERT", "catalogue_mitigation",
        "INSERT INTO catalogue_accession VALUES (substr(NEW.accession, 2)::integer, NEW.id) ON CONFLICT DO NOTHING;",
    ),
    """INSERT INTO catalogue_accession SELECT substr(accession, 2)::integer, id FROM catalogue_mitigation
       ON CONFLICT DO NOTHING""",
]  # fmt: skip

#: `now` is when the transaction began: a mitigation is touched once in each, and not at all where it is new.
_TOUCH = """
    UPDATE catalogue_mitigation SET updated_at = now() WHERE updated_at < now() AND id IN (
      SELECT value::bigint FROM jsonb_each_text(CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END)
        WHERE key = ANY (TG_ARGV)
      UNION SELECT value::bigint FROM jsonb_each_text(CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END)
        WHERE key = ANY (TG_ARGV));
"""
CHANGES = [
    f"""CREATE OR REPLACE FUNCTION catalogue_touch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {_TOUCH} RETURN NULL; END $$""",
    *[
        f"""CREATE OR REPLACE TRIGGER {table}_changes AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION catalogue_touch({", ".join(f"'{column}'" for column in columns)})"""
        for table, columns in PARTS.items()
    ],
]

#: The weight letter that stands for each field in a tsvector.
WEIGHTS = {"name": "A", "alternative_names": "B", "description": "C"}

SEARCH = [
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    # The stemmer that SQLite's FTS5 has, so that both engines find the same.
    """DO $$ BEGIN
         CREATE TEXT SEARCH DICTIONARY catalogue_porter (TEMPLATE = snowball, Language = porter);
       EXCEPTION WHEN unique_violation THEN NULL; END $$""",
    # Letters and digits only, as FTS5 splits text; the parser of to_tsvector would keep hosts and versions whole.
    """CREATE OR REPLACE FUNCTION catalogue_tokens(body text) RETURNS text[] LANGUAGE sql STABLE AS $$
         SELECT array_remove(regexp_split_to_array(lower(unaccent(body)), '[^[:alnum:]]+'), '') $$""",
    # `start` keeps the fields apart, so that a phrase does not run from one into the next.
    """CREATE OR REPLACE FUNCTION catalogue_vector(body text, weight text, start integer)
       RETURNS text LANGUAGE sql STABLE AS $$
         SELECT COALESCE(string_agg(format('''%s'':%s%s', (ts_lexize('catalogue_porter', word))[1],
                                    least(start + place, 16383), weight), ' '), '')
         FROM unnest(catalogue_tokens(body)) WITH ORDINALITY AS token(word, place) $$""",
    "ALTER TABLE catalogue_mitigation ADD COLUMN IF NOT EXISTS search_vector tsvector",
    "CREATE INDEX IF NOT EXISTS catalogue_search ON catalogue_mitigation USING gin (search_vector)",
    "CREATE TABLE IF NOT EXISTS catalogue_vocabulary (term text PRIMARY KEY)",
    *_trigger(
        "search_index", "BEFORE INSERT OR UPDATE OF name, alternative_names, description, status", "catalogue_mitigation",
        """IF NEW.status <> 'published' THEN NEW.search_vector := NULL; RETURN NEW; END IF;
           NEW.search_vector := concat_ws(' ', catalogue_vector(NEW.name, 'A', 0),
             catalogue_vector(NEW.alternative_names, 'B', 1000), catalogue_vector(NEW.description, 'C', 3000))::tsvector;
           INSERT INTO catalogue_vocabulary
             SELECT DISTINCT unnest(catalogue_tokens(concat_ws(' ', NEW.name, NEW.alternative_names, NEW.description)))
             ORDER BY 1 ON CONFLICT DO NOTHING;""",
    ),
    "UPDATE catalogue_mitigation SET name = name",
]  # fmt: skip


def is_installed(cursor) -> bool:
    """PostgreSQL keeps triggers when a table changes."""
    return True


def matching(words: list[str], prefix: bool, field: str | None = None) -> tuple[str, list[str]]:
    """SQL for the ids of mitigations with these words in a row, in `field` or anywhere; the last as a beginning."""
    marks = [WEIGHTS[field] if field else ""] * len(words)
    marks[-1] = ("*" if prefix else "") + marks[-1]
    stems = [f"(ts_lexize('catalogue_porter', %s))[1] || '{':' + mark if mark else ''}'" for mark in marks]
    query = " || ' <-> ' || ".join(stems)
    return f"SELECT s.id FROM catalogue_mitigation s WHERE s.search_vector @@ ({query})::tsquery", words


#: Known words of a length between two bounds.
WORDS = "SELECT term FROM catalogue_vocabulary WHERE length(term) BETWEEN %s AND %s"
