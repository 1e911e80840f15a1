import re

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalogue.fields import IdentifierField, LineField, ProseField
from serving.addresses import address_of

from .history import History

DOI_PREFIX = re.compile(
    r"\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)",
    re.IGNORECASE,
)
ARXIV_PREFIX = re.compile(
    r"\s*(?:https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*)",
    re.IGNORECASE,
)
ARXIV_VERSION = re.compile(r"(?<=\d)v\d+$", re.IGNORECASE)
ARXIV_DOI = "10.48550/arxiv."


def bare_doi(text: str) -> str:
    """A DOI without what stands before it in addresses. Its letters stay as they are: DOIs are
    equal in any case.
    """
    return DOI_PREFIX.sub("", text).strip()


def bare_arxiv_id(text: str) -> tuple[str, str]:
    """(id, version) of an arXiv id, such as (“2305.07153”, “v2”); the version is empty where it
    names none.
    """
    bare = ARXIV_PREFIX.sub("", text).strip().removesuffix(".pdf")
    version = ARXIV_VERSION.search(bare)
    if version:
        return (bare[: version.start()], version[0].lower())
    return (bare, "")


def names_of(doi: str, arxiv_id: str) -> set[str]:
    """By what a document is known elsewhere, such that two that share one are the same: of
    arXiv, both its id and its DOI.
    """
    found = set()
    if doi := bare_doi(doi).casefold():
        found.add(f"doi:{doi}")
        if doi.startswith(ARXIV_DOI):
            found.add(f"arxiv:{bare_arxiv_id(doi.removeprefix(ARXIV_DOI))[0]}")
    if arxiv_id:
        found.add(f"arxiv:{bare_arxiv_id(arxiv_id)[0].casefold()}")
    return found


def words_of(title: str) -> str:
    """For comparing titles: without case, punctuation and differences of blanks."""
    return " ".join(re.findall(r"\w+", title.casefold()))


class DocumentQuerySet(models.QuerySet):
    def with_authors(self):
        return self.prefetch_related("authors")

    def by_name(self) -> "dict[str, int]":
        """Keys by what documents are known by elsewhere (`names_of`)."""
        found: dict[str, int] = {}
        for pk, doi, arxiv_id in self.order_by("-pk").values_list(
            "pk",
            "doi",
            "arxiv_id",
        ):
            found.update(dict.fromkeys(names_of(doi, arxiv_id), pk))
        return found


class Document(models.Model):
    """A source from which mitigations are taken."""

    class Kind(models.TextChoices):
        PREPRINT = "preprint", "preprint"
        ARTICLE = "article", "article"
        REPORT = "report", "report"
        KNOWLEDGE_BASE = "knowledge-base", "knowledge base"

    slug = models.SlugField(
        unique=True,
        help_text="Stands in addresses. Do not change it once published.",
    )
    label = LineField(
        max_length=80,
        help_text="Short form for lists, such as “Uuk et al. 2024”.",
    )
    title = LineField(max_length=300)
    kind = models.CharField(max_length=20, choices=Kind)
    year = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Empty: not reported.",
    )
    version = LineField(max_length=40, blank=True)
    publisher = LineField(max_length=200, blank=True)
    abstract = ProseField(
        help_text="In our words: what it studied, how, and what it found.",
    )
    doi = IdentifierField(
        "DOI",
        max_length=200,
        blank=True,
        help_text="Without https://doi.org/.",
    )
    arxiv_id = IdentifierField("arXiv id", max_length=40, blank=True)
    url = models.URLField(blank=True)
    licence = LineField(
        max_length=100,
        blank=True,
        help_text="Empty: not reported.",
    )
    preliminary_notice = ProseField(
        blank=True,
        help_text="Shown on every preliminary mitigation of this document and in its citations.",
    )

    objects = DocumentQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["-year", "label", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "preprint",
                        "article",
                        "report",
                        "knowledge-base",
                    ],
                ),
                name="document_kind_is_known",
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

    def clean(self):
        """Takes DOI and arXiv id as people paste them, and refuses a document that is here by
        another way of writing them.
        """
        self.doi = bare_doi(self.doi)
        self.arxiv_id, version = bare_arxiv_id(self.arxiv_id)
        self.version = self.version or version
        same = Document.objects.exclude(pk=self.pk).by_name()
        for name in names_of(self.doi, self.arxiv_id):
            if name in same:
                other = Document.objects.get(pk=same[name])
                field = (
                    "doi"
                    if name.startswith("doi:") and self.doi
                    else "arxiv_id"
                )
                raise ValidationError(
                    {
                        field: f"This is {other.label} ({other.slug}) already: change that one.",
                    },
                )

    def get_absolute_url(self):
        return address_of("document-detail", self.slug)

    @property
    def named_notice(self) -> str:
        """Its notice where it stands by itself or among others: with whose it is. Empty: it has
        none.
        """
        if self.preliminary_notice:
            return f"{self.label}: {self.preliminary_notice}"
        return ""


class Author(models.Model):
    """One author of a document: a person, or an organisation."""

    document = models.ForeignKey(
        Document,
        on_delete=models.CASCADE,
        related_name="authors",
    )
    position = models.PositiveSmallIntegerField(
        default=0,
        help_text="Order on the title page.",
    )
    family = LineField(max_length=100, blank=True)
    given = LineField(max_length=100, blank=True)
    organisation = LineField(max_length=200, blank=True)
    history = History()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(~Q(family="") & Q(organisation=""))
                | (Q(family="") & Q(given="") & ~Q(organisation="")),
                name="an_author_is_a_person_or_an_organisation",
                violation_error_message="Give a family name, or an organisation, and not both.",
            ),
        ]

    def __str__(self):
        return self.organisation or " ".join(
            filter(None, [self.given, self.family]),
        )
