"""All that this app adds to the catalogue. `register` is called once, when Django is ready."""

from catalogue.accounts import groups
from catalogue.accounts.personal import HOLDINGS, Holding, by_email, tied
from catalogue.curation import permissions, preview
from catalogue.curation.quality import CHECKS
from catalogue.database import public
from catalogue.files.exports.columns import EXTRAS
from catalogue.files.exports.listings import NOTICES
from catalogue.files.exports.tables import FURTHER
from catalogue.files.importing.kinds import IMPORTERS
from catalogue.listing.around import SURROUNDINGS
from catalogue.listing.cell_figures import SHOWS
from catalogue.listing.crosstab import AXES
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.targets import TARGET_KINDS
from catalogue.models.mitigation import MitigationQuerySet
from catalogue.pages.coverage import GAPS
from catalogue.pages.sitemaps import SITEMAPS
from catalogue.record.evidence import EVIDENCE
from catalogue.record.schema import MitigationSerializer
from catalogue.releases import canonical
from catalogue.releases.freezing import ROWS
from catalogue.templatetags.catalogue import ENTRY_PARTS, EntryPart

from .files.comments import Comments
from .models import Item, Study
from .results import (
    agreement_filter,
    checks,
    columns,
    crosstab_shows,
    exports,
    filters,
    gaps,
    ordering,
    publishing,
    releases,
    serializers,
)
from .results.entry_sentences import sentences_of_studies
from .results.sitemaps import Studies
from .results.targets import ORDERS, RISK_AREAS, STUDIES
from .running import freezing, invitations, team

#: The label of this app, by which it registers what has no name of its own.
APP = "surveys"

PUBLIC = [
    "surveys_commentsummary",
    "surveys_criterion",
    "surveys_expertcomment",
    "surveys_expertisearea",
    "surveys_figure",
    "surveys_item",
    "surveys_lean",
    "surveys_result",
    "surveys_riskarea",
    "surveys_scale",
    "surveys_scalepoint",
    "surveys_study",
    "surveys_study_expertise_areas",
    "surveys_study_risk_areas",
    "surveys_tally",
]
#: What experts send is for nobody to see as it stands, and so many may send it at once without
#: waiting for each other.
PRIVATE = [
    "surveys_answer",
    "surveys_coding",
    "surveys_coding_points",
    "surveys_invitation",
    "surveys_member",
    "surveys_remark",
    "surveys_response",
    "surveys_response_asked",
    "surveys_response_combination",
    "surveys_round",
    "surveys_studysecret",
]
#: Of these, what experts sent, and who they are.
SECRET = [
    "surveys_answer",
    "surveys_invitation",
    "surveys_remark",
    "surveys_response",
    "surveys_response_asked",
    "surveys_response_combination",
    "surveys_studysecret",
]
#: What a lead works with: the study, and what is set up, asked and coded for it.
LED = [
    "surveys.study",
    "surveys.criterion",
    "surveys.item",
    "surveys.scale",
    "surveys.scalepoint",
    "surveys.riskarea",
    "surveys.expertisearea",
    "surveys.expertcomment",
    "surveys.commentsummary",
]


def register():
    _register_tables()
    _register_in_lists()
    _register_in_records_and_files()
    _register_in_curation()
    _register_in_coverage()
    _register_in_releases()


def _register_tables():
    """What is public, what is secret, what the database refuses, and what is held of a person."""
    public.TABLES.register(public.Tables(PUBLIC, PRIVATE, SECRET), APP)
    for rule in [*freezing.RULES, *invitations.RULES]:
        public.RULES.register(rule, rule.trigger)
    invited = Holding(
        "surveys.Invitation",
        "that one was invited to a study",
        by_email("address"),
        {"address": ""},
        hidden=("token_hash", "seed"),
    )
    members = tied("surveys.Member", "user", "which studies one works on")
    codings = tied(
        "surveys.Coding",
        "coder",
        "which points a curator found in a remark",
    )
    HOLDINGS.register([invited, members, codings], APP)


def _register_in_lists():
    for name, one in filters.FILTERS.items():
        MitigationFilter.base_filters.register(one, name)
    MitigationFilter.base_filters.register(
        agreement_filter.AGREEMENT,
        agreement_filter.PARAMETER,
    )
    for surroundings in filters.SURROUNDINGS:
        SURROUNDINGS.register(surroundings)
    MitigationFilter.base_filters.register(
        ordering.FIRST_QUESTION,
        ordering.PARAMETER,
    )
    MitigationFilter.ORDERINGS.register(
        ordering.BY_SHARE_AGREEING,
        "share_agreeing",
    )
    # “-agreement” was the weakest first, and nobody who wrote a minus sign meant that.
    for former in ("agreement", "-agreement"):
        MitigationFilter.FORMER_ORDERINGS.register("-share_agreeing", former)
    MitigationQuerySet.RELATED.register(Item.for_lists(), "items")
    ENTRY_PARTS.register(
        EntryPart(
            entry="surveys/_entry.html",
            cell="surveys/_cell.html",
            heading="What experts said",
            ordering="share_agreeing",
        ),
        APP,
    )
    SITEMAPS.register(Studies(), "studies")
    for kind in filters.AXES:
        AXES.register(kind, kind.parameter)
    for show in crosstab_shows.SHOWS:
        SHOWS.register(show)
    TARGET_KINDS.register(RISK_AREAS)
    TARGET_KINDS.register(STUDIES)
    TARGET_KINDS.register(ORDERS)


def _register_in_records_and_files():
    MitigationSerializer.also_included.register(
        serializers.evidence,
        "evidence",
    )
    MitigationSerializer.also_included.register(
        serializers.evidence_by_study,
        "evidence_by_study",
    )
    MitigationSerializer.shapes.register(
        ("StudyEvidence", serializers.STUDY_EVIDENCE),
        "evidence_by_study",
    )
    MitigationSerializer.come_along.register("evidence_by_study", "evidence")
    MitigationSerializer.also_included.register(
        serializers.comments,
        "comments",
    )
    EXTRAS.register(columns.EvidenceColumns, APP)
    NOTICES.register(columns.notices, APP)
    EVIDENCE.register(sentences_of_studies, APP)
    FURTHER.register(exports.tables, APP)
    IMPORTERS.register(Comments)


def _register_in_curation():
    """What is reviewed, previewed and looked after, and who may."""
    review = permissions.ReviewRule(
        "surveys.publish_study",
        publishing.require_publishable,
        publishing.publish_as,
        publishing.leave_closed,
        is_seen_by=team.may_view_study,
        is_changed_by=team.may_change_study,
    )
    permissions.REVIEW_RULES.register(review, Study)
    shown = preview.Previewing(
        publishing.can_preview,
        publishing.prepare_preview,
    )
    preview.PREVIEWED.register(shown, Study)
    CHECKS.register(checks.FIGURES)
    leading = groups.permission_names("view add change delete", *LED)
    grants = {
        groups.STUDY_LEAD: leading,
        groups.REVIEWER: [
            *groups.permission_names("view", *LED),
            "surveys.publish_study",
        ],
        groups.ADMINISTRATOR: [
            *leading,
            "surveys.publish_study",
            "surveys.assign_study",
        ],
    }
    groups.GRANTS.register(grants, APP)


def _register_in_coverage():
    GAPS.register(gaps.evidence_gaps, APP)


def _register_in_releases():
    canonical.FURTHER.register(releases.study_records, APP)
    for name, noun in releases.KINDS.items():
        canonical.KINDS.register(noun, name)
    for table, rows in releases.ROWS.items():
        ROWS.register(rows, table)
