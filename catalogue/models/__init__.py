from .document import Author, Document
from .loading import LoadedRecord
from .mapping import Mapping
from .mitigation import Classification, ExternalIdentifier, IssuedAccession, Mitigation
from .taxonomy import Category, Taxonomy
from .vocabulary import Actor, LifecyclePhase, RiskManagementFunction, Term

__all__ = [
    "Actor",
    "Author",
    "Category",
    "Classification",
    "Document",
    "ExternalIdentifier",
    "IssuedAccession",
    "LifecyclePhase",
    "LoadedRecord",
    "Mapping",
    "Mitigation",
    "RiskManagementFunction",
    "Taxonomy",
    "Term",
]
