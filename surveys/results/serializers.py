"""Evidence in the API. A figure has its n, its interval and where it comes from; one that is
missing is null, and says why.
"""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalogue.record.serializers import Linked, OrNull

from ..models import Criterion, ExpertComment, RiskArea, Study
from .findings import Finding, findings_of, foremost
from .sentences import NOT_ASKED, sentence, share_in_words, why_no_share
from .support import support_of

_TEXT_OR_NULL = ["string", "null"]
#: What `evidence_by_study` has of each study, as the API's schema tells it.
STUDY_EVIDENCE = {
    "type": "object",
    "description": "What one study says of a mitigation, or why it says nothing.",
    "properties": {
        "study": {"type": "string"},
        "no_share": {
            "type": _TEXT_OR_NULL,
            "description": "Why there is no share agreeing, such as “not in this study” or “not reported”. null: there is one.",
        },
        "sentence": {
            "type": _TEXT_OR_NULL,
            "description": "What experts said, as the list shows it, or why nothing can be said. null: not in this study.",
        },
    },
    "required": ["no_share", "sentence", "study"],
}
#: Where what is made for many mitigations keeps the published studies.
STUDIES = "published studies"


class RiskAreaSerializer(serializers.ModelSerializer):
    class Meta:
        model = RiskArea
        fields = ["slug", "name", "definition"]


class QuestionSerializer(serializers.ModelSerializer):
    """What a study asked about each measure."""

    criterion = serializers.SlugField(source="slug")
    question = serializers.CharField(
        source="worded",
        help_text="“[risk area]” stands for the name of each.",
    )
    verbatim = serializers.SerializerMethodField(
        help_text="Whether experts read the question in these words. false: it is told in our words.",
    )

    class Meta:
        model = Criterion
        fields = ["criterion", "name", "question", "verbatim", "by_risk_area"]

    def get_verbatim(self, criterion: Criterion) -> bool:
        return criterion.study.has_wording_of(criterion)


class StudySerializer(Linked):
    document = serializers.SlugRelatedField(
        "slug",
        read_only=True,
        allow_null=True,
    )
    preliminary = serializers.BooleanField(source="is_preliminary")
    preliminary_notice = OrNull()
    questions = QuestionSerializer(
        source="criteria",
        many=True,
        help_text="What it asked about each measure, and whether in these words (“verbatim”).",
    )
    checksum = OrNull(
        help_text="SHA-256 of counts and comments when it was published here.",
    )

    class Meta:
        model = Study
        fields = [
            "slug",
            "label",
            "title",
            "document",
            "year",
            "preliminary",
            "preliminary_notice",
            "invited",
            "responded",
            "method",
            "limits",
            "min_cell_size",
            "consensus_percent",
            "questions",
            "checksum",
            "page_url",
        ]


class EstimateSerializer(serializers.Serializer):
    """Shares and the ends of their 95 % interval are from 0 to 1; those of a mean are on its scale. `operator` is > or < where `value` is a bound."""

    statistic = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    operator = OrNull()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(allow_null=True)
    origin = OrNull()
    reason = OrNull(help_text="Why there is no value, such as “not reported”.")


class AnswerSerializer(serializers.Serializer):
    point = serializers.CharField(source="point.slug")
    label = serializers.CharField(source="point.label")  # type: ignore[assignment]
    count = serializers.IntegerField()


class FindingSerializer(serializers.Serializer):
    """Answers to one item under one criterion, for all risk areas or one, of everybody or of one area of expertise."""

    study = serializers.SlugField(source="result.item.study.slug")
    preliminary = serializers.BooleanField(
        source="result.item.study.is_preliminary",
    )
    mitigation = serializers.CharField(
        source="result.item.mitigation.accession",
    )
    criterion = serializers.SerializerMethodField()
    risk_area = serializers.SerializerMethodField()
    expertise_area = serializers.SerializerMethodField(
        help_text="null: everybody.",
    )
    n = serializers.IntegerField(allow_null=True)
    dont_know = serializers.IntegerField(allow_null=True)
    skipped = serializers.IntegerField(
        source="result.skipped",
        allow_null=True,
    )
    not_asked = serializers.IntegerField(
        source="result.not_asked",
        allow_null=True,
    )
    answers = AnswerSerializer(source="result.tallies.all", many=True)
    consensus = OrNull(
        help_text="By the rule that the study states: to agree, to disagree, or none.",
    )
    sentence = serializers.SerializerMethodField(
        help_text="What was found, in one sentence made from the counts. null: nothing is known of it.",
    )
    in_words = serializers.SerializerMethodField(
        help_text="How many agree, in words of fixed ranges: all, nearly all (90 % or more), a large majority (75 % or more), "
        "a majority (more than half), half, a minority (25 % or more), few, none. null: nothing is known of it, or only a bound.",
    )
    estimates = serializers.SerializerMethodField()

    def get_in_words(self, finding: Finding) -> str | None:
        return share_in_words(finding) or None

    def get_sentence(self, finding: Finding) -> str | None:
        said = sentence(finding)
        return str(said) if said else None

    def get_criterion(self, finding: Finding) -> str | None:
        if finding.criterion:
            return finding.criterion.slug
        return None

    def get_risk_area(self, finding: Finding) -> str | None:
        if finding.risk_area:
            return finding.risk_area.slug
        return None

    def get_expertise_area(self, finding: Finding) -> str | None:
        if finding.expertise_area:
            return finding.expertise_area.slug
        return None

    @extend_schema_field(EstimateSerializer(many=True))
    def get_estimates(self, finding: Finding) -> list[dict]:
        return list(
            EstimateSerializer(finding.estimates_of_question, many=True).data,
        )


class CommentSerializer(serializers.ModelSerializer):
    study = serializers.CharField(source="item.study.slug")
    mitigation = serializers.CharField(source="item.mitigation.accession")
    preliminary = serializers.BooleanField(source="item.study.is_preliminary")
    body = serializers.CharField(
        help_text="The point in the words of the catalogue’s editors, or of those who read the comments: no quotation.",
    )
    stance = serializers.SerializerMethodField()
    how_many = serializers.SerializerMethodField(
        help_text="null: not reported.",
    )
    count = serializers.IntegerField(
        allow_null=True,
        help_text="How many made the point. null: not reported.",
    )
    risk_area = serializers.SlugRelatedField(
        "slug",
        read_only=True,
        allow_null=True,
    )

    class Meta:
        model = ExpertComment
        fields = [
            "study",
            "mitigation",
            "body",
            "stance",
            "how_many",
            "count",
            "risk_area",
            "preliminary",
        ]

    def get_stance(self, comment) -> str:
        return ExpertComment.Stance(comment.stance).name.lower()

    def get_how_many(self, comment) -> str | None:
        number = ExpertComment.HowMany(comment.how_many)
        if number == ExpertComment.HowMany.UNKNOWN:
            return None
        return number.name.lower()


def evidence(mitigation, context) -> list[dict]:
    """For `include=evidence`: the findings of every published study. Needs `Item.for_lists`
    prefetched.
    """
    findings: list[Finding] = []
    for item in mitigation.items.all():
        findings += findings_of(item)
    return list(FindingSerializer(findings, many=True, context=context).data)


def evidence_by_study(mitigation, context) -> list[dict]:
    """For `include=evidence`, which has nothing of a study that did not ask and of one that did
    and of which nothing is known: for each published study which of the two it is, as tables say
    it. Needs `Item.for_lists` prefetched.
    """
    if STUDIES not in context:
        context[STUDIES] = list(Study.objects.published())
    items = {item.study_id: item for item in mitigation.items.all()}
    found = []
    for study in context[STUDIES]:
        item = items.get(study.pk)
        has_share = item is not None and foremost(item) is not None
        why = why_no_share(study) if item else NOT_ASKED
        found.append(
            {
                "study": study.slug,
                "no_share": None if has_share else why,
                "sentence": support_of(item).text if item else None,
            },
        )
    return found


def comments(mitigation, context) -> list[dict]:
    """For `include=comments`."""
    rows = [
        comment
        for item in mitigation.items.all()
        for comment in item.comments.all()
    ]
    return list(CommentSerializer(rows, many=True, context=context).data)
