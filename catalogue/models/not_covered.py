from django.db import models

from catalogue.fields import LineField, ProseField

from .history import History


class NotCovered(models.Model):
    """A law, code or standard, or a country's, that is not gone through here: pages say so, since a
    reader would take its absence for an answer.
    """

    name = LineField(
        max_length=150,
        unique=True,
        help_text="What is not covered, such as “Connecticut SB 5”.",
    )
    reason = ProseField(
        help_text="What is known of it here, and what is not. One sentence.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    history = History()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "law, code or standard that is not covered"
        verbose_name_plural = "laws, codes and standards that are not covered"

    def __str__(self):
        return self.name
