"""The data file of synonyms, read into records and checked."""

from typing import Any

from catalogue.models import Taxonomy
from catalogue.models.synonym import missing_places, place_name, without_words

from .contents import Contents


def read_synonyms(
    contents: Contents,
    name: str,
    entry: dict[str, Any],
) -> None:
    for number, row in enumerate(entry.get("synonyms") or [], start=1):
        synonym = contents.take(
            f"{name}: synonym {number}",
            row,
            "term means",
            "also_typed note",
        )
        if synonym is None:
            continue
        contents.add(
            "synonym",
            str(synonym["term"]),
            f"{name}: {synonym['term']}",
            {
                "also_typed": _as_lines(synonym["also_typed"]),
                "means": _as_lines(synonym["means"]),
                "note": synonym["note"] or "",
            },
        )


def _as_lines(values: list[Any] | None) -> str:
    return "\n".join(map(str, values or []))


def check_places(contents: Contents) -> None:
    """Notes synonyms that lead to a place that there is not, and lines without a word."""
    places = _places(contents)
    for term, record in contents.of_kind("synonym").items():
        texts = [term, record.values["also_typed"], record.values["means"]]
        for line in without_words("\n".join(texts)):
            contents.problems.append(
                f"{record.source}: “{line}” has no letter and no digit",
            )
        for line in missing_places(record.values["means"], places):
            contents.problems.append(
                f"{record.source}: means: there is no {line}",
            )


def _places(contents: Contents) -> set[str]:
    """What a synonym can lead to, of what the files have."""
    taxonomies = contents.of_kind("taxonomy")
    found = set()
    for key in contents.of_kind("category"):
        slug, _, code = key.partition("/")
        if slug not in taxonomies:
            continue
        values = taxonomies[slug].values
        name = place_name(
            code,
            is_of_risks=values["kind"] == Taxonomy.Kind.RISKS,
            is_default=values["is_default"],
        )
        found.add(name)
    return found
