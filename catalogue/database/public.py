"""What readers see, table by table: a write to one of these tables moves the revision.

Each app registers its own in `TABLES`. A test fails for a table that is declared nowhere.
"""

from collections.abc import Sequence
from typing import NamedTuple

from serving.registry import Registry

from .parts import PART_TABLES

MITIGATIONS = "catalogue_mitigation"


class Tables(NamedTuple):
    """The tables of an app, by who sees them."""

    #: What is no part of a single mitigation (see `parts.py`): a write there may change how any
    #: of them is shown.
    structure: Sequence[str]
    #: What no reader sees, beside histories.
    private: Sequence[str]
    #: Of these, what holds what people sent in confidence, or who they are: no copy of the
    #: database that is made on the way has it.
    secret: Sequence[str]


STRUCTURE = [
    "catalogue_actor",
    "catalogue_author",
    "catalogue_category",
    "catalogue_codingoutcome",
    "catalogue_document",
    "catalogue_instrument",
    "catalogue_lifecyclephase",
    "catalogue_notcovered",
    "catalogue_provision",
    "catalogue_release",
    "catalogue_riskmanagementfunction",
    "catalogue_synonym",
    "catalogue_taxonomy",
]
#: What hangs on a release, and is written in the transaction that writes the release and moves
#: the revision by it.
OF_RELEASES = [
    "catalogue_releasecontent",
    "catalogue_releasefile",
    "catalogue_releasepiece",
    "catalogue_releaserecord",
]
#: Their columns, none of which is ever written again; but for who cut a release, which goes
#: with the account.
FROZEN_COLUMNS = {
    "catalogue_release": [
        "id",
        "number",
        "title",
        "notes",
        "cut_at",
        "revision",
        "checksum",
        "copy_checksum",
        "counts",
        "changes",
        "notices",
        "software",
        "migrations",
        "licence",
        "licence_url",
        "site",
    ],
    "catalogue_releasecontent": ["sha256", "body"],
    "catalogue_releaserecord": ["id", "release_id", "kind", "key", "sha256"],
    "catalogue_releasefile": [
        "id",
        "release_id",
        "name",
        "label",
        "media_type",
        "size",
        "sha256",
        "is_download",
    ],
    "catalogue_releasepiece": ["id", "file_id", "position", "body"],
}
PRIVATE = [
    "catalogue_accession",
    "catalogue_change",
    "catalogue_codingunit",
    "catalogue_dismissal",
    "catalogue_feedback",
    "catalogue_feedbackchange",
    "catalogue_frameworkversion",
    "catalogue_importbatch",
    "catalogue_importpiece",
    "catalogue_importprofile",
    "catalogue_importrow",
    "catalogue_linkcheck",
    "catalogue_loadedrecord",
    "catalogue_proposal",
    "catalogue_releasecutting",
    "catalogue_review",
    "catalogue_revision",
    "catalogue_seat",
    *OF_RELEASES,
]
#: By the label of the app.
TABLES: Registry[str, Tables] = Registry("set of tables")
TABLES.register(
    Tables(STRUCTURE, PRIVATE, secret=["catalogue_feedback"]),
    "catalogue",
)


def structure() -> list[str]:
    """The public tables of all apps that are no part of a single mitigation."""
    return [name for tables in TABLES.values() for name in tables.structure]


def private() -> list[str]:
    return [name for tables in TABLES.values() for name in tables.private]


def secret() -> list[str]:
    return [name for tables in TABLES.values() for name in tables.secret]


class Rule(NamedTuple):
    """A write that the database refuses. `when` is SQL that both engines read, over the rows
    `NEW` and, for an update, `OLD`; `name` is what the refusal says.
    """

    name: str
    table: str
    event: str
    when: str
    #: Tables that have to be there, beside its own.
    needs: tuple[str, ...] = ()

    @property
    def trigger(self) -> str:
        return f"{self.table}_{self.event}_{self.name}".lower()


_PROVISION = "catalogue_provision"
_SAME_INSTRUMENT = "a_part_is_of_its_own_instrument"
_STRANGE_PARENT = """
    NEW.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM catalogue_provision p
        WHERE p.id = NEW.parent_id AND p.instrument_id = NEW.instrument_id)
"""
_STRANGE_PART = """
    EXISTS (
        SELECT 1 FROM catalogue_provision c
        WHERE c.parent_id = NEW.id AND c.instrument_id <> NEW.instrument_id)
"""
_OF_CATALOGUE = [
    Rule(_SAME_INSTRUMENT, _PROVISION, "INSERT", _STRANGE_PARENT),
    Rule(
        _SAME_INSTRUMENT,
        _PROVISION,
        "UPDATE",
        f"({_STRANGE_PARENT}) OR {_STRANGE_PART}",
    ),
]
#: By the name of the trigger.
RULES: Registry[str, Rule] = Registry(
    "rule",
    {rule.trigger: rule for rule in _OF_CATALOGUE},
)


def frozen() -> frozenset[str]:
    """The tables of which a release holds what is published."""
    return frozenset(
        {MITIGATIONS, *PART_TABLES, *structure()} - {"catalogue_release"},
    )
