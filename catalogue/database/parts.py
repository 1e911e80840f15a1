"""The tables that tell of a mitigation, with the columns that hold its key. A change there changes the mitigation."""

PARTS = {
    "catalogue_classification": ("mitigation_id",),
    "catalogue_externalidentifier": ("mitigation_id",),
    "catalogue_mapping": ("source_id", "target_id"),
    "catalogue_mitigation_phases": ("mitigation_id",),
    "catalogue_mitigation_actors": ("mitigation_id",),
    "catalogue_mitigation_functions": ("mitigation_id",),
}
