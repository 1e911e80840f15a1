"""The tables that tell of a mitigation, with the columns that hold its key. A change there
changes the mitigation.
"""

from collections.abc import Iterable

PART_TABLES = {
    "catalogue_classification": ("mitigation_id",),
    "catalogue_externalidentifier": ("mitigation_id",),
    "catalogue_mapping": ("source_id", "target_id"),
    "catalogue_mitigation_phases": ("mitigation_id",),
    "catalogue_mitigation_actors": ("mitigation_id",),
    "catalogue_mitigation_functions": ("mitigation_id",),
}


def limited(column: str, ids: Iterable[int] | None) -> str:
    """What of a condition holds it to these ids; nothing where there are none to hold it to."""
    if ids is None:
        return ""
    return f" AND {column} IN ({', '.join(str(int(one)) for one in ids)})"
