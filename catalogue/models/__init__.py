from .coding import CodingOutcome, CodingUnit, Seat
from .document import Author, Document
from .external_identifier import ExternalIdentifier
from .feedback import Feedback, FeedbackChange
from .importing import ImportBatch, ImportPiece, ImportProfile, ImportRow
from .instrument import Instrument
from .loading import LoadedRecord
from .mapping import Mapping
from .mitigation import Classification, IssuedAccession, Mitigation
from .not_covered import NotCovered
from .proposal import Proposal
from .provision import Provision
from .quality import Dismissal, FrameworkVersion, LinkCheck, Review
from .release import (
    Release,
    ReleaseContent,
    ReleaseCutting,
    ReleaseFile,
    ReleasePiece,
    ReleaseRecord,
)
from .revision import Change, Revision
from .synonym import Synonym
from .taxonomy import Category, Taxonomy
from .vocabulary import (
    VOCABULARIES,
    Actor,
    LifecyclePhase,
    RiskManagementFunction,
    Term,
)
from .withdrawal import Withdrawable, WithdrawableQuerySet

__all__ = [
    "VOCABULARIES",
    "Actor",
    "Author",
    "Category",
    "Change",
    "Classification",
    "CodingOutcome",
    "CodingUnit",
    "Dismissal",
    "Document",
    "ExternalIdentifier",
    "Feedback",
    "FeedbackChange",
    "FrameworkVersion",
    "ImportBatch",
    "ImportPiece",
    "ImportProfile",
    "ImportRow",
    "Instrument",
    "IssuedAccession",
    "LifecyclePhase",
    "LinkCheck",
    "LoadedRecord",
    "Mapping",
    "Mitigation",
    "NotCovered",
    "Proposal",
    "Provision",
    "Review",
    "Release",
    "ReleaseContent",
    "ReleaseCutting",
    "ReleaseFile",
    "ReleasePiece",
    "ReleaseRecord",
    "Revision",
    "RiskManagementFunction",
    "Seat",
    "Synonym",
    "Taxonomy",
    "Term",
    "Withdrawable",
    "WithdrawableQuerySet",
]
