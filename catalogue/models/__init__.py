from .document import Author, Document
from .loading import LoadedRecord
from .mapping import Mapping
from .mitigation import Classification, ExternalIdentifier, IssuedAccession, Mitigation
from .release import Release, ReleaseContent, ReleaseFile, ReleasePiece, ReleaseRecord
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
    "IssuedAccession",
    "LifecyclePhase",
    "LoadedRecord",
    "Mapping",
    "Mitigation",
    "Release",
    "ReleaseContent",
    "ReleaseFile",
    "ReleasePiece",
    "ReleaseRecord",
    "Revision",
    "RiskManagementFunction",
    "Taxonomy",
    "Term",
]
