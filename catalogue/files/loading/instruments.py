"""The data files of laws, codes and standards and of what they ask for, read into records and
checked.
"""

from collections.abc import Iterator
from typing import Any

from catalogue.fields import plain_value

from .contents import Contents

INSTRUMENT_TEXT = (
    "title",
    "short_title",
    "issuer",
    "kind",
    "status_note",
    "applies_to_note",
    "published",
    "published_as",
    "version",
    "url",
    "url_label",
    "sections_of",
    "licence",
)
INSTRUMENT_LINES = ("further_links", "unverified")
PROVISION_TEXT = (
    "name",
    "parent",
    "sort",
    "serves",
    "replaces",
    "applies_to",
    "addressee",
    "applies_from_note",
    "longer_for",
    "note",
)
MAPPING_TEXT = ("relation", "force", "confidence", "note")

Entry = dict[str, Any]


def read_instruments(
    contents: Contents,
    entries: Iterator[tuple[str, Entry]],
) -> None:
    """Those that replace others come first, and their provisions last: each can be written when
    what it refers to is there.
    """
    read = []
    for name, entry in entries:
        instrument = contents.take(
            name,
            entry.get("instrument"),
            "slug title short_title issuer kind status_note url position",
            "applies_to_note published published_as in_force_on ended_on version replaced_by licence whole checked_on "
            "url_label sections_of further_links unverified",
        )
        if instrument is not None:
            read.append((name, instrument, entry.get("provisions") or []))
    in_order = _successors_first(read)
    for name, instrument, _ in in_order:
        _add_instrument(contents, name, instrument)
    for name, instrument, rows in reversed(in_order):
        for position, row in enumerate(rows, start=1):
            _add_provision_entry(
                contents,
                name,
                instrument["slug"],
                position,
                row,
            )


def _successors_first(
    read: list[tuple[str, Entry, list[Any]]],
) -> list[tuple[str, Entry, list[Any]]]:
    successor_of = {one["slug"]: one["replaced_by"] for _, one, _ in read}

    def steps(item: tuple[str, Entry, list[Any]]) -> int:
        """How many instruments came after it; of a circle, which models refuse, all."""
        count = 0
        slug = item[1]["slug"]
        while (slug := successor_of.get(slug)) and count < len(read):
            count += 1
        return count

    return sorted(read, key=steps)


def _add_instrument(contents: Contents, name: str, entry: Entry) -> None:
    values: Entry = {key: _text_value(entry[key]) for key in INSTRUMENT_TEXT}
    for key in INSTRUMENT_LINES:
        values[key] = "\n".join(map(_text_value, entry[key] or []))
    for key in ("in_force_on", "ended_on", "checked_on"):
        values[key] = plain_value(entry[key])
    values["is_whole"] = bool(entry["whole"])
    values["position"] = entry["position"]
    values["replaced_by"] = _text_value(entry["replaced_by"])
    contents.add("instrument", entry["slug"], name, values)


def _add_provision_entry(
    contents: Contents,
    name: str,
    slug: str,
    position: int,
    row: Any,
) -> None:
    code = row.get("code", "without a code") if isinstance(row, dict) else row
    source = f"{name}: {code}"
    entry = contents.take(
        source,
        row,
        "code name",
        "official parent sort serves replaces applies_to addressee applies_from applies_from_note longer_for verified note",
    )
    if entry is None:
        return
    values: Entry = {key: _text_value(entry[key]) for key in PROVISION_TEXT}
    values["applies_from"] = plain_value(entry["applies_from"])
    values["is_official_name"] = bool(entry["official"])
    values["is_verified"] = bool(entry["verified"])
    values["position"] = position
    if values["parent"]:
        values["parent"] = f"{slug}/{values['parent']}"
    contents.add("provision", f"{slug}/{entry['code']}", source, values)


def read_crosswalk(contents: Contents, name: str, entry: Entry) -> None:
    """What the provisions of one instrument ask about mitigations."""
    slug = _text_value(entry.get("instrument"))
    asserted_by = _text_value(entry.get("asserted_by"))
    for field, value in (("instrument", slug), ("asserted_by", asserted_by)):
        if not value:
            contents.problems.append(f"{name}: {field}: is missing")
    for number, row in enumerate(entry.get("mappings") or [], start=1):
        source = f"{name}: mapping {number}"
        mapping = contents.take(
            source,
            row,
            "provision mitigation relation force confidence note",
        )
        if mapping is None:
            continue
        values = {key: _text_value(mapping[key]) for key in MAPPING_TEXT}
        values["asserted_by"] = asserted_by
        key = f"{mapping['mitigation']}/{slug}/{mapping['provision']}"
        contents.add("crosswalk", key, source, values)


def read_not_covered(contents: Contents, name: str, entry: Entry) -> None:
    """What of laws, codes and standards is not gone through here."""
    for position, row in enumerate(entry.get("not_covered") or [], start=1):
        source = f"{name}: entry {position}"
        record = contents.take(source, row, "name reason")
        if record is not None:
            values = {
                "reason": _text_value(record["reason"]),
                "position": position,
            }
            key = _text_value(record["name"])
            contents.add("not covered", key, source, values)


def check_instruments(contents: Contents) -> None:
    """Notes what refers to something that the files do not hold."""
    instruments = contents.of_kind("instrument")
    provisions = contents.of_kind("provision")
    mitigations = contents.of_kind("mitigation")
    for record in instruments.values():
        successor = record.values["replaced_by"]
        if successor and successor not in instruments:
            contents.problems.append(
                f"{record.source}: replaced_by: there is no instrument {successor!r}",
            )
    for record in provisions.values():
        for name in ("parent", "replaces"):
            referred_to = record.values[name]
            if referred_to and referred_to not in provisions:
                contents.problems.append(
                    f"{record.source}: {name}: there is no provision {referred_to!r}",
                )
    for key, record in contents.of_kind("crosswalk").items():
        accession, _, provision = key.partition("/")
        if accession not in mitigations:
            contents.problems.append(
                f"{record.source}: mitigation: there is no {accession!r}",
            )
        if provision not in provisions:
            contents.problems.append(
                f"{record.source}: provision: there is no provision {provision!r}",
            )


def _text_value(value: Any) -> str:
    return "" if value is None else str(value).strip()
