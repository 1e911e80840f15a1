"""What a kind of record has to say, so that files of it can be imported.

A record is compared and written as a *state*: a dictionary of JSON values, the same however the
file was shaped. A field is how a column looks at it: whether a state `holds` what a cell says,
and how to `put` it there. A cell that says what stands already is no change, so that one edited
column of an exported file is enough, whatever other columns tell of the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models

from catalogue.files.importing.values import model_value

State = dict[str, Any]
#: (what, old, new), to be read by people.
Change = tuple[str, str, str]
#: (by what, value): such as ("accession", "M0001").
Identity = tuple[str, str]


@dataclass
class Options:
    """What holds for all rows of a file."""

    #: Of a document: of rows that name none.
    document: str = ""
    #: In which scheme of identifiers the column “key” stands.
    scheme: str = ""
    #: Of classifications and mappings that name nobody.
    coder: str = ""
    #: Of classifications that give none.
    rationale: str = ""
    #: Of classifications that do not say whether the source published them or this project
    #: judged so; and how sure it was.
    origin: str = ""
    confidence: str = ""
    #: Additions are published, and not drafts.
    publish: bool = False
    #: Records that the file names and the catalogue lacks are added under the accessions that
    #: the file gives them.
    keep_accessions: bool = False
    #: Additions that are here already, by their name and document, are left out.
    skip_same: bool = False
    #: An empty cell empties the field, where else it leaves it.
    empty_cells: bool = False

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Options":
        return cls(
            **{
                name: value
                for name, value in given.items()
                if name in cls.__dataclass_fields__
            },
        )


@dataclass(frozen=True)
class Field:
    """`read` makes a value of a cell, and raises CellError. `follows`: it says something of what
    another field names.
    """

    name: str
    label: str
    read: Callable[[Any], Any]
    holds: Callable[[State, Any], bool]
    put: Callable[[State, Any], None]
    help: str = ""
    synonyms: tuple[str, ...] = ()
    empty: Any = ""
    example: str = ""
    follows: bool = False
    #: An empty cell never empties it.
    is_kept: bool = False
    #: It takes text as it was typed. What a spreadsheet has made a number, a date or a truth
    #: value of is told with a warning; where it is exact, such as an identifier, it is refused.
    is_text: bool = False
    is_exact: bool = False
    #: Why a cell, of a record as it stands, is likely not what was meant: (before, value,
    #: cell); empty where it may be.
    doubt: Callable[[State, Any, Any], str] | None = None


def member(
    name: str,
    label: str,
    read: Callable[[Any], Any],
    help: str = "",
    *synonyms: str,
    empty: Any = "",
    **kwargs: Any,
) -> Field:
    """A field that is a member of the state."""
    return Field(
        name,
        label,
        read,
        holds=lambda state, value: state.get(name) == value,
        put=lambda state, value: state.__setitem__(name, value),
        help=help,
        synonyms=synonyms,
        empty=empty,
        **kwargs,
    )


def of_model(
    model: type[models.Model],
    name: str,
    *synonyms: str,
    called: str = "",
    **kwargs: Any,
) -> Field:
    """A field that is one of a model's, with its rules and its words."""
    own: Any = model._meta.get_field(name)
    empty = (
        None
        if own.null
        else False
        if isinstance(own, models.BooleanField)
        else ""
    )
    return member(
        called or name,
        str(own.verbose_name),
        model_value(own),
        str(own.help_text),
        *synonyms,
        **{
            "empty": empty,
            "is_kept": not own.blank,
            "is_text": _is_text(own),
            **kwargs,
        },
    )


def _is_text(field: Any) -> bool:
    return (
        isinstance(field, models.CharField | models.TextField)
        and not field.choices
    )


@dataclass
class RecordChange:
    """A record as a file wants it. `before` is None for an addition; `key` of one that stands,
    and of an addition once it does.
    """

    after: State
    before: State | None = None
    key: int | None = None


@dataclass
class Author:
    """In whose name, when and why records are written: what their histories say."""

    user_id: int | None
    reason: str
    now: Any


class Importer:
    """Records of one kind. Others are `ModelImporter`s; mitigations are written in bulk."""

    name: ClassVar[str]
    label: ClassVar[str]
    noun: ClassVar[str]
    model: ClassVar[type[models.Model]]
    #: Which option asks for which words in the form.
    options: ClassVar[tuple[str, ...]] = ("empty_cells",)
    permission: ClassVar[str] = ""
    #: Who has it may import what readers see.
    publishing: ClassVar[str] = "catalogue.publish_mitigation"
    #: Members of the state of which a change takes a reason, as in the form.
    asking_why: ClassVar[tuple[str, ...]] = ()
    #: Fields by which a row can name its record: what `identities` looks at.
    naming: ClassVar[tuple[str, ...]]

    def __init__(self, options: Options):
        self.given = options
        self.fields: dict[str, Field] = {
            one.name: one for one in self.all_fields()
        }

    def all_fields(self) -> Iterable[Field]:
        raise NotImplementedError

    #: Names of columns of our exports that say nothing which a field does not say.
    derived: ClassVar[tuple[str, ...]] = ()

    def is_derived(self, column: str) -> bool:
        return column in self.derived

    # Which record is meant

    def identities(self, values: State) -> list[Identity]:
        """By what a row names its record, from the values that were read; the surest first."""
        raise NotImplementedError

    def find(self, identities: Sequence[Identity]) -> dict[Identity, int]:
        """The keys of those that stand."""
        raise NotImplementedError

    def prepare(self, identities: Iterable[Identity]) -> None:
        """Told before anything is judged: all that the file names, so that rows can refer to
        each other.
        """

    def unknown(self, identity: Identity) -> str:
        """What is wrong with a row that names a record which does not stand; empty: it is an
        addition.
        """
        return ""

    # What it is

    def blank(self) -> State:
        """An addition, before anything is put into it."""
        raise NotImplementedError

    def read(self, keys: Sequence[int]) -> dict[int, State]:
        raise NotImplementedError

    def check(
        self,
        after: State,
        before: State | None,
    ) -> Iterator[tuple[str, str]]:
        """(field, what is wrong with it) of a state that is to stand."""
        raise NotImplementedError

    def missing(self, after: State) -> Iterator[tuple[str, str]]:
        """(field, what is wrong) of what a record cannot be without. Told also of a row in
        which other cells cannot be read.
        """
        return iter(())

    def same(self, after: State) -> str:
        """Where the same record stands as an addition would add, in words; empty where none
        does that is just the same.
        """
        return ""

    def warnings(self, after: State, number: int) -> Iterator[str]:
        """What may be a mistake in an addition, which row `number` makes."""
        return iter(())

    def closed(self, keys: Sequence[int]) -> dict[int, str]:
        """Why a file changes these no more, by key, of those of which that is so."""
        return {}

    def title(self, state: State) -> str:
        raise NotImplementedError

    def is_public(self, before: State | None, after: State) -> bool:
        """Whether readers will see the difference."""
        return True

    def asks_why(self, before: State, after: State) -> bool:
        """Whether the form would ask why this is changed."""
        return any(
            before.get(name) != after.get(name) for name in self.asking_why
        )

    def keeps_its_page(self, state: State) -> bool:
        """Whether it is published, and of a kind that is withdrawn and not deleted."""
        return False

    def is_withdrawn(self, state: State) -> bool:
        return False

    def changes(self, before: State | None, after: State) -> list[Change]:
        return list(differences(before or {}, after, self.words))

    def words(self, name: str) -> str:
        found = self.fields.get(name)
        return found.label if found else name.replace("_", " ")

    # Writing

    def write(self, wanted: list[RecordChange], author: Author) -> None:
        """Adds those without `before`, and gives each its key; changes the others."""
        raise NotImplementedError

    def finish(self, author: Author) -> None:
        """After all rows are written: what refers to records that came later."""

    def remove(self, keys: Sequence[int], author: Author) -> set[int]:
        """Takes back what an import added. Gives the keys of those that something else refers
        to, which stay.
        """
        raise NotImplementedError

    def referred_to(self, keys: Sequence[int], within: set[int]) -> set[int]:
        """The keys of those that something refers to other than records `within`, which are
        taken back with them.
        """
        raise NotImplementedError

    def withdraw(self, keys: Sequence[int], author: Author, note: str) -> None:
        """Takes from readers what `keeps_its_page`; `note` says why."""
        raise NotImplementedError

    def touched_since(self, keys: Sequence[int], author: Author) -> set[int]:
        """The keys of those that anybody changed after the import."""
        raise NotImplementedError


def differences(
    before: State,
    after: State,
    words: Callable[[str], str],
) -> Iterator[Change]:
    for name, new in after.items():
        old = before.get(name)
        if old == new or (not old and not new and old is not False):
            continue
        if isinstance(new, dict):
            yield from _entries(words(name), old or {}, new)
        else:
            yield words(name), in_words(old), in_words(new)


def _entries(
    what: str,
    old: dict[str, Any],
    new: dict[str, Any],
) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            was = in_words(old[key]) or "listed" if key in old else ""
            yield (
                f"{what}: {key}",
                was,
                in_words(new[key], old.get(key)) or "listed"
                if key in new
                else "",
            )


def in_words(value: Any, beside: Any = None) -> str:
    """A value as people read it; of a dictionary beside another, only what differs."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        kept = {
            k: v
            for k, v in value.items()
            if v not in ("", None) and (beside is None or beside.get(k) != v)
        }
        return (
            "; ".join(
                f"{name.replace('_', ' ')}: {in_words(one)}"
                for name, one in kept.items()
            )
            or "listed"
        )
    if isinstance(value, list):
        return ", ".join(in_words(one) for one in value)
    return str(value)
