from .coding import CodingOutcome, CodingUnit, Seat
from .document import Author, Document
from .loading import LoadedRecord
from .mapping import Mapping
from .mitigation import Classification, ExternalIdentifier, IssuedAccession, Mitigation
from .quality import Dismissal, FrameworkVersion, LinkCheck, Review
from .revision import Change, Revision
from .taxonomy import Category, Taxonomy
from .vocabulary import Actor, LifecyclePhase, RiskManagementFunction, Term

__all__ = [
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
    "FrameworkVersion",
    "IssuedAccession",
    "LifecyclePhase",
    "LinkCheck",
    "LoadedRecord",
    "Mapping",
    "Mitigation",
    "Review",
    "Revision",
    "RiskManagementFunction",
    "Seat",
    "Taxonomy",
    "Term",
]
