"""Curation. A file per noun; `record.py` has what all of them share."""

from . import document, importing, mitigation, taxonomy, vocabulary  # noqa: F401 - registers them
