"""What a mitigation's record consists of, declared once.

The API's record and its schema, exports and the data dictionary, imports, the data files, the
public history, the bulk edit, generated catalogues, facets, and what pages show of a choice are
derived from `FIELDS`. A field of the model that is not declared here stands in `NOT_IN_RECORDS`,
with the reason; a test holds that. CONTRIBUTING.md says how to add one.
"""

from collections.abc import Sequence
from typing import TypeVar

from ..listing import asked_for
from ..listing.filters import MitigationFilter
from ..listing.words import ALIKE, likeness
from ..models import Actor, LifecyclePhase, RiskManagementFunction
from .field_types import (
    Accession,
    Classifications,
    Day,
    Field,
    Flag,
    Group,
    Identifiers,
    Lines,
    Link,
    Mappings,
    MeasureOf,
    Moment,
    Notice,
    Number,
    SourceDocument,
    Status,
    Terms,
    Text,
    flattened,
)

NOT_REPORTED = "not reported by the document"
NOT_WRITTEN = "not yet written by this project"


def description_change(old: str, new: str) -> str:
    if likeness(old, new) >= ALIKE:
        return "description reworded"
    return "description rewritten"


def requirements_change(old: str, new: str) -> str:
    if not old:
        return "what it takes added"
    if not new:
        return "what it takes removed"
    return "what it takes reworded"


#: In the order in which records of the API have them.
FIELDS: list[Field] = [
    Accession(
        "accession",
        column="The public id. Never changed, never given to another.",
        synonyms=("catalogue id", "id here"),
    ),
    Text(
        "name",
        column="As the document has it.",
        synonyms=("mitigation", "title", "measure", "practice", "control"),
        example="Red teaming",
        change="renamed from “{old}”",
    ),
    Lines(
        "alternative_names",
        column="Other names that readers look for.",
        empty="none",
        synonyms=("aliases", "also known as", "synonyms"),
        change="other names changed",
    ),
    Text(
        "description",
        column="What is done, by whom, and what it is meant to guard against.",
        synonyms=("what it is", "definition", "text", "summary"),
        example="Testers look for ways to make the model do harm before it is released.",
        change=description_change,
    ),
    Text(
        "requirements",
        column="What it takes: who must act and what must be in place.",
        empty=NOT_REPORTED,
        note="What it takes: who must act and what must be in place; null: not reported by the document.",
        synonyms=("what it takes", "prerequisites", "conditions", "needs"),
        example="Testers from outside with access before release.",
        change=requirements_change,
        is_nullable=True,
    ),
    Flag(
        "preliminary",
        attribute="is_preliminary",
        column="Whether it may still change.",
        synonyms=("is_preliminary",),
        example="false",
        changes=("marked as preliminary", "no longer preliminary"),
        facet="Preliminary entries",
        facet_labels=("Preliminary", "Not preliminary"),
        in_bulk_edit=True,
    ),
    Notice(
        "preliminary_notice",
        column="What is to be shown with it.",
        empty="not preliminary",
        note="To be shown with it; null where it is not preliminary.",
    ),
    SourceDocument(
        "document",
        column="Slug of the document that it is taken from.",
        synonyms=(
            "document_slug",
            "source",
            "paper",
            "reference",
            "source document",
        ),
        change="source corrected from {old} to {new}",
        facet="Source",
    ),
    Number(
        "position",
        column="Order within the document.",
        synonyms=("order",),
        change="",  # it moves with whatever is added before it
    ),
    Group(
        "locator",
        change="place in the source corrected",
        fields=(
            Text(
                "section",
                column="Section path in the document.",
                empty=NOT_REPORTED,
                note="Section path; null: not reported.",
                synonyms=("locator_section", "chapter", "heading"),
                is_nullable=True,
            ),
            Text(
                "page",
                column="Page in the document.",
                empty=NOT_REPORTED,
                note="Page; null: not reported.",
                synonyms=("locator_page", "pages", "p"),
                is_nullable=True,
            ),
        ),
    ),
    Identifiers(
        "external_identifiers",
        column="What other catalogues call it, as scheme:value.",
        empty="none known",
        synonyms=("external ids", "identifiers"),
        example="mitre-atlas:AML.M0004",
        data_key="external_ids",
    ),
    Terms(
        "phases",
        terms=LifecyclePhase,
        place_in_entry=2,
        words="lifecycle phases",
        empty=NOT_WRITTEN,
        synonyms=(
            "phase",
            "lifecycle phase",
            "lifecycle phases",
            "lifecycle stage",
            "stage",
            "stages",
        ),
        facet="Lifecycle phase",
        parameter="phase",
        in_bulk_edit=True,
    ),
    Terms(
        "actors",
        terms=Actor,
        place_in_entry=1,
        words="actors",
        empty=NOT_WRITTEN,
        synonyms=(
            "actor",
            "who",
            "responsible",
            "responsible actor",
            "stakeholder",
        ),
        facet="Actor",
        parameter="actor",
        in_bulk_edit=True,
    ),
    Terms(
        "functions",
        terms=RiskManagementFunction,
        place_in_entry=3,
        is_in_table=False,
        words="risk-management functions",
        empty=NOT_WRITTEN,
        synonyms=(
            "function",
            "risk management function",
            "nist function",
            "rmf function",
        ),
        facet="Function",
        parameter="function",
        in_bulk_edit=True,
    ),
    Classifications("classifications", empty=NOT_WRITTEN),
    Mappings(
        "mappings",
        synonyms=("mapped to",),
        example="closeMatch:M0002",
    ),
    Day(
        "instruments_checked_on",
        column="When it was last looked which laws, codes and standards ask for it.",
        empty="not yet looked at",
        note=(
            "When it was last looked which laws, codes and standards ask for it: with a day and no mapping to any provision, "
            "none does to which anything is mapped; null: not yet looked at."
        ),
        synonyms=("looked for in laws and codes on",),
        example="2026-11-30",
        change="looked for in laws, codes and standards",
    ),
    MeasureOf(
        "measure",
        column="Accession of the first of those that are the same measure; its own, where no other is.",
        note=(
            "The measure that it words: accession of the first of those that mappings of exactMatch join; "
            "its own, where no other is."
        ),
    ),
    Moment("created_at", column="When it was first written here, in UTC."),
    Moment(
        "updated_at",
        column=(
            "When its own fields, classifications, mappings, identifiers, phases, actors or functions last changed, "
            "in UTC. Another name of its document or of a category does not move it."
        ),
        facet="Changed since",
        parameter="updated_since",
    ),
    Link("page_url", column="Its page.", view="mitigation-detail"),
    Link(
        "api_url",
        column="Its record in the API.",
        view="api:mitigation-detail",
    ),
    Status("status", in_bulk_edit=True),
]
#: Those of a group by themselves.
EVERY_FIELD = flattened(FIELDS)
#: What the model has and no record, each with the reason.
NOT_IN_RECORDS = {
    "id": "the key of the database, which nobody is shown",
    "sort_name": "follows from the name",
    "replaced_by": "of what is withdrawn: the answer at its address says it",
    "withdrawal_note": "likewise",
    "withdrawn_at": "likewise",
}
#: Of texts, which no search reads, each with the reason. `database/searched.py` declares those
#: that it does.
NOT_SEARCHED = {
    "requirements": "names what else must be there, and not what it is",
    "section": "says where it stands, and not what it is",
    "page": "likewise",
}
#: In which order pages show facets that are fields; others come after them.
FACET_ORDER = (
    "phases",
    "actors",
    "functions",
    "document",
    "preliminary",
    "updated_at",
)

OfType = TypeVar("OfType", bound=Field)


def of_type(
    *types: type[OfType],
    among: Sequence[Field] = EVERY_FIELD,
) -> list[OfType]:
    """The fields of some types, those of groups too, in order."""
    return [field for field in among if isinstance(field, types)]


def in_order(*names: str, among: Sequence[Field] = EVERY_FIELD) -> list[Field]:
    """The fields, these first: for a use that is read in another order. One that is not named
    comes last, and is not left out.
    """
    by_name = {field.name: field for field in among}
    first = [by_name[name] for name in names]
    return [*first, *(field for field in among if field not in first)]


def register_facets() -> None:
    """Tells the list of mitigations which fields it can be filtered by."""
    for field in in_order(*FACET_ORDER):
        facet = field.facet_filter()
        if facet is not None:
            MitigationFilter.base_filters.register(
                facet,
                field.query_parameter,
            )
    # After what a mitigation says of itself, what others ask of it.
    for parameter, one in asked_for.FILTERS.items():
        MitigationFilter.base_filters.register(one, parameter)
