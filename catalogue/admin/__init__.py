"""Curation. A file per noun; `record.py` has what all of them share."""

from . import account, document, feedback, frameworks, mitigation, taxonomy, vocabulary  # noqa: F401 - registers them
