"""What readers see, table by table: a write to one of these tables moves the revision.

Other apps add theirs with `declare` when Django is ready. A test fails for a table that is declared nowhere.
"""

from collections.abc import Iterable

MITIGATIONS = "catalogue_mitigation"

#: What is no part of a single mitigation (see `parts.py`): a write there may change how any of them is shown.
STRUCTURE = [
    "catalogue_actor",
    "catalogue_author",
    "catalogue_category",
    "catalogue_document",
    "catalogue_lifecyclephase",
    "catalogue_riskmanagementfunction",
    "catalogue_taxonomy",
]
#: What no reader sees, beside histories.
PRIVATE = [
    "catalogue_accession",
    "catalogue_change",
    "catalogue_importbatch",
    "catalogue_importpiece",
    "catalogue_importprofile",
    "catalogue_importrow",
    "catalogue_loadedrecord",
    "catalogue_proposal",
    "catalogue_revision",
]


def declare(*, public: Iterable[str], private: Iterable[str]) -> None:
    """Adds another app's tables."""
    STRUCTURE.extend(name for name in public if name not in STRUCTURE)
    PRIVATE.extend(name for name in private if name not in PRIVATE)
