"""Curation. A file per noun; `record.py` has what all of them share."""

from . import (  # noqa: F401 - registers them
    account,
    document,
    feedback,
    frameworks,
    importing,
    mitigation,
    release,
    taxonomy,
    vocabulary,
)
