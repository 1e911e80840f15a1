"""What experts are asked stands still once the first round opens: its words are copied, and the
database keeps them.
"""

from catalogue.database.public import Rule

from ..models import Item, Study

FROZEN = "what_is_asked_stands_once_opened"
_OPENED = "EXISTS (SELECT 1 FROM surveys_round r WHERE r.study_id = {study})"
_OF_SCALE = (
    "EXISTS (SELECT 1 FROM surveys_round r JOIN surveys_criterion c ON c.study_id = r.study_id"
    " WHERE c.scale_id = {scale})"
)
_CHANGED = "COALESCE(NEW.{0}, 0) <> COALESCE(OLD.{0}, 0)"

RULES = [
    Rule(
        FROZEN,
        "surveys_item",
        "INSERT",
        _OPENED.format(study="NEW.study_id"),
        ("surveys_round",),
    ),
    Rule(
        FROZEN,
        "surveys_item",
        "DELETE",
        _OPENED.format(study="OLD.study_id"),
        ("surveys_round",),
    ),
    Rule(
        FROZEN,
        "surveys_item",
        "UPDATE",
        f"(NEW.name <> OLD.name OR NEW.wording <> OLD.wording) AND {_OPENED.format(study='OLD.study_id')}",
        ("surveys_round",),
    ),
    Rule(
        FROZEN,
        "surveys_criterion",
        "UPDATE",
        f"(NEW.question <> OLD.question OR NEW.by_risk_area <> OLD.by_risk_area OR {_CHANGED.format('scale_id')})"
        f" AND {_OPENED.format(study='OLD.study_id')}",
        ("surveys_round",),
    ),
    Rule(
        FROZEN,
        "surveys_criterion",
        "INSERT",
        _OPENED.format(study="NEW.study_id"),
        ("surveys_round",),
    ),
    Rule(
        FROZEN,
        "surveys_criterion",
        "DELETE",
        _OPENED.format(study="OLD.study_id"),
        ("surveys_round",),
    ),
    Rule(
        FROZEN,
        "surveys_scalepoint",
        "UPDATE",
        "(NEW.slug <> OLD.slug OR NEW.label <> OLD.label OR NEW.side <> OLD.side OR NEW.is_dont_know <> OLD.is_dont_know"
        f" OR (NEW.value IS NULL) <> (OLD.value IS NULL) OR {_CHANGED.format('value')})"
        f" AND {_OF_SCALE.format(scale='OLD.scale_id')}",
        ("surveys_round", "surveys_criterion"),
    ),
    Rule(
        FROZEN,
        "surveys_scalepoint",
        "INSERT",
        _OF_SCALE.format(scale="NEW.scale_id"),
        ("surveys_round", "surveys_criterion"),
    ),
    Rule(
        FROZEN,
        "surveys_scalepoint",
        "DELETE",
        _OF_SCALE.format(scale="OLD.scale_id"),
        ("surveys_round", "surveys_criterion"),
    ),
]


def freeze_wording(study: Study) -> None:
    """Copies into each item of a study what the catalogue says now, where the study has no
    words of its own: the name above the questions, and the description below it. What the
    catalogue says later changes nothing of what was asked.
    """
    items = list(study.items.select_related("mitigation"))
    for item in items:
        item.name = item.mitigation.name
        item.wording = item.wording.strip() or item.mitigation.description
    Item.objects.bulk_update(items, ["name", "wording"])
