"""What mitigations are now, as states."""

from collections import defaultdict
from collections.abc import Sequence

from catalogue.fields import plain_value
from catalogue.models import (
    Classification,
    ExternalIdentifier,
    Mapping,
    Mitigation,
)
from catalogue.models.mitigation import among

from .base import State
from .mitigation_rows import MAPPED, PLACE, PLAIN, RELATIONS


def without_parts() -> State:
    """The members of a state that stand in other tables, before anything is put into them."""
    terms: State = {name: [] for name in RELATIONS}
    return {
        **terms,
        "classifications": {},
        "external_identifiers": {},
        "mappings": {},
    }


def states_of(keys: Sequence[int]) -> dict[int, State]:
    """The states of mitigations, by their keys. A fixed number of queries."""
    columns = ("pk", "accession", "document__slug", *PLAIN.values())
    rows = (
        Mitigation.objects.filter(pk__in=among(keys))
        .order_by()
        .values_list(*columns)
    )
    found: dict[int, State] = {}
    for pk, accession, document, *values in rows:
        plain = dict(zip(PLAIN, map(plain_value, values), strict=True))
        found[pk] = {
            "accession": accession,
            "document": document,
            **plain,
            **without_parts(),
        }
    _read_terms(found)
    _read_parts(found)
    return found


def _read_terms(found: dict[int, State]) -> None:
    for name, vocabulary in RELATIONS.items():
        order = {
            pk: (place, slug)
            for place, (pk, slug) in enumerate(
                vocabulary._default_manager.values_list("pk", "slug"),
            )
        }
        through = getattr(Mitigation, name).through.objects.filter(
            mitigation__in=among(list(found)),
        )
        column = f"{vocabulary._meta.model_name}_id"
        carried = defaultdict(list)
        for key, term in through.order_by().values_list(
            "mitigation_id",
            column,
        ):
            carried[key].append(order[term])
        for key, terms in carried.items():
            found[key][name] = [slug for _, slug in sorted(terms)]


def _read_parts(found: dict[int, State]) -> None:
    keys = among(list(found))
    rows = (
        Classification.objects.filter(mitigation__in=keys)
        .order_by("pk")
        .values_list(
            "mitigation_id",
            "taxonomy__slug",
            "category__code",
            *PLACE.values(),
        )
    )
    for key, taxonomy, code, *place in rows:
        found[key]["classifications"][f"{taxonomy}:{code}"] = dict(
            zip(PLACE, place, strict=True),
        )
    identifiers = ExternalIdentifier.objects.filter(
        mitigation__in=keys,
    ).order_by("scheme", "value")
    for key, scheme, value, url in identifiers.values_list(
        "mitigation_id",
        "scheme",
        "value",
        "url",
    ):
        found[key]["external_identifiers"][f"{scheme}:{value}"] = url
    mappings = (
        Mapping.objects.filter(source__in=keys)
        .order_by("pk")
        .values_list(
            "source_id",
            "target__accession",
            "provision__instrument__slug",
            "provision__code",
            "framework",
            "framework_version",
            "entry",
            *MAPPED,
        )
    )
    for key, target, slug, code, *rest in mappings:
        framework, version, entry, *values = rest
        name = target or f"{framework}@{version}:{entry}"
        if slug:
            name = f"{slug}:{code}"
        state = dict(zip(MAPPED, values, strict=True))
        found[key]["mappings"][name] = state
