from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalogue.fields import (
    CodePathField,
    IdentifierField,
    LineField,
    ProseField,
    validate_code,
)
from serving.addresses import address_of

from .history import History


class TaxonomyQuerySet(models.QuerySet):
    def of_mitigations(self):
        return self.filter(kind=Taxonomy.Kind.MITIGATIONS)

    def of_risks(self):
        return self.filter(kind=Taxonomy.Kind.RISKS)


class Taxonomy(models.Model):
    """A named, versioned tree of categories."""

    class Kind(models.TextChoices):
        MITIGATIONS = "mitigations", "sorts mitigations by what is done"
        RISKS = (
            "risks",
            "sorts risks; a classification says which risk a mitigation addresses",
        )

    slug = models.SlugField(
        unique=True,
        help_text="Stands in addresses. Do not change it once published.",
    )
    title = LineField(max_length=200)
    short_title = LineField(
        max_length=60,
        help_text="For lists and switches, such as “Second version”.",
    )
    kind = models.CharField(
        max_length=20,
        choices=Kind,
        default=Kind.MITIGATIONS,
    )
    publisher = LineField(max_length=200)
    version = LineField(max_length=40, blank=True)
    description = ProseField(
        help_text="What it sorts, and how. One to three sentences.",
    )
    url = models.URLField(blank=True, help_text="Where it is published.")
    is_default = models.BooleanField(
        default=False,
        help_text="Codes without a taxonomy are read in this one.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    objects = TaxonomyQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["position", "slug"]
        verbose_name_plural = "taxonomies"
        constraints = [
            models.UniqueConstraint(
                "is_default",
                condition=Q(is_default=True),
                name="only_one_taxonomy_is_the_default",
                violation_error_message="Another taxonomy is the default: unset that one first.",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(kind="mitigations"),
                name="the_default_taxonomy_sorts_mitigations",
                violation_error_message="Only a taxonomy that sorts mitigations can be the default.",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="risks"),
                name="only_one_taxonomy_sorts_risks",
                violation_error_message="Another taxonomy sorts risks already, and there can be one: filters, pages and exports "
                "read codes of risks in it. Add categories to that one.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["mitigations", "risks"]),
                name="taxonomy_kind_is_known",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return address_of("taxonomy-detail", self.slug)

    @property
    def is_of_risks(self):
        return self.kind == self.Kind.RISKS

    @property
    def filter_name(self):
        """The query parameter that filters mitigations by a code of this taxonomy."""
        return "risk" if self.is_of_risks else "category"


def is_for_the_rest(code: str) -> bool:
    """Whether a taxonomy keeps that code for what fits nowhere else: no gap to be filled."""
    return code.startswith("99")


class CategoryQuerySet(models.QuerySet):
    def with_parents(self):
        return self.select_related("taxonomy", "parent__parent")


class Category(models.Model):
    """A place in a taxonomy: a code such as 2.3.1, a name and a definition."""

    taxonomy = models.ForeignKey(
        Taxonomy,
        on_delete=models.CASCADE,
        related_name="categories",
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="Found from the code.",
    )
    code = IdentifierField(max_length=40, validators=[validate_code])
    path = CodePathField(max_length=60, editable=False)
    name = LineField(max_length=200)
    definition = ProseField(
        help_text="What belongs here, in one or two sentences.",
    )
    is_working_name = models.BooleanField(
        "working name",
        default=False,
        help_text="The published name is not known; this one is the project's own.",
    )
    published_count = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Mitigations that the taxonomy's publisher counts here. Empty: not reported.",
    )

    objects = CategoryQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["taxonomy", "path"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                fields=["taxonomy", "code"],
                name="a_code_stands_once_in_its_taxonomy",
                violation_error_message="This taxonomy already has a category with this code.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["taxonomy", "path"],
                name="category_taxonomy_path",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"

    def get_absolute_url(self):
        return address_of("category-detail", self.taxonomy.slug, self.code)

    @property
    def full_label(self):
        """Its name where several taxonomies stand side by side."""
        return f"{self} ({self.taxonomy.short_title})"

    @property
    def list_url(self):
        """The mitigations at or below it, to be filtered further."""
        query = {self.taxonomy.filter_name: self.code}
        if not self.taxonomy.is_of_risks and not self.taxonomy.is_default:
            query = {"taxonomy": self.taxonomy.slug, **query}
        return f"{address_of('mitigation-list')}?{urlencode(query)}"

    @property
    def depth(self):
        """1 for a category at the top."""
        return self.code.count(".") + 1

    @property
    def is_for_the_rest(self):
        return is_for_the_rest(self.code)

    @property
    def ancestors(self):
        """From the top down, without itself."""
        if not self.parent:
            return []
        if Category.taxonomy.is_cached(self):
            # It is the same, and need not be read again for the address of each.
            self.parent.taxonomy = self.taxonomy
        return [*self.parent.ancestors, self.parent]

    @property
    def lineage(self):
        return [*self.ancestors, self]

    def clean(self):
        """Finds the parent by the code. Raises ValidationError where there is none."""
        if self.taxonomy_id is None or not self.code:
            return
        parent_code = self.code.rpartition(".")[0]
        self.parent = Category.objects.filter(
            taxonomy=self.taxonomy_id,
            code=parent_code,
        ).first()
        if parent_code and self.parent is None:
            raise ValidationError(
                {
                    "code": f"There is no category {parent_code} in this taxonomy: add it first.",
                },
            )
        stranded = (
            self.children.exclude(code__startswith=f"{self.code}.").first()
            if self.pk
            else None
        )
        if stranded:
            raise ValidationError(
                {
                    "code": f"{stranded} stands below this category: move it first.",
                },
            )
