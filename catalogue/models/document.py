from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords


class DocumentQuerySet(models.QuerySet):
    def with_authors(self):
        return self.prefetch_related("authors")


class Document(models.Model):
    """A source from which mitigations are taken."""

    class Kind(models.TextChoices):
        PREPRINT = "preprint", "preprint"
        ARTICLE = "article", "article"
        REPORT = "report", "report"
        KNOWLEDGE_BASE = "knowledge-base", "knowledge base"

    slug = models.SlugField(unique=True, help_text="Stands in addresses. Do not change it once published.")
    label = models.CharField(max_length=80, help_text="Short form for lists, such as “Uuk et al. 2024”.")
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=Kind)
    year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: not reported.")
    version = models.CharField(max_length=40, blank=True)
    publisher = models.CharField(max_length=200, blank=True)
    abstract = models.TextField(help_text="In our words: what it studied, how, and what it found.")
    doi = models.CharField("DOI", max_length=200, blank=True, help_text="Without https://doi.org/.")
    arxiv_id = models.CharField("arXiv id", max_length=40, blank=True)
    url = models.URLField(blank=True)
    licence = models.CharField(max_length=100, blank=True, help_text="Empty: not reported.")
    preliminary_notice = models.TextField(
        blank=True, help_text="Shown on every preliminary mitigation of this document and in its citations."
    )

    objects = DocumentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["-year", "label", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["preprint", "article", "report", "knowledge-base"]), name="document_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["doi"],
                condition=~Q(doi=""),
                name="a_doi_names_one_document",
                violation_error_message="Another document has this DOI.",
            ),
        ]

    def __str__(self):
        return self.label

    def get_absolute_url(self):
        return reverse("document-detail", args=[self.slug])


class Author(models.Model):
    """One author of a document: a person, or an organisation."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="authors")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order on the title page.")
    family = models.CharField(max_length=100, blank=True)
    given = models.CharField(max_length=100, blank=True)
    organisation = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(~Q(family="") & Q(organisation="")) | (Q(family="") & Q(given="") & ~Q(organisation="")),
                name="an_author_is_a_person_or_an_organisation",
                violation_error_message="Give a family name, or an organisation, and not both.",
            ),
        ]

    def __str__(self):
        return self.organisation or " ".join(filter(None, [self.given, self.family]))
