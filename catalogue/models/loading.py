from django.db import models


class LoadedRecord(models.Model):
    """What `load_catalogue` last wrote for a record of the data files.

    Between what was loaded, what the file says now, and what stands in the database,
    it tells a curator's change from a change of the file.
    """

    model = models.CharField(max_length=60)
    key = models.CharField(max_length=300)
    values = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "key"],
                name="a_record_is_loaded_once",
            ),
        ]

    def __str__(self):
        return f"{self.model} {self.key}"
