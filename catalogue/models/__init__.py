from .document import Author, Document
from .feedback import Feedback, FeedbackChange
from .loading import LoadedRecord
from .mapping import Mapping
from .mitigation import Classification, ExternalIdentifier, IssuedAccession, Mitigation
from .proposal import Proposal
from .revision import Change, Revision
from .taxonomy import Category, Taxonomy
from .vocabulary import Actor, LifecyclePhase, RiskManagementFunction, Term
from .withdrawal import Withdrawable

__all__ = [
    "Actor",
    "Author",
    "Category",
    "Change",
    "Classification",
    "Document",
    "ExternalIdentifier",
    "Feedback",
    "FeedbackChange",
    "IssuedAccession",
    "LifecyclePhase",
    "LoadedRecord",
    "Mapping",
    "Mitigation",
    "Proposal",
    "Revision",
    "RiskManagementFunction",
    "Taxonomy",
    "Term",
    "Withdrawable",
]
