"""The tests' tables are made as models declare them. A site's are made by migrations."""

import os
import re
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.test import override_settings

from tests.site import Site, lose, own_database

pytestmark = pytest.mark.django_db

ON_SQLITE = """
    SELECT type, tbl_name, name, sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
"""
ON_POSTGRESQL = """
    SELECT 'column', table_name, column_name,
        concat_ws(' ', data_type, character_maximum_length, is_nullable, collation_name,
            column_default, is_identity, generation_expression)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
"""


def declared_in(
    environment: dict[str, str],
) -> dict[tuple[str, str, str], list[str]]:
    """By kind, table and name: the words of all that a database declares, in whichever order,
    since a column that a migration added stands last. Of the tables of accounts Django's own
    migrations leave narrower keys than its models declare.
    """
    address = environment["DATABASE_URL"]
    if address.startswith("sqlite"):
        with closing(
            sqlite3.connect(address.removeprefix("sqlite:///")),
        ) as database:
            rows = database.execute(ON_SQLITE).fetchall()
    else:
        name = urlsplit(address).path.removeprefix("/")
        with psycopg.connect(
            os.environ["DATABASE_URL"],
            dbname=name,
        ) as database:
            rows = database.execute(ON_POSTGRESQL).fetchall()
    return {
        (kind, table, name): sorted(filter(None, re.split(r"[,()\s]+", text)))
        for kind, table, name, text in rows
        if not table.startswith("auth_")
    }


def test_migrations_lead_to_what_models_declare(tmp_path, migrated):
    with own_database(tmp_path, migrated) as environment:
        as_models_declare = declared_in(environment)
        lose(environment)
        Site(tmp_path, **environment).manage("migrate", "--verbosity", "0")

        assert declared_in(environment) == as_models_declare


def test_no_model_differs_from_its_migrations():
    with override_settings(MIGRATION_MODULES={}):
        loader = MigrationLoader(None)
    made = MigrationAutodetector(
        loader.project_state(),
        ProjectState.from_apps(apps),
    ).changes(graph=loader.graph)

    assert {app: [str(one) for one in made[app]] for app in made} == {}
