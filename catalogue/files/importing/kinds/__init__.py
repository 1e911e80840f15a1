"""Kinds of records that files can hold, by name. Other apps add theirs when Django is ready."""

from serving.registry import Registry

from .base import Importer, Options
from .documents import Documents
from .instruments import Instruments, NotCoveredLaws, Provisions
from .mappings import Mappings
from .mitigations import Mitigations
from .taxonomies import Categories, Taxonomies

IMPORTERS: Registry[str, type[Importer]] = Registry("importer")
IMPORTERS.register(Mitigations)
IMPORTERS.register(Documents)
IMPORTERS.register(Taxonomies)
IMPORTERS.register(Categories)
IMPORTERS.register(Instruments)
IMPORTERS.register(Provisions)
IMPORTERS.register(NotCoveredLaws)
IMPORTERS.register(Mappings)


def importer_for(name: str, options: dict) -> Importer:
    return IMPORTERS[name](Options.of(options))
