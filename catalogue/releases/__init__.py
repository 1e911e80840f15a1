"""Releases: frozen, numbered versions of what is published.

`cutting.py` freezes one state of the database: every record in canonical form (`canonical.py`),
the published rows of every public table (`freezing.py`), and the downloads (`files.py`).
`copies.py` makes a read-only SQLite database of the rows, which `reading.py` has a request read
in the place of today's data, so that the same views and the same API answer for a release.
`differences.py` says what two releases, or a release and today, do not have in common.
"""
