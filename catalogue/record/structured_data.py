"""JSON-LD, in the words of schema.org, for pages that search engines and reference managers
read.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from ..models import Document, Mitigation


def document_data(document: Document, base_url: str) -> dict[str, Any]:
    people = [
        {"@type": "Organization", "name": author.organisation}
        if author.organisation
        else {
            "@type": "Person",
            "familyName": author.family,
            "givenName": author.given,
        }
        for author in document.authors.all()
    ]
    data = {
        "@context": "https://schema.org",
        "@type": "Dataset"
        if document.kind == Document.Kind.KNOWLEDGE_BASE
        else "ScholarlyArticle",
        "name": document.title,
        "author": people,
        "datePublished": str(document.year) if document.year else None,
        "version": document.version,
        "abstract": document.abstract,
        "identifier": f"https://doi.org/{document.doi}"
        if document.doi
        else None,
        "url": document.url,
        "mainEntityOfPage": base_url + document.get_absolute_url(),
    }
    return {name: value for name, value in data.items() if value}


def mitigation_data(mitigation: Mitigation, base_url: str) -> dict[str, Any]:
    source = document_data(mitigation.document, base_url)
    source.pop("@context")
    codes = [
        c.category.code
        for c in mitigation.classifications.all()
        if c.is_primary and c.taxonomy.is_default
    ]
    return {
        "@context": "https://schema.org",
        "@type": "DefinedTerm",
        "termCode": mitigation.accession,
        "name": mitigation.name,
        "alternateName": mitigation.alternative_name_list,
        "description": mitigation.description,
        "url": base_url + mitigation.get_absolute_url(),
        "inDefinedTermSet": {
            "@type": "DefinedTermSet",
            "name": settings.SITE_NAME,
            "url": base_url + "/",
        },
        "additionalType": codes,
        "subjectOf": source,
    }


def dataset_data(
    base_url: str,
    files: Iterable[tuple[str, str, str]],
    told: dict[str, Any],
) -> dict[str, Any]:
    """The catalogue as a data set. `files` are (name, media type, address); `told` is what
    `about_catalogue` says.
    """
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": settings.SITE_NAME,
        "description": "Measures that reduce risks from AI, each with a code, a place in the lifecycle, the people who carry it "
        "out, the risks that it addresses, and what experts say of it."
        + "".join(f" {notice}" for notice in told["notices"]),
        "url": base_url + reverse("data"),
        "version": str(told["revision"]),
        "license": told["licence_url"],
        "isAccessibleForFree": True,
        "creator": {
            "@type": "Organization",
            "name": settings.SITE_NAME,
            "url": base_url + "/",
        },
        "citation": told["citation"],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": name,
                "encodingFormat": media_type,
                "contentUrl": address,
            }
            for name, media_type, address in files
        ],
    }
