"""Kinds of records that files can hold, by name. Other apps add theirs when Django is ready."""

from .base import Kind, Options
from .documents import Documents
from .mappings import Mappings
from .mitigations import Mitigations
from .taxonomies import Categories, Taxonomies

KINDS: dict[str, type[Kind]] = {
    one.name: one for one in (Mitigations, Documents, Taxonomies, Categories, Mappings)
}


def register(kind: type[Kind]) -> None:
    KINDS[kind.name] = kind


def kind_of(name: str, options: dict) -> Kind:
    return KINDS[name](Options.of(options))
