"""Laws, codes, frameworks and standards, and what each of them asks for."""

import datetime
import re
from collections.abc import Iterable
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import date_format

from catalogue.fields import IdentifierField, LineField, ProseField

from .history import History

#: A year, a month or a day: of some instruments no more is known.
DATE_IN_PART = re.compile(
    r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?$",
    re.ASCII,
)


def validate_date_in_part(text: str) -> None:
    """Raises ValidationError for what is no year, month or day."""
    if DATE_IN_PART.match(text):
        try:
            datetime.date.fromisoformat(f"{text}-01-01"[:10])
        except ValueError:
            pass
        else:
            return
    raise ValidationError(
        "Give a day such as 2023-12-18, or a month or a year if no more is known: 2023-12, 2023.",
    )


class Instrument(models.Model):
    """A law, code, framework or standard that asks something of whoever develops or uses AI."""

    class Kind(models.TextChoices):
        LAW = "law", "binding law"
        CODE = "code", "voluntary code"
        FRAMEWORK = "framework", "voluntary framework"
        STANDARD = "standard", "standard"
        COMMUNITY = "community", "community standard"

    slug = models.SlugField(
        unique=True,
        help_text="Stands in addresses. Do not change it once published.",
    )
    title = LineField(max_length=300)
    short_title = LineField(
        max_length=60,
        help_text="For lists, such as “California SB 53”.",
    )
    issuer = LineField(max_length=200, help_text="Who made it.")
    kind = models.CharField(max_length=20, choices=Kind)
    status_note = ProseField(
        "status",
        help_text="What it is and whom it binds now, in one to three sentences.",
    )
    applies_to_note = ProseField(
        "to whom it applies",
        blank=True,
        help_text="Where parts of it differ in that.",
    )
    published = IdentifierField(
        max_length=10,
        blank=True,
        validators=[validate_date_in_part],
        help_text="When it was adopted or published, such as 2024-07-12; a month or a year if no more is known.",
    )
    published_as = LineField(
        max_length=30,
        blank=True,
        help_text="What happened on that day, such as “signed” or “promulgated”. Empty: it was published.",
    )
    in_force_on = models.DateField(
        "in force from",
        null=True,
        blank=True,
        help_text="Of a law: the first day. Provisions may say another day of their own.",
    )
    ended_on = models.DateField(
        "no longer current from",
        null=True,
        blank=True,
        help_text="The first day on which it was repealed or replaced. Empty: it is current.",
    )
    version = LineField(max_length=100, blank=True)
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="What took its place. Mappings to its provisions are out of date then.",
    )
    url = models.URLField(max_length=300, help_text="Where it is published.")
    url_label = LineField(
        "what is there",
        max_length=60,
        blank=True,
        help_text="Where it is not the text itself, such as “About it (text not opened)”. Empty: its text.",
    )
    sections_of = LineField(
        max_length=100,
        blank=True,
        help_text="Of a law: the code whose sections its ids are, such as “New York General Business Law”.",
    )
    further_links = ProseField(
        blank=True,
        help_text="Its parts and amendments, one per line: the address, a blank, and what is there.",
    )
    licence = LineField(
        max_length=100,
        blank=True,
        help_text="Of its text. Empty: not known.",
    )
    is_whole = models.BooleanField(
        "list is whole",
        default=False,
        help_text="Whether all that it asks for is listed here. Otherwise pages say that the list is in part.",
    )
    unverified = ProseField(
        "what was not verified",
        blank=True,
        help_text="What could not be checked, one per line. Pages show it.",
    )
    checked_on = models.DateField(
        "last looked at",
        null=True,
        blank=True,
        help_text="When what is listed and judged of it here was last gone through. What could not be compared with its source stands below.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    history = History()

    class Meta:
        ordering = ["position", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "law",
                        "code",
                        "framework",
                        "standard",
                        "community",
                    ],
                ),
                name="instrument_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(in_force_on=None) | Q(kind="law"),
                name="only_law_is_in_force",
                violation_error_message="Only a law is in force from a day: leave it empty, or make this a binding law.",
            ),
            models.CheckConstraint(
                condition=Q(in_force_on=None)
                | Q(ended_on=None)
                | Q(ended_on__gte=F("in_force_on")),
                name="an_instrument_ends_after_it_begins",
                violation_error_message="It cannot end before it is in force.",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | ~Q(replaced_by=F("id")),
                name="an_instrument_does_not_replace_itself",
                violation_error_message="It cannot replace itself: choose another, or none.",
            ),
        ]

    def __str__(self):
        return self.short_title

    def get_absolute_url(self):
        return reverse("instrument-detail", args=[self.slug])

    @property
    def published_in_words(self) -> str:
        """“12 July 2024”, or the month or year, if no more is known."""
        parts = self.published.split("-")
        form = ("Y", "F Y", "j F Y")[len(parts) - 1]
        if not self.published:
            return ""
        day = datetime.date.fromisoformat(f"{self.published}-01-01"[:10])
        return date_format(day, form)

    @property
    def is_binding(self) -> bool:
        return self.kind == self.Kind.LAW

    @property
    def links(self) -> list[tuple[str, str]]:
        """(address, what is there) of its parts and amendments."""
        found = []
        for line in filter(
            None,
            map(str.strip, self.further_links.split("\n")),
        ):
            url, _, label = line.partition(" ")
            found.append((url, label.strip() or url))
        return found

    @property
    def unverified_list(self) -> list[str]:
        lines = map(str.strip, self.unverified.split("\n"))
        return [line for line in lines if line]

    def clean(self):
        """Raises ValidationError where instruments would replace each other in a circle."""
        _refuse_circle(self, "replaced_by", "These would replace each other")


def _named_pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """(slug, id) of each name of a provision."""
    pairs = []
    for name in names:
        # PostgreSQL takes no NUL.
        if "\x00" not in name:
            slug, _, code = name.partition(":")
            pairs.append((slug, code))
    return pairs


class ProvisionQuerySet(models.QuerySet):
    def with_instruments(self):
        return self.select_related(
            "instrument",
            "parent",
            "replaces__instrument",
        )

    def of_law(self):
        return self.filter(instrument__kind=Instrument.Kind.LAW)

    def named(self, key: str):
        """From “eu-ai-act:Article 9”; None: there is none such."""
        if "\x00" in key:
            return None
        slug, _, code = key.partition(":")
        return self.filter(instrument__slug=slug, code=code).first()

    def by_key(self) -> dict[str, int]:
        """Their primary keys by “instrument:id”, such as “eu-ai-act:Article 9”."""
        rows = self.order_by().values_list("instrument__slug", "code", "pk")
        return {f"{slug}:{code}": pk for slug, code, pk in rows}

    def with_parts_of(self, names: Iterable[str]):
        """Those that go by these names (eu-ai-act:Article 9), and all that stands below them. It
        asks once, however many they are.
        """
        pairs = _named_pairs(names)
        slugs = {slug for slug, _ in pairs}
        rows = self.filter(instrument__slug__in=slugs).order_by()
        by_name: dict[tuple[str, str], int] = {}
        parts: dict[int | None, list[int]] = {}
        members = ("pk", "parent", "instrument__slug", "code")
        for pk, parent, slug, code in rows.values_list(*members):
            by_name[slug, code] = pk
            parts.setdefault(parent, []).append(pk)
        found: set[int] = set()
        waiting = [by_name[pair] for pair in pairs if pair in by_name]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += parts.get(key, [])
        return self.filter(pk__in=found)

    def names_known(self, names: Iterable[str]) -> set[str]:
        """Those of these names (eu-ai-act:Article 9) that some provision goes by."""
        pairs = _named_pairs(names)
        rows = self.filter(
            instrument__slug__in={slug for slug, _ in pairs},
            code__in={code for _, code in pairs},
        )
        keys = rows.order_by().values_list("instrument__slug", "code")
        return {f"{slug}:{code}" for slug, code in keys}

    def keys_of(self, names: Iterable[str]) -> list[int]:
        """The primary keys of those that go by these names (eu-ai-act:Article 9)."""
        keys = self.by_key()
        return [keys[name] for name in names if name in keys]

    def in_force_on(self, day: datetime.date):
        """Provisions of law that apply on that day: by their own date, or by that of the law."""
        begun = self.of_law().annotate(
            first_day=Coalesce("applies_from", "instrument__in_force_on"),
        )
        return begun.filter(
            Q(instrument__ended_on=None) | Q(instrument__ended_on__gt=day),
            first_day__lte=day,
        )


class Provision(models.Model):
    """One thing that an instrument asks for, under the id that it has there."""

    class Addressee(models.TextChoices):
        """Whom a law asks, in groups that are the same for all laws."""

        FRONTIER = "frontier", "developers of frontier models"
        GENERAL = "general-purpose", "providers of general-purpose models"
        HIGH_RISK = "high-risk", "providers or deployers of high-risk systems"
        SYSTEMS = "systems", "providers or deployers of AI systems"

    #: Whom law on frontier models asks: their developers, who are providers of general-purpose
    #: models too.
    OF_FRONTIER_DEVELOPERS = (Addressee.FRONTIER, Addressee.GENERAL)

    instrument = models.ForeignKey(
        Instrument,
        on_delete=models.CASCADE,
        related_name="provisions",
    )
    code = IdentifierField(
        "id",
        max_length=100,
        help_text="As the instrument has it, such as “Article 55(1)(b)” or “MS-2.6-001”.",
    )
    name = LineField(max_length=200)
    is_official_name = models.BooleanField(
        "official name",
        default=False,
        help_text="Whether the instrument words it so; otherwise it is this project's label.",
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="The wider provision of the same instrument that it is part of.",
    )
    sort = LineField(
        max_length=40,
        blank=True,
        help_text="Where an instrument has provisions of several sorts, such as “risk” and “action”.",
    )
    serves = LineField(
        max_length=100,
        blank=True,
        help_text="What it carries out of another instrument, by its id there, such as “Article 55(1)”.",
    )
    replaces = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaced_by",
        help_text="The provision of an earlier instrument whose place it took.",
    )
    applies_to = LineField(
        "to whom it applies",
        max_length=200,
        blank=True,
        help_text="Such as “large frontier developers”.",
    )
    addressee = models.CharField(
        "group of those to whom it applies",
        max_length=20,
        choices=Addressee,
        blank=True,
        help_text="Of law: for filters, which have the same groups for all laws. Models with systemic risk are frontier models.",
    )
    applies_from = models.DateField(
        null=True,
        blank=True,
        help_text="The first day, the earliest where there are several. Empty: as the instrument.",
    )
    applies_from_note = LineField(
        max_length=200,
        blank=True,
        help_text="Where one day does not say it all.",
    )
    longer_for = LineField(
        "who has longer",
        max_length=200,
        blank=True,
        help_text="Where it applies from that day and some have longer: who, and until when, such as “providers of models on the market before 2 August 2025 have until 2 August 2027”.",
    )
    is_verified = models.BooleanField(
        "verified",
        default=False,
        help_text="Whether it could be verified that the instrument has it under this id. From what, the instrument says.",
    )
    note = ProseField(blank=True)
    position = models.PositiveIntegerField(
        default=0,
        help_text="Order within the instrument.",
    )

    objects = ProvisionQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["instrument", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "code"],
                name="a_provision_stands_once_in_its_instrument",
                violation_error_message="This instrument already has a provision with this id.",
            ),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name=""),
                name="a_provision_has_an_id_and_a_name",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="a_provision_is_no_part_of_itself",
                violation_error_message="It cannot be a part of itself.",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=F("id")),
                name="a_provision_does_not_replace_itself",
                violation_error_message="It cannot replace itself.",
            ),
            models.CheckConstraint(
                condition=Q(
                    addressee__in=[
                        "",
                        "frontier",
                        "general-purpose",
                        "high-risk",
                        "systems",
                    ],
                ),
                name="provision_addressee_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.instrument.short_title}, {self.code}: {self.name}"

    @property
    def anchor(self) -> str:
        """What stands for it on the page of its instrument. Ids differ by brackets and dots too."""
        return quote(self.code.replace(" ", "-"), safe="()-.,/:")

    def get_absolute_url(self):
        return f"{self.instrument.get_absolute_url()}#{self.anchor}"

    @property
    def key(self) -> str:
        """How files and addresses name it: eu-ai-act:Article 9."""
        return f"{self.instrument.slug}:{self.code}"

    @property
    def begins_on(self) -> datetime.date | None:
        """From when it applies; None: it is of no law, or not known."""
        if not self.instrument.is_binding:
            return None
        return self.applies_from or self.instrument.in_force_on

    @property
    def is_ahead(self) -> bool:
        """Whether it was still to begin when its instrument was last looked at. Not as of today:
        pages are kept, and what they say has to stay true.
        """
        begins = self.begins_on
        looked_at = self.instrument.checked_on
        return bool(begins and looked_at and begins > looked_at)

    def clean(self):
        """Raises ValidationError where its parent is of another instrument, or part of it."""
        if self.parent and self.parent.instrument_id != self.instrument_id:
            raise ValidationError(
                {
                    "parent": "That is a provision of another instrument: choose one of the same.",
                },
            )
        _refuse_circle(self, "parent", "These would be parts of each other")
        strangers = Q(pk=None)
        if self.pk:
            strangers = Q(parent=self.pk) & ~Q(instrument=self.instrument_id)
        if stranded := Provision.objects.filter(strangers).first():
            raise ValidationError(
                {
                    "instrument": f"{stranded.code} is a part of it, and stays behind: move that one first.",
                },
            )


def _refuse_circle(row: models.Model, name: str, what: str) -> None:
    seen = {row.pk}
    found = getattr(row, name)
    while found:
        if found.pk in seen:
            raise ValidationError(
                {name: f"{what} in a circle: choose another."},
            )
        seen.add(found.pk)
        found = getattr(found, name)
