"""What the public history of a mitigation tells of the laws, codes and standards that ask for it."""

from collections.abc import Collection, Iterator
from typing import Any

from ..models import Mapping

#: What is read of the history of a mapping: what the provision is called is what it is now.
COLUMNS = (
    "provision__instrument__short_title",
    "provision__code",
    "relation",
    "force",
    "note",
)
#: So many provisions are named in a sentence; of more it says how many.
MOST_NAMED = 3

#: By the key of the mapping, what it said: `COLUMNS`.
Asked = dict[int, dict[str, Any]]


def history_rows(
    keys: Collection[int],
    until: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    """Of the mappings that these mitigations state, whatever they lead to. Why one that leads
    to no provision was written may speak of a draft, and is not told.
    """
    rows = Mapping.history.filter(source_id__in=keys, **until).order_by()
    for row in rows.values(
        "id",
        "source_id",
        "history_id",
        "history_date",
        "history_type",
        "history_change_reason",
        *COLUMNS,
    ):
        if not provision_name_of(row):
            row["history_change_reason"] = ""
        yield row


def provision_name_of(row: dict[str, Any]) -> str:
    """What a provision is called in sentences; empty: it leads to none, or to one that is gone."""
    if row["provision__code"] is None:
        return ""
    return f"{row['provision__instrument__short_title']}, {row['provision__code']}"


def provision_sentences(before: Asked, after: Asked) -> Iterator[str]:
    """How what is asked became different."""
    old = _by_provision(before)
    new = _by_provision(after)
    added = [one for one in new if one not in old]
    removed = [one for one in old if one not in new]
    if added:
        yield f"found to be asked for by {_some_provisions(added)}"
    if removed:
        yield f"no longer said to be asked for by {_some_provisions(removed)}"
    reworded = 0
    for name in new:
        if name not in old or old[name] == new[name]:
            continue
        if old[name]["force"] != new[name]["force"]:
            yield _change_of_force(
                name,
                old[name]["force"],
                new[name]["force"],
            )
        else:
            reworded += 1
    if reworded:
        yield "what laws and codes ask was looked at again"


def _by_provision(asked: Asked) -> dict[str, dict[str, Any]]:
    found = {}
    for values in asked.values():
        if name := provision_name_of(values):
            found[name] = values
    return dict(sorted(found.items()))


def _some_provisions(provisions: list[str]) -> str:
    if len(provisions) > MOST_NAMED:
        return f"{len(provisions)} provisions of laws, codes and standards"
    return "; ".join(provisions)


def _change_of_force(name: str, old: str, new: str) -> str:
    labels = dict(Mapping.Force.choices)
    was = labels.get(old, "not said")
    now = labels.get(new, "not said")
    return f"what {name} does about it changed from “{was}” to “{now}”"
