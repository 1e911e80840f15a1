from django.db import models


class Revision(models.Model):
    """The one row that says how often public data has changed. Triggers write it; read it with
    `catalogue.revision`.

    Numbers only grow, and are never used again: each is at least the moment of its write, in
    microseconds since 1970, so that a database restored from a backup does not count through
    numbers that readers, proxies and caches have seen before.
    """

    number = models.BigIntegerField(
        help_text="Moves with every write to what readers see.",
    )
    structure = models.BigIntegerField(
        help_text="The number of the last write to more than single mitigations.",
    )

    def __str__(self):
        return str(self.number)


class Change(models.Model):
    """With which revision a mitigation changed last. That of a deleted one is kept."""

    #: The key that stands for all mitigations: with TRUNCATE, a table of theirs loses rows that
    #: no trigger sees.
    ALL = 0

    mitigation_id = models.BigIntegerField(primary_key=True)
    revision = models.BigIntegerField(db_index=True)

    def __str__(self):
        return f"{self.mitigation_id} in {self.revision}"
