from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from catalogue.fields import LineField, ProseField
from serving.addresses import address_of

from .document import Document
from .instrument import Instrument
from .mapping import Mapping
from .mitigation import Mitigation
from .provision import Provision
from .taxonomy import Category, Taxonomy
from .vocabulary import VOCABULARIES

#: What a release holds beside mitigations and their parts, and keeps a history of.
FRAMES = (
    Document,
    Taxonomy,
    Category,
    Instrument,
    Provision,
    *VOCABULARIES,
)
NUMBER_PATTERN = r"^[1-9][0-9]{3}\.(0[1-9]|1[0-2])(\.[1-9][0-9]{0,2})?$"
validate_number = RegexValidator(
    NUMBER_PATTERN,
    "A release is a year and a month, such as 2026.11; a further one in that month is 2026.11.1.",
)


class ReleaseQuerySet(models.QuerySet):
    def newest_first(self):
        return self.select_related(None).order_by("-pk")

    def with_previous(self):
        """Annotates `previous_number`, of the release before; None for the first."""
        earlier = (
            Release.objects.filter(pk__lt=models.OuterRef("pk"))
            .order_by("-pk")
            .values("number")
        )
        return self.annotate(previous_number=models.Subquery(earlier[:1]))

    def of_today(self):
        """The last one, where nothing of the catalogue has changed since; else None. Studies
        are not looked at: each is cited by itself.
        """
        last = self.newest_first().first()
        if last is None:
            return None
        seen = Mitigation.objects.exclude(
            status__in=[Mitigation.Status.DRAFT, Mitigation.Status.IN_REVIEW],
        )
        if seen.filter(updated_at__gt=last.cut_at).exists():
            return None
        # Those of a draft tell nobody anything, and are not to be noticed.
        keys = seen.values("pk")
        histories = [
            Mapping.history.filter(source__in=keys).filter(
                models.Q(target=None) | models.Q(target__in=keys),
            ),
        ]
        for model in FRAMES:
            histories.append(model.history.all())
        for history in histories:
            if history.filter(history_date__gt=last.cut_at).exists():
                return None
        return last

    def before(self, release):
        """The release that came before it, or None."""
        return self.filter(pk__lt=release.pk).order_by("-pk").first()


class Release(models.Model):
    """A frozen, numbered, checksummed version of what is published. Database triggers refuse
    every change to it.
    """

    number = models.CharField(
        max_length=20,
        unique=True,
        validators=[validate_number],
    )
    title = LineField(max_length=200, blank=True)
    notes = ProseField(
        blank=True,
        help_text="What readers should know of it, in a curator's words.",
    )
    cut_at = models.DateTimeField(help_text="The moment of which it is.")
    #: Personal data: readers are not told, and an account that is deleted leaves nothing here.
    cut_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    revision = models.BigIntegerField(
        help_text="The revision of the data that it froze.",
    )
    checksum = models.CharField(
        max_length=64,
        help_text="SHA-256 of its records in canonical form.",
    )
    copy_checksum = models.CharField(
        max_length=64,
        help_text="SHA-256 of the rows that it is read from.",
    )
    counts = models.JSONField(help_text="Records by kind.")
    changes = models.JSONField(
        help_text="How many records were added, changed and so on since the release before.",
    )
    notices = models.JSONField(
        help_text="What is to be shown with what is preliminary in it.",
    )
    software = models.CharField(
        max_length=40,
        help_text="The version of this software that cut it.",
    )
    migrations = models.JSONField(
        help_text="The last migration of each app then.",
    )
    licence = models.CharField(max_length=100)
    licence_url = models.URLField()
    site = models.CharField(
        max_length=300,
        help_text="Scheme and host of the site, as they stand in its files.",
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        """What is told of it: its notes, its files, how to cite it. What stands in it begins at
        `prefix`.
        """
        return address_of("release-detail", self.number)

    @property
    def prefix(self):
        """Where the pages of the catalogue as it was begin."""
        return f"/releases/{self.number}/"

    def holds(self, mitigation: Mitigation) -> bool:
        """Whether it has the mitigation as it is now."""
        return (
            mitigation.status == Mitigation.Status.PUBLISHED
            and mitigation.updated_at <= self.cut_at
        )

    @property
    def order(self):
        """What numbers are compared by."""
        return order_of(self.number)


def order_of(number: str) -> tuple[int, ...]:
    """
    >>> order_of("2026.11") < order_of("2026.11.1") < order_of("2027.01")
    True
    """
    return tuple(map(int, number.split(".")))


class ReleaseContent(models.Model):
    """The text of a record, once for all releases in which it is the same."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    body = models.TextField(help_text="Canonical JSON.")

    def __str__(self):
        return self.sha256


class ReleaseRecord(models.Model):
    """One published record in one release."""

    release = models.ForeignKey(
        Release,
        on_delete=models.PROTECT,
        related_name="records",
    )
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=500)
    content = models.ForeignKey(
        ReleaseContent,
        on_delete=models.PROTECT,
        related_name="+",
        db_column="sha256",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "kind", "key"],
                name="a_record_is_released_once",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"


class ReleaseFile(models.Model):
    """A file of a release, byte for byte: a download, or the rows that the release is read from."""

    release = models.ForeignKey(
        Release,
        on_delete=models.PROTECT,
        related_name="files",
    )
    name = models.CharField(max_length=200)
    label = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    is_download = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "name"],
                name="a_file_is_released_once",
            ),
        ]

    def __str__(self):
        return self.name


class ReleasePiece(models.Model):
    """A piece of a file, compressed (zlib). Pieces are read one after the other, so that no
    file has to fit into memory.
    """

    file = models.ForeignKey(
        ReleaseFile,
        on_delete=models.PROTECT,
        related_name="pieces",
    )
    position = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["file", "position"],
                name="a_piece_stands_once_in_its_file",
            ),
        ]

    def __str__(self):
        return f"{self.file_id}: {self.position}"


class ReleaseCutting(models.Model):
    """A release that somebody asked for, and that is looked at, or cut, in a process of its own."""

    class State(models.TextChoices):
        WORKING = "working", "at work"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    number = models.CharField(max_length=20)
    title = LineField(max_length=200, blank=True)
    notes = ProseField(blank=True)
    even_so = models.BooleanField(
        default=False,
        help_text="To be cut though nothing has changed.",
    )
    site = models.CharField(
        max_length=300,
        help_text="Scheme and host of the site, for the files.",
    )
    is_preview = models.BooleanField(
        help_text="It is to be said what it would be, and nothing is stored.",
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(
        max_length=10,
        choices=State,
        default=State.WORKING,
    )
    done = models.PositiveIntegerField(
        default=0,
        help_text="Parts of the work that are behind it.",
    )
    beat_at = models.DateTimeField(
        null=True,
        help_text="When the process was last heard of.",
    )
    message = models.TextField(blank=True, help_text="Why it was refused.")
    changes_nothing = models.BooleanField(
        default=False,
        help_text="Nothing has changed since the release before.",
    )
    preview = models.TextField(
        blank=True,
        help_text="What it would be, as the part of a page.",
    )
    release = models.ForeignKey(
        Release,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["working", "done", "refused"]),
                name="cutting_state_is_known",
            ),
        ]

    def __str__(self):
        return f"Cutting of {self.number}"
