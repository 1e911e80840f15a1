"""Imports of files: what was handed in, what a dry run found, and what was done, so that it can
be undone.
"""

import re
from typing import Any

import orjson
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.text import Truncator

from catalogue.fields import LineField

#: Of the reason for a change, in a history.
LONGEST_REASON = 100


class ImportProfile(models.Model):
    """How the columns of one sort of file are to be read, kept for the next such file."""

    name = LineField(max_length=80)
    kind = models.CharField(max_length=40)
    columns = models.JSONField(
        default=dict,
        help_text="Field by column of the file.",
    )
    options = models.JSONField(default=dict)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="a_profile_has_a_name_of_its_own",
                violation_error_message="Another profile for such files has this name.",
            ),
        ]

    def __str__(self):
        return self.name


class ImportBatch(models.Model):
    """One file on its way into the catalogue."""

    class State(models.TextChoices):
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        WAITING = "waiting", "waiting for review"
        SENT_BACK = "sent_back", "sent back"
        COMMITTING = "committing", "being imported"
        COMMITTED = "committed", "imported"
        UNDO_WAITING = "undo_waiting", "imported, and waiting to be undone"
        UNDOING = "undoing", "being undone"
        PARTLY = "partly", "partly undone"
        UNDONE = "undone", "undone"
        FAILED = "failed", "refused"

    #: While one of these, a process works on it.
    RUNNING = (State.CHECKING, State.COMMITTING, State.UNDOING)
    #: From which of its states a batch takes which step.
    CAN_BE_CHECKED = (State.CHECKED, State.SENT_BACK, State.FAILED)
    CAN_BE_SENT = (State.CHECKED, State.SENT_BACK)
    CAN_BE_COMMITTED = (State.CHECKED, State.SENT_BACK, State.WAITING)
    CAN_BE_DISCARDED = (*CAN_BE_COMMITTED, State.FAILED)
    #: What it brought is in the catalogue, all of it or in part.
    STANDING = (State.COMMITTED, State.PARTLY)

    kind = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    checksum = models.CharField(
        max_length=64,
        help_text="SHA-256 of the file.",
    )
    size = models.BigIntegerField(help_text="Of the file, in bytes.")
    columns = models.JSONField(
        default=dict,
        help_text="Field by column of the file; empty for a column that is left out.",
    )
    options = models.JSONField(default=dict)
    state = models.CharField(
        max_length=12,
        choices=State,
        default=State.CHECKING,
    )
    state_before = models.CharField(
        max_length=12,
        blank=True,
        help_text="Its state before the running step, or before it was asked to be undone.",
    )
    counts = models.JSONField(
        default=dict,
        help_text="Rows by what becomes of them.",
    )
    total = models.PositiveIntegerField(
        default=0,
        help_text="Rows of the file.",
    )
    done = models.PositiveIntegerField(
        default=0,
        help_text="Rows that the running step has behind it.",
    )
    beat_at = models.DateTimeField(
        null=True,
        help_text="When the running step was last heard of.",
    )
    #: Of what the dry run found, by which a later one is seen to find the same.
    digest = models.CharField(max_length=64, blank=True)
    revision = models.BigIntegerField(
        default=0,
        help_text="The catalogue's revision that the dry run saw.",
    )
    touches_public = models.BooleanField(
        default=False,
        help_text="It changes what readers see.",
    )
    asks_why = models.BooleanField(
        default=False,
        help_text="It changes a day that readers rely on: imported with a reason.",
    )
    change_reason = LineField(
        max_length=80,
        blank=True,
        help_text="Why it changes what it does. Readers see it.",
    )
    without_refused = models.BooleanField(
        default=False,
        help_text="Sound rows were taken, and refused ones left out.",
    )
    reading = models.JSONField(
        default=list,
        help_text="What was found out about the file, and passed over in it, such as the sheet that was read.",
    )
    notes = models.JSONField(
        default=list,
        help_text="What is to be said of it, such as why the file was refused.",
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="uploaded_imports",
    )
    committed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="committed_imports",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    undo_reason = LineField(
        max_length=500,
        blank=True,
        help_text="Why it was, or is to be, undone.",
    )
    undo_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    undo_asked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "import"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "checking",
                        "checked",
                        "waiting",
                        "sent_back",
                        "committing",
                        "committed",
                        "undo_waiting",
                        "undoing",
                        "partly",
                        "undone",
                        "failed",
                    ],
                ),
                name="import_state_is_known",
            ),
        ]

    def __str__(self):
        return f"Import {self.pk}: {self.file_name}"

    @property
    def reason(self) -> str:
        """What the history of a record says of a change that came with it."""
        if self.change_reason:
            return f"{self.change_reason} (import {self.pk})"
        return str(self)[:LONGEST_REASON]

    def reason_of_undoing(self, note: str) -> str:
        """What it says where that is taken back, and `note` says why, if anything does."""
        if not note:
            return f"Undone: {self}"[:LONGEST_REASON]
        which = f" (import {self.pk} undone)"
        return f"{Truncator(note).chars(LONGEST_REASON - len(which))}{which}"


#: How the history begins its reasons for changes that came with the data files.
FROM_FILES = "From the catalogue’s files"
LEFT_FILES = "No longer in the data files"
OF_DATA_FILES = (FROM_FILES, LEFT_FILES)
#: How the history of a record names an import, or its undoing.
OF_IMPORT = re.compile(r"(Undone: )?Import (\d+): .*", re.DOTALL)


def reason_for_readers(reason: str) -> str:
    """Without the name of the file that an import came from, which tells readers nothing, and
    may tell too much; empty where all it says is that it came with the data files.
    """
    if reason.startswith(OF_DATA_FILES):
        return ""
    if found := OF_IMPORT.fullmatch(reason.strip()):
        undone, number = found.groups()
        if undone:
            return f"Import {number} of a file was undone"
        return f"Imported from a file (import {number})"
    return reason.strip()


class ImportPiece(models.Model):
    """A part of the file, compressed. Kept until the import is done: every worker has to be
    able to read it.
    """

    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.CASCADE,
        related_name="pieces",
    )
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"],
                name="a_piece_has_one_place",
            ),
        ]

    def __str__(self):
        return f"{self.batch_id}/{self.number}"


class ImportRow(models.Model):
    """What becomes of one row of a file; once the import is done, what became of it."""

    class Verdict(models.TextChoices):
        ADDED = "added", "added"
        CHANGED = "changed", "changed"
        LEFT = "left", "left as they are"
        REFUSED = "refused", "refused"

    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.CASCADE,
        related_name="rows",
    )
    number = models.PositiveIntegerField(
        help_text="As a spreadsheet numbers its rows.",
    )
    verdict = models.CharField(max_length=8, choices=Verdict)
    is_warned = models.BooleanField(default=False)
    label = models.CharField(max_length=120, blank=True)
    record = models.BigIntegerField(
        null=True,
        help_text="Key of the record that it is about.",
    )
    #: Of what the row holds, where nothing in it names its record: the same row again is known
    #: by it.
    fingerprint = models.CharField(max_length=32, blank=True)
    body = models.TextField(
        default="{}",
        help_text="JSON: before, after, faults, warnings.",
    )
    is_undone = models.BooleanField(
        default=False,
        help_text="What became of it was taken back.",
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"],
                name="a_row_is_judged_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch", "verdict", "number"],
                name="import_row_by_verdict",
            ),
            models.Index(
                fields=["fingerprint"],
                name="import_row_fingerprint",
                condition=~Q(fingerprint=""),
            ),
        ]

    def __str__(self):
        return f"row {self.number}: {self.verdict}"

    @property
    def content(self) -> dict[str, Any]:
        return orjson.loads(self.body)
