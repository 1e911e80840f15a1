"""What laws, codes, frameworks and standards ask for, each thing under its id there."""

import datetime
from collections.abc import Iterable
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from catalogue.fields import IdentifierField, LineField, ProseField

from .history import History
from .instrument import Instrument, refuse_circle


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

    #: Its days that readers rely on: changed with a reason.
    DAYS = ("applies_from",)

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
        pages are kept, and what they say has to stay true. Where no day of the last look is known,
        nothing tells that it had begun, and it counts as ahead.
        """
        begins = self.begins_on
        looked_at = self.instrument.checked_on
        return bool(begins and (looked_at is None or begins > looked_at))

    @property
    def section_of(self) -> str:
        """The code whose section it is, where its id is a number alone: “New York General Business
        Law”. Empty: its id says it, or its instrument has sections of its own.
        """
        return self.instrument.sections_of if self.code[:1].isdigit() else ""

    def clean(self):
        """Raises ValidationError where its parent is of another instrument, or part of it."""
        if self.parent and self.parent.instrument_id != self.instrument_id:
            raise ValidationError(
                {
                    "parent": "That is a provision of another instrument: choose one of the same.",
                },
            )
        refuse_circle(self, "parent", "These would be parts of each other")
        strangers = Q(pk=None)
        if self.pk:
            strangers = Q(parent=self.pk) & ~Q(instrument=self.instrument_id)
        if stranded := Provision.objects.filter(strangers).first():
            raise ValidationError(
                {
                    "instrument": f"{stranded.code} is a part of it, and stays behind: move that one first.",
                },
            )
