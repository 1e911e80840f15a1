"""The quality desk: checks that find what needs work, one module each, and what curators say of
their findings.
"""

# Each registers its checks, in the order of the desk.
from . import (  # noqa: F401, I001
    descriptions,
    rationales,
    duplicates,
    twice,
    gaps,
    terms,
    links,
    documents,
    frameworks,
    reviews,
)
from .base import CHECKS, Check, Finding, change_url

__all__ = ["CHECKS", "Check", "Finding", "change_url"]
