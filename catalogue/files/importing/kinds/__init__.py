"""Kinds of records that files can hold, by name. Other apps add theirs when Django is ready."""

from .base import Importer, Options
from .documents import Documents
from .mappings import Mappings
from .mitigations import Mitigations
from .taxonomies import Categories, Taxonomies

IMPORTERS: dict[str, type[Importer]] = {
    one.name: one for one in (Mitigations, Documents, Taxonomies, Categories, Mappings)
}


def register(importer: type[Importer]) -> None:
    IMPORTERS[importer.name] = importer


def importer_for(name: str, options: dict) -> Importer:
    return IMPORTERS[name](Options.of(options))
