from .comment import CommentSummary, ExpertComment, Lean
from .evidence import Figure, Result, Tally
from .study import Criterion, Item, RiskArea, Scale, ScalePoint, Study

__all__ = [
    "CommentSummary", "Criterion", "ExpertComment", "Figure", "Item", "Lean", "Result", "RiskArea", "Scale",
    "ScalePoint", "Study", "Tally",
]  # fmt: skip
