"""The least that a server can do for the list as JSON: raw SQL, dictionaries, orjson; no
framework, no cache, no checks.

It gives the facts that the catalogue's own list gives of the first fifty mitigations by code,
with the count of all.
"""

import os
import sqlite3
import threading
from collections import defaultdict

import orjson

_local = threading.local()

LIST = """
    SELECT m.id, m.accession, m.name, m.alternative_names, m.description, m.is_preliminary, m.position, m.section, m.page,
           m.created_at, m.updated_at, d.slug, d.label, d.title, d.year
    FROM catalogue_mitigation m JOIN catalogue_document d ON d.id = m.document_id
    JOIN catalogue_classification c ON c.mitigation_id = m.id AND c.is_primary
    JOIN catalogue_taxonomy t ON t.id = c.taxonomy_id AND t.is_default
    JOIN catalogue_category k ON k.id = c.category_id
    WHERE m.status = 'published' ORDER BY k.path, m.id LIMIT 50
"""
COUNT = "SELECT COUNT(*) FROM catalogue_mitigation WHERE status = 'published'"
TERMS = """
    SELECT l.mitigation_id, t.slug, t.name FROM catalogue_mitigation_{0}s l JOIN catalogue_{1} t ON t.id = l.{1}_id
    WHERE l.mitigation_id IN ({2}) ORDER BY t.position
"""
CLASSIFICATIONS = """
    SELECT c.mitigation_id, t.slug, k.code, k.name, c.is_primary, c.rationale, c.coder, c.confidence, c.origin
    FROM catalogue_classification c JOIN catalogue_category k ON k.id = c.category_id
    JOIN catalogue_taxonomy t ON t.id = c.taxonomy_id WHERE c.mitigation_id IN ({0}) ORDER BY t.position, c.is_primary DESC, k.path
"""
IDENTIFIERS = "SELECT mitigation_id, scheme, value, url FROM catalogue_externalidentifier WHERE mitigation_id IN ({0})"
VOCABULARIES = {
    "phases": ("phase", "lifecyclephase"),
    "actors": ("actor", "actor"),
    "functions": ("function", "riskmanagementfunction"),
}
PLACED = [
    "taxonomy",
    "code",
    "name",
    "is_primary",
    "rationale",
    "coder",
    "confidence",
    "origin",
]


def connection() -> sqlite3.Connection:
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(os.environ["BENCHMARK_DATABASE"])
    return _local.connection


def related(sql: str, names: list[str]) -> dict[int, list[dict]]:
    found: dict[int, list[dict]] = defaultdict(list)
    for key, *values in connection().execute(sql):
        found[key].append(dict(zip(names, values, strict=True)))
    return found


def application(environ, start_response):
    rows = connection().execute(LIST).fetchall()
    keys = ",".join(str(row[0]) for row in rows)
    terms = {
        name: related(TERMS.format(*tables, keys), ["slug", "name"])
        for name, tables in VOCABULARIES.items()
    }
    placed = related(CLASSIFICATIONS.format(keys), PLACED)
    identifiers = related(IDENTIFIERS.format(keys), ["scheme", "value", "url"])
    results = [
        {
            "accession": row[1],
            "name": row[2],
            "alternative_names": row[3].splitlines(),
            "description": row[4],
            "preliminary": bool(row[5]),
            "position": row[6],
            "locator": {"section": row[7] or None, "page": row[8] or None},
            "created_at": row[9],
            "updated_at": row[10],
            "document": dict(
                zip(["slug", "label", "title", "year"], row[11:], strict=True),
            ),
            "external_identifiers": identifiers[row[0]],
            "classifications": placed[row[0]],
            **{name: found[row[0]] for name, found in terms.items()},
        }
        for row in rows
    ]
    body = orjson.dumps(
        {
            "count": connection().execute(COUNT).fetchone()[0],
            "results": results,
        },
    )
    start_response(
        "200 OK",
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ],
    )
    return [body]
