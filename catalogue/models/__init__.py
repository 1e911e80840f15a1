from .document import Author, Document
from .importing import ImportBatch, ImportPiece, ImportProfile, ImportRow
from .loading import LoadedRecord
from .mapping import Mapping
from .mitigation import Classification, ExternalIdentifier, IssuedAccession, Mitigation
from .proposal import Proposal
from .revision import Change, Revision
from .taxonomy import Category, Taxonomy
from .vocabulary import Actor, LifecyclePhase, RiskManagementFunction, Term
from .withdrawal import Withdrawable, WithdrawableQuerySet

__all__ = [
    "Actor",
    "Author",
    "Category",
    "Change",
    "Classification",
    "Document",
    "ExternalIdentifier",
    "ImportBatch",
    "ImportPiece",
    "ImportProfile",
    "ImportRow",
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
    "WithdrawableQuerySet",
]
