from .document import Author, Document
from .importing import ImportBatch, ImportPiece, ImportProfile, ImportRow
from .loading import LoadedRecord
from .mapping import Mapping
from .mitigation import Classification, ExternalIdentifier, IssuedAccession, Mitigation
from .revision import Change, Revision
from .taxonomy import Category, Taxonomy
from .vocabulary import Actor, LifecyclePhase, RiskManagementFunction, Term

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
    "Revision",
    "RiskManagementFunction",
    "Taxonomy",
    "Term",
]
