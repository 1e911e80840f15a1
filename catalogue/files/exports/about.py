"""What goes along with a file: what it is, of when, how to cite it, and what is to be shown
with it.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse

from catalogue import reading, revision
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation, Release
from catalogue.record.citations import cite_catalogue
from catalogue.record.field_types import as_utc

from .address import ListAddress
from .columns import Column, Type
from .listings import Listing, MitigationListing

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
#: Of XML Schema, as CSVW names them.
DATATYPES = {
    Type.INTEGER: "integer",
    Type.NUMBER: "number",
    Type.BOOLEAN: "boolean",
    Type.MOMENT: "datetime",
}


def about(listing: Listing, address: ListAddress, form: str) -> dict[str, Any]:
    """Of a list, in words and figures: for the envelope of JSON, the sheets of a workbook, and
    the metadata of Parquet.
    """
    of_list: dict[str, Any] = {
        "title": f"{settings.SITE_NAME}: {listing.name.replace('-', ' ')}",
        "address": address.url(format=form),
        "query": address.parameters,
        "count": len(listing) if form == "json" else listing.row_count(),
    }
    return {**of_list, **_of_now(address.base_url, listing.notices())}


def about_catalogue(base_url: str) -> dict[str, Any]:
    """Of the whole catalogue."""
    listing = MitigationListing(
        MitigationFilter(None, Mitigation.objects.all()),
        base_url,
    )
    return {
        "title": settings.SITE_NAME,
        "address": f"{base_url}/",
        **_of_now(base_url, listing.notices()),
    }


def _of_now(base_url: str, notices: list[str]) -> dict[str, Any]:
    number = revision.shown()
    release = reading.current_release()
    last = release or Release.objects.newest_first().first()
    changed_at = release.cut_at if release else revision.moment_of(number)
    return {
        "release": release.number if release else None,
        "last_release": last.number if last else None,
        "revision": number,
        # Not when it is retrieved: a file of one state is the same for everybody, whenever it
        # is made.
        "changed_at": as_utc(changed_at.replace(microsecond=0))
        if changed_at
        else None,
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "citation": cite_catalogue(number, base_url, notices, release).apa,
        "dictionary": base_url + reverse("data-dictionary"),
        "notices": notices,
    }


def metadata(listing: Listing, address: ListAddress) -> dict[str, Any]:
    """What a CSV file is and what its columns hold, as the W3C has it for CSV on the web
    (csvw-metadata).
    """
    description = about(listing, address, "csv")
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": description["address"],
        "dc:title": description["title"],
        "dc:publisher": settings.SITE_NAME,
        "dc:license": {"@id": LICENCE_URL},
        "dc:bibliographicCitation": description["citation"],
        "dc:modified": description["changed_at"],
        "notes": [description],
        "tableSchema": {
            "columns": [_csvw_column(column) for column in listing.columns],
        },
    }


def _csvw_column(column: Column) -> dict[str, Any]:
    description = column.description
    if column.empty:
        description += f" Empty: {column.empty}."
    members = {
        "name": column.name,
        "titles": column.name,
        "dc:description": description,
        "datatype": DATATYPES.get(column.type, "string"),
        "schema:unitText": column.unit,
        "separator": " | " if column.type is Type.LIST else "",
    }
    return {name: value for name, value in members.items() if value}
