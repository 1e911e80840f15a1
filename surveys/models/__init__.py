from .comment import CommentSummary, ExpertComment, Lean
from .evidence import Figure, Result, Tally
from .fielding import (
    Answer,
    Coding,
    Invitation,
    Remark,
    Response,
    Round,
    StudySecret,
)
from .question import Criterion, Item, Scale, ScalePoint
from .study import ExpertiseArea, RiskArea, Study
from .team import Member

__all__ = [
    "Answer",
    "Coding",
    "CommentSummary",
    "Criterion",
    "ExpertComment",
    "ExpertiseArea",
    "Figure",
    "Invitation",
    "Item",
    "Lean",
    "Member",
    "Remark",
    "Response",
    "Result",
    "RiskArea",
    "Round",
    "Scale",
    "ScalePoint",
    "Study",
    "StudySecret",
    "Tally",
]
