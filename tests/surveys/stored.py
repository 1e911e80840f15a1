"""What stands in the database of a site that runs by itself, read past Django."""

import sqlite3
from urllib.parse import urlsplit

import psycopg

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


class Stored:
    """`database` is what `own_database` gives."""

    def __init__(self, database: dict[str, str]):
        url = urlsplit(database["DATABASE_URL"])
        self.engine = "sqlite" if url.scheme == "sqlite" else "postgresql"
        #: The path of a file, or of a server's database.
        self.address = (
            url.path
            if self.engine == "sqlite"
            else f"postgresql://{url.netloc}{url.path}"
        )

    def rows(self, query: str) -> list[tuple]:
        if self.engine == "sqlite":
            with sqlite3.connect(self.address) as opened:
                found = opened.execute(query).fetchall()
            opened.close()
            return found
        with psycopg.connect(self.address) as opened:
            return opened.execute(query).fetchall()  # type: ignore[call-overload]

    def everything(self) -> str:
        """All rows of all tables."""
        tables = [name for (name,) in self.rows(TABLES[self.engine])]
        return "\n".join(
            repr(self.rows(f'SELECT * FROM "{table}"')) for table in tables
        )
