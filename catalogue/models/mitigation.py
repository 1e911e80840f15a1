from collections.abc import Iterable

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models, transaction
from django.db.models import F, Prefetch, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from catalogue.fields import (
    BYTES_OF_SORT_KEY,
    AccessionField,
    CategoryTaxonomyField,
    IdentifierField,
    LineField,
    ProseField,
    SortNameField,
    accession_from,
    accessions_begun,
    validate_accession,
)
from serving.addresses import address_of
from serving.registry import Registry

from .document import Document
from .history import History
from .taxonomy import Category, Taxonomy
from .vocabulary import Actor, LifecyclePhase, RiskManagementFunction
from .withdrawal import Withdrawable, WithdrawableQuerySet

#: Sorts after every path of a category: a mitigation without a code comes last.
UNCODED = "~"


def among(keys: Iterable[int]) -> RawSQL:
    """For “in”: keys as they stand in SQL. Django takes longer to prepare 500 parameters than
    the database to answer.
    """
    return RawSQL(",".join(map(str, map(int, keys))) or "NULL", [])


class MitigationQuerySet(WithdrawableQuerySet):
    #: The relations of other apps that a mitigation is shown with, to be prefetched.
    RELATED: Registry[str, Prefetch] = Registry("relation")

    def published(self):
        return self.filter(status=Mitigation.Status.PUBLISHED)

    def not_retired(self):
        """What curators still work on: all but what was withdrawn."""
        return self.exclude(status__in=Mitigation.RETIRED)

    def published_among(self, keys: Iterable[int]):
        """The published ones of these keys, in no order. To be called instead of `published`,
        and not after it: SQLite would then walk all that are published along an index of
        theirs, which takes 170 ms where a million are.
        """
        status = Coalesce("status", models.Value(""))
        return self.filter(
            Exact(status, Mitigation.Status.PUBLISHED),
            pk__in=among(keys),
        ).order_by()

    def with_accession_begun(self, name: str):
        """Those whose accession begins as people write one that they do not know in full:
        `M00`; in the order of their accessions.
        """
        between = accessions_begun(name)
        if between is None:
            return self.none()
        first, end = between  # which, other than a pattern, an index has
        found = self.filter(accession__gte=first, accession__lt=end)
        return found.order_by("accession")

    def known_as(self, name: str) -> str | None:
        """The accession of the one among these that people mean: by it in another spelling
        (`m1`), or by the identifier that another catalogue has for it. None: there is none
        such, or more than one.
        """
        accession = accession_from(name)
        if accession and self.filter(accession=accession).exists():
            return accession
        others = (
            self.filter(external_identifiers__value__iexact=name)
            .order_by()
            .distinct()
        )
        found = list(others.values_list("accession", flat=True)[:2])
        return found[0] if len(found) == 1 else None

    def in_categories(self, categories):
        """Mitigations classified in any of `categories` or anywhere below them."""
        below = Q()
        for category in categories:
            below |= Q(
                category__path__startswith=category.path,
                taxonomy=category.taxonomy_id,
            )
        if not below:
            return self.none()
        return self.filter(
            pk__in=Classification.objects.filter(below).values("mitigation"),
        )

    def lacking(self, gap):
        """Mitigations without one of `GAPS`, for curators to complete. A special term is no
        phase, actor or function.
        """
        if gap in ("phase", "actor", "function"):
            relation = Mitigation._meta.get_field(f"{gap}s")
            ordinary = {
                f"{relation.related_model._meta.model_name}__is_special": False,
            }
            return self.exclude(
                pk__in=relation.remote_field.through.objects.filter(
                    **ordinary,
                ).values("mitigation"),
            )
        of_risks = gap == "risk addressed"
        placed = (
            Q(taxonomy__kind="risks")
            if of_risks
            else Q(taxonomy__is_default=True, is_primary=True)
        )
        return self.exclude(
            pk__in=Classification.objects.filter(placed).values("mitigation"),
        )

    def for_list(self):
        """Everything that one row of the list shows, in a fixed number of queries."""
        return self.with_record().prefetch_related(*self.RELATED.values())

    def with_source(self):
        """What citing it needs."""
        return self.select_related("document").prefetch_related(
            "document__authors",
        )

    def for_texts(self):
        """What a list says of it in sentences: its name, its source, what other apps tell."""
        return self.with_source().prefetch_related(*self.RELATED.values())

    def with_record(self):
        """The mitigation's own record, without what other apps tell of it."""
        terms = [one.name for one in Mitigation._meta.many_to_many]
        with_document = self.select_related("document")
        return with_document.with_classifications().prefetch_related(*terms)

    def with_classifications(self):
        return self.prefetch_related(
            Prefetch("classifications", Classification.objects.for_display()),
        )

    def for_detail(self):
        """Everything that the page of a mitigation shows of its own record."""
        return self.with_record().prefetch_related(
            "external_identifiers",
            "document__authors",
        )


class Mitigation(Withdrawable):
    """A measure that reduces risks from AI, as a source document puts it."""

    #: What a finished record has; `lacking` finds those without.
    GAPS = (
        "phase",
        "actor",
        "function",
        "place in the default taxonomy",
        "risk addressed",
    )

    #: Statuses of what keeps its page and is worked on no more.
    RETIRED = ("withdrawn",)

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        IN_REVIEW = "in_review", "in review"
        PUBLISHED = "published", "published"
        WITHDRAWN = "withdrawn", "withdrawn"

    accession = AccessionField(
        max_length=10,
        unique=True,
        blank=True,
        validators=[validate_accession],
        help_text="The public id. Given once, never changed, never used again. Leave empty for the next one.",
    )
    name = LineField(max_length=200, help_text="As the document has it.")
    sort_name = SortNameField(
        max_length=2 * BYTES_OF_SORT_KEY,
        default="",
        editable=False,
    )
    alternative_names = ProseField(
        blank=True,
        help_text="Other names that readers look for, one per line.",
    )
    description = ProseField(
        help_text="What is done, by whom, and what it is meant to guard against. One to three sentences.",
    )
    requirements = LineField(
        "what it takes",
        max_length=300,
        blank=True,
        help_text="Who must act and what must be in place, in one line. Empty where the document does not say.",
    )
    document = models.ForeignKey(
        Document,
        on_delete=models.PROTECT,
        related_name="mitigations",
    )
    position = models.PositiveIntegerField(
        default=0,
        help_text="Order within the document.",
    )
    section = LineField(
        max_length=300,
        blank=True,
        help_text="Such as “Model development > Data-related”.",
    )
    page = IdentifierField(max_length=20, blank=True)
    status = models.CharField(
        max_length=20,
        choices=Status,
        default=Status.DRAFT,
    )
    is_preliminary = models.BooleanField(
        "preliminary",
        default=False,
        help_text="The page, the API and every citation say so.",
    )
    phases = models.ManyToManyField(
        LifecyclePhase,
        blank=True,
        related_name="mitigations",
    )
    actors = models.ManyToManyField(
        Actor,
        blank=True,
        related_name="mitigations",
    )
    functions = models.ManyToManyField(
        RiskManagementFunction,
        blank=True,
        related_name="mitigations",
    )
    instruments_checked_on = models.DateField(
        "looked for in laws and codes on",
        null=True,
        blank=True,
        help_text="When somebody last looked which laws, codes and standards ask for it. Empty: not yet.",
    )
    proposals = GenericRelation(
        "catalogue.Proposal",
        "record_id",
        "record_type",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MitigationQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["accession", "pk"]
        permissions = [
            (
                "publish_mitigation",
                "Can approve what others propose, publish and withdraw",
            ),
            (
                "code_mitigation",
                "Can classify mitigations as one of two coders",
            ),
            ("import_records", "Can import records from files"),
            ("cut_release", "Can cut a release"),
        ]
        constraints = [
            *Withdrawable.constraints("mitigation"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft",
                        "in_review",
                        "published",
                        "withdrawn",
                    ],
                ),
                name="mitigation_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(name="")
                & ~Q(description="")
                & ~Q(description=F("name")),
                name="a_mitigation_is_described",
                violation_error_message="Describe the mitigation in other words than its name.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["document", "position"],
                name="mitigation_document_position",
            ),
            models.Index(
                fields=["status", "sort_name"],
                name="mitigation_status_sort_name",
            ),
            models.Index(
                fields=["status", "updated_at"],
                name="mitigation_status_updated",
            ),
            models.Index(
                fields=["status", "created_at"],
                name="mitigation_status_created",
            ),
        ]

    def __str__(self):
        return f"{self.accession} {self.name}"

    def get_absolute_url(self):
        return address_of("mitigation-detail", self.accession)

    def save(self, *args, **kwargs):
        # The next accession is found and used in one transaction, so that two writers take
        # different ones.
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)

    @property
    def alternative_name_list(self):
        return [
            line.strip()
            for line in self.alternative_names.splitlines()
            if line.strip()
        ]

    @property
    def is_retired(self):
        return self.status in self.RETIRED

    @property
    def primary(self):
        """Its primary classification in the default taxonomy, or None."""
        return next(
            (
                c
                for c in self.classifications.all()
                if c.is_primary and c.taxonomy.is_default
            ),
            None,
        )

    @property
    def risks(self):
        return [
            c for c in self.classifications.all() if c.taxonomy.is_of_risks
        ]


class IssuedAccession(models.Model):
    """Every accession ever given, and to which mitigation. Database triggers write it; nothing
    deletes from it.
    """

    number = models.PositiveIntegerField(primary_key=True)
    mitigation_id = models.BigIntegerField()

    class Meta:
        db_table = "catalogue_accession"

    def __str__(self):
        return f"M{self.number:04}"


class ClassificationQuerySet(models.QuerySet):
    def for_display(self):
        return self.select_related(
            "taxonomy",
            "category__taxonomy",
            "category__parent__parent",
        ).order_by("taxonomy__position", "-is_primary", "category__path", "pk")


class Classification(models.Model):
    """One mitigation in one category, with the reason why."""

    class Origin(models.TextChoices):
        PUBLISHED = "published", "published by the source"
        PROJECT = "project", "this project's judgement"

    class Confidence(models.TextChoices):
        HIGH = "high", "high"
        MODERATE = "moderate", "moderate"
        LOW = "low", "low"

    mitigation = models.ForeignKey(
        Mitigation,
        on_delete=models.CASCADE,
        related_name="classifications",
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        related_name="classifications",
    )
    taxonomy = CategoryTaxonomyField(
        Taxonomy,
        on_delete=models.PROTECT,
        related_name="classifications",
        editable=False,
    )
    is_primary = models.BooleanField("primary", default=True)
    rationale = ProseField(
        help_text="Why it stands in this category and not in its neighbour. One sentence.",
    )
    coder = LineField(max_length=120, help_text="Who placed it here.")
    confidence = models.CharField(
        max_length=10,
        choices=Confidence,
        blank=True,
        help_text="Empty: not reported.",
    )
    origin = models.CharField(
        max_length=10,
        choices=Origin,
        default=Origin.PROJECT,
    )

    objects = ClassificationQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["taxonomy", "-is_primary", "category__path"]
        constraints = [
            models.UniqueConstraint(
                fields=["mitigation", "category"],
                name="a_mitigation_stands_once_in_a_category",
                violation_error_message="This mitigation already stands in this category.",
            ),
            models.UniqueConstraint(
                fields=["mitigation", "taxonomy"],
                condition=Q(is_primary=True),
                name="one_primary_classification_per_taxonomy",
                violation_error_message="This mitigation already has a primary classification in this taxonomy.",
            ),
            models.CheckConstraint(
                condition=~Q(rationale=""),
                name="a_classification_gives_its_rationale",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=["published", "project"]),
                name="classification_origin_is_known",
            ),
            models.CheckConstraint(
                condition=Q(confidence__in=["", "high", "moderate", "low"]),
                name="classification_confidence_is_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["taxonomy", "category", "mitigation"],
                name="classification_by_category",
            ),
        ]

    def __str__(self):
        return str(self.category)

    @property
    def provenance(self) -> str:
        """Whose classification it is, for readers: what is not known is left out."""
        if self.origin == self.Origin.PUBLISHED:
            verb = "Published by"
        else:
            verb = "Classified by"
        text = f"{verb} {self.coder}"
        if self.confidence:
            text += f", {self.get_confidence_display()} confidence"
        return text

    def clean(self):
        """Sets the taxonomy before the constraints that need it are checked."""
        if self.category_id:
            self.taxonomy = self.category.taxonomy
