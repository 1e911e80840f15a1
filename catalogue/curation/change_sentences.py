"""What is told of a mitigation between two of its states, a sentence for each change."""

from collections import defaultdict
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from ..record.field_types import (
    Accession,
    Choice,
    Classifications,
    Day,
    Field,
    Flag,
    Group,
    Identifiers,
    Lines,
    Link,
    Mappings,
    MeasureOf,
    Moment,
    Notice,
    Number,
    SourceDocument,
    Status,
    Terms,
    Text,
)
from ..record.fields import FIELDS, in_order
from . import changes_of_provisions as provisions
from .change_rows import (
    Names,
    State,
)

#: In which order the changes of one sitting are put.
TOLD = in_order(
    "name",
    "description",
    "requirements",
    "alternative_names",
    "phases",
    "actors",
    "functions",
    "locator",
    "document",
    "preliminary",
    "instruments_checked_on",
    among=FIELDS,
)


def places_by_taxonomy(
    state: State,
    names: Names,
) -> dict[str, list[tuple[bool, str]]]:
    """By the title of the taxonomy: whether each place is a further one, and its code; a
    category that is gone is left out.
    """
    found: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for place in state.places.values():
        if place["category_id"] in names.places:
            code, title, *_ = names.places[place["category_id"]]
            found[title].append((not place["is_primary"], code))
    return {title: sorted(places) for title, places in found.items()}


def said_between(before: State, after: State, names: Names) -> Iterator[str]:
    old = before.own or {}
    new = after.own or {}
    yield from _said_of_places(before, after, names)
    for one in TOLD:
        yield from sentences(one, old, new, names)
    yield from provisions.provision_sentences(before.asked, after.asked)


@singledispatch
def sentences(
    declared: Field,
    old: dict[str, Any],
    new: dict[str, Any],
    names: Names,
) -> Iterator[str]:
    """What is told of a field between two states of a mitigation: its columns by their
    attributes, terms by the name of the field.
    """
    raise NotImplementedError(f"{type(declared).__name__} {declared.name}")


@sentences.register(Accession)
@sentences.register(Status)
@sentences.register(Moment)
@sentences.register(Link)
@sentences.register(MeasureOf)
@sentences.register(Notice)
@sentences.register(Identifiers)
@sentences.register(Classifications)
@sentences.register(Mappings)
def _no_sentences(declared, old, new, names):
    # They never change, follow from others, or are told otherwise: places above, what becomes
    # public by the event itself.
    return iter(())


@sentences.register(Text)
@sentences.register(Lines)
@sentences.register(Number)
@sentences.register(Day)
def _sentences_of_text(declared, old, new, names):
    attribute = declared.stored_as
    if old[attribute] != new[attribute]:
        yield from _sentence(declared, old[attribute], new[attribute])


@sentences.register
def _sentences_of_flag(declared: Flag, old, new, names):
    attribute = declared.stored_as
    if old[attribute] != new[attribute]:
        to_yes, to_no = declared.changes
        yield to_yes if new[attribute] else to_no


@sentences.register
def _sentences_of_choice(declared: Choice, old, new, names):
    attribute = declared.stored_as
    if old[attribute] == new[attribute]:
        return
    labels = dict(declared.choices)
    was = labels.get(old[attribute], "")
    now = labels.get(new[attribute], "")
    if was and now:
        yield f"{declared.label} changed from {was} to {now}"
    elif now:
        yield f"{declared.label} added: {now}"
    else:
        yield f"{declared.label} removed: {was}"


@sentences.register
def _sentences_of_group(declared: Group, old, new, names):
    attributes = [one.stored_as for one in declared.fields]
    if any(old[name] != new[name] for name in attributes):
        yield from _sentence(declared, "", "")


@sentences.register
def _sentences_of_source_document(declared: SourceDocument, old, new, names):
    if old["document_id"] != new["document_id"]:
        gone = "a source that was deleted"
        was = names.documents.get(old["document_id"], gone)
        now = names.documents.get(new["document_id"], gone)
        yield from _sentence(declared, was, now)


@sentences.register
def _sentences_of_terms(declared: Terms, old, new, names):
    added = sorted(new[declared.name] - old[declared.name])
    removed = sorted(old[declared.name] - new[declared.name])
    if added:
        yield f"{declared.label} added: {', '.join(added)}"
    if removed:
        yield f"{declared.label} removed: {', '.join(removed)}"


def _sentence(declared: Field, old: Any, new: Any) -> Iterator[str]:
    """As the declaration puts it; nothing where it says that this is not told."""
    if callable(declared.change):
        yield declared.change(old, new)
    elif declared.change:
        yield declared.change.format(old=old, new=new)


def _said_of_places(
    before: State,
    after: State,
    names: Names,
) -> Iterator[str]:
    old = places_by_taxonomy(before, names)
    new = places_by_taxonomy(after, names)
    kinds = {
        title: (is_default, is_risk)
        for _, title, is_default, is_risk in names.places.values()
    }
    moved = False
    for title in sorted(
        {*old, *new},
        key=lambda title: (not kinds[title][0], title),
    ):
        was = old.get(title, [])
        now = new.get(title, [])
        if was == now:
            continue
        moved = True
        is_default, is_risk = kinds[title]
        where = "" if is_default else f" in {title.lower()}"
        gone = _codes_beyond(was, now)
        come = _codes_beyond(now, was)
        subject = "risk addressed" if is_risk else "category"
        if gone and come:
            yield f"reclassified from {', '.join(gone)} to {', '.join(come)}{where}"
        elif come:
            yield f"{subject} added: {', '.join(come)}{where}"
        else:
            yield f"{subject} removed: {', '.join(gone)}{where}"
    if not moved and _reasons(before) != _reasons(after):
        yield "reason for its classification rewritten"


def _codes_beyond(places: list[Any], others: list[Any]) -> list[str]:
    """The codes of those that are not among the others."""
    beyond = [place for place in places if place not in others]
    return [code for _, code in beyond]


def _reasons(state: State) -> list[str]:
    return sorted(place["rationale"] for place in state.places.values())
