"""What this app adds to the catalogue's lists and records. Called once, when Django is ready."""

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
    f"surveys.{name}"
    for name in (
        "study",
        "criterion",
        "item",
        "scale",
        "scalepoint",
        "riskarea",
        "expertisearea",
        "expertcomment",
        "commentsummary",
    )
]


def register():
    _add_to_records()
    _add_to_exports()
    _add_to_curation()
    _add_to_releases()
    _declare_personal_data()


def _add_to_records():
    from catalogue.database import public
    from catalogue.models.mitigation import MitigationQuerySet
    from catalogue.pages.sitemaps import SITEMAPS
    from catalogue.record.serializers import MitigationSerializer

    from .models import Item
    from .results import filters, serializers
    from .results.sitemaps import Studies
    from .running import freezing

    public.declare(public=PUBLIC, private=PRIVATE, secret=SECRET)
    public.RULES.extend(freezing.RULES)
    filters.register()
    MitigationSerializer.also_include("evidence", serializers.evidence)
    MitigationSerializer.also_include("comments", serializers.comments)
    MitigationQuerySet.told_elsewhere.append(Item.for_lists())
    SITEMAPS["studies"] = Studies()


def _add_to_exports():
    from catalogue.files.exports.columns import EXTRAS
    from catalogue.files.exports.listings import NOTICES
    from catalogue.files.exports.tables import FURTHER

    from .results import columns, exports

    EXTRAS.append(columns.EvidenceColumns)
    NOTICES.append(columns.notices)
    FURTHER.append(exports.tables)


def _add_to_curation():
    """What is imported, reviewed, previewed and looked after, and who may."""
    from catalogue.accounts import groups
    from catalogue.curation import preview, workflow
    from catalogue.curation.quality import register as put_on_desk
    from catalogue.files.importing import kinds

    from .files.comments import Comments
    from .models import Study
    from .results import checks, publishing
    from .running import team

    kinds.register(Comments)
    workflow.RULES[Study] = workflow.Rule(
        "surveys.publish_study",
        publishing.check,
        publishing.publish_as,
        publishing.leave_closed,
        is_seen_by=team.may_look,
        is_changed_by=team.may_change,
    )
    preview.KINDS[Study] = preview.Kind(publishing.can_preview, publishing.prepare)
    leading = groups.may("view add change delete", *LED)
    groups.declare(groups.STUDY_LEAD, leading)
    groups.declare(
        groups.REVIEWER, [*groups.may("view", *LED), "surveys.publish_study"]
    )
    groups.declare(
        groups.ADMINISTRATOR,
        [*leading, "surveys.publish_study", "surveys.assign_study"],
    )
    put_on_desk(checks.FIGURES)


def _add_to_releases():
    from catalogue.releases import canonical, freezing

    from .results import releases

    canonical.KINDS.update(releases.KINDS)
    canonical.FURTHER.append(releases.records)
    freezing.ROWS.update(releases.ROWS)


def _declare_personal_data():
    from catalogue.accounts.personal import HOLDINGS, Holding, by_address, tied

    said = "that one was invited to a study"
    HOLDINGS.append(
        Holding(
            "surveys.Invitation",
            said,
            by_address("address"),
            {"address": ""},
            hidden=("token_hash", "seed"),
        )
    )
    HOLDINGS.append(tied("surveys.Member", "user", "which studies one works on"))
    HOLDINGS.append(
        tied("surveys.Coding", "coder", "which points a curator found in a remark")
    )
