"""Mappings as SSSOM, the simple standard for sharing mappings: tab-separated rows, with what holds
for all of them before.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse

from catalogue.models import Mapping, Mitigation
from catalogue.reading import plain_addresses

from .about import LICENCE_URL, about_catalogue

SUFFIX = "sssom.tsv"
MEDIA_TYPE = "text/tab-separated-values"
#: A judgement of people, in the vocabulary that SSSOM names for it.
JUSTIFICATION = "semapv:ManualMappingCuration"
COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "author_label",
    "object_source",
    "object_source_version",
    "comment",
    "other",
)
#: A tab or an end of line would begin another cell or row.
BREAKS = re.compile(r"\s+")
KNOWN_PREFIXES = {
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
MITIGATION = "mitigation"
INSTRUMENT = "instrument"
ENTRY = "entry"


def mappings_file(base_url: str) -> bytes:
    """Mappings of published mitigations: to each other, to provisions of laws, codes and
    standards, and to entries of other frameworks.
    """
    mappings = Mapping.objects.published().for_display().order_by("pk")
    with plain_addresses():
        address = reverse("data-mappings", args=[SUFFIX])
    return mapping_set(list(mappings), base_url, address, "mappings")


def mapping_set(
    mappings: list[Mapping],
    base_url: str,
    address: str,
    title: str,
) -> bytes:
    """Some mappings as a file of its own. `address` is where on this site it is to be had."""
    with plain_addresses():
        text = io.StringIO()
        for line in _metadata_header(
            mappings,
            base_url,
            f"{base_url}{address}",
            title,
        ):
            text.write(f"#{line}\n")
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for mapping in mappings:
            row = _mapping_row(mapping)
            writer.writerow([BREAKS.sub(" ", row[name]) for name in COLUMNS])
        return text.getvalue().encode()


def _metadata_header(
    mappings: list[Mapping],
    base_url: str,
    address: str,
    title: str,
) -> Iterator[str]:
    """As YAML, of which JSON in quotation marks is a part."""
    about = about_catalogue(base_url)
    version = about["release"] or str(about["revision"])
    yield "curie_map:"
    for prefix, start in sorted(_prefixes(mappings, base_url).items()):
        yield f"  {prefix}: {json.dumps(start)}"
    yield f"mapping_set_id: {json.dumps(address)}"
    yield f"mapping_set_title: {json.dumps(f'{settings.SITE_NAME}: {title}')}"
    yield f"mapping_set_version: {json.dumps(version)}"
    yield f"license: {json.dumps(LICENCE_URL)}"


def _prefixes(mappings: list[Mapping], base_url: str) -> dict[str, str]:
    """The beginnings of addresses that ids stand for. Those of provisions are by their
    instrument, and the same as in SKOS.
    """
    prefixes = {
        **KNOWN_PREFIXES,
        MITIGATION: f"{base_url}{reverse('mitigation-list')}",
        INSTRUMENT: f"{base_url}{reverse('instrument-list')}",
        ENTRY: f"{base_url}/data/mappings#",
    }
    for mapping in mappings:
        if mapping.provision:
            instrument = mapping.provision.instrument
            page = base_url + instrument.get_absolute_url()
            prefixes[_prefix_of(instrument.slug)] = f"{page}#"
    return prefixes


def _prefix_of(slug: str) -> str:
    """A slug that begins with a digit, or is taken by one of ours, is no prefix by itself."""
    taken = {*KNOWN_PREFIXES, MITIGATION, INSTRUMENT, ENTRY}
    if slug in taken or not slug[0].isalpha():
        return f"of-{slug}"
    return slug


def _mapping_row(mapping: Mapping) -> dict[str, str]:
    said = {"force": mapping.force, "confidence": mapping.confidence}
    return {
        **dict.fromkeys(COLUMNS, ""),
        "subject_id": _id_of(mapping.source),
        "subject_label": mapping.source.name,
        "predicate_id": f"skos:{mapping.relation}",
        "mapping_justification": JUSTIFICATION,
        "author_label": mapping.asserted_by.replace("|", "/"),
        "comment": mapping.note,
        "other": "; ".join(f"{k}={v}" for k, v in said.items() if v),
        **_object(mapping),
    }


def _object(mapping: Any) -> dict[str, str]:
    if mapping.target:
        return {
            "object_id": _id_of(mapping.target),
            "object_label": mapping.target.name,
        }
    if mapping.provision:
        provision = mapping.provision
        slug = provision.instrument.slug
        return {
            "object_id": f"{_prefix_of(slug)}:{provision.anchor}",
            "object_label": provision.name,
            "object_source": f"{INSTRUMENT}:{slug}",
            "object_source_version": provision.instrument.version,
        }
    named = (mapping.framework, mapping.framework_version)
    framework = " ".join(filter(None, named))
    return {
        "object_id": f"{ENTRY}:{quote(f'{framework} {mapping.entry}', safe='')}",
        "object_label": mapping.entry_name or mapping.entry,
        "object_source": f"{ENTRY}:{quote(framework, safe='')}",
        "object_source_version": mapping.framework_version,
    }


def _id_of(mitigation: Mitigation) -> str:
    return f"{MITIGATION}:{mitigation.accession}"
