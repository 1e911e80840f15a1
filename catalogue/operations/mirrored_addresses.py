"""Where in a static copy stands what stands at an address of the site."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import (
    parse_qsl,
    unquote,
    urlsplit,
)

from django.conf import settings
from django.urls import reverse

from catalogue.files.exports.formats import offered_formats
from catalogue.listing.filters import MitigationFilter
from catalogue.models import VOCABULARIES, Release

from .. import reading
from ..releases import cutting

#: Of the list of mitigations, a page is written for each value of these alone, and for each
#: form and order.
ALONE = ("view", "ordering")
NEEDS_SERVER = "/needs-a-server/"
#: The files of the page of data that a release has as they were cut.
CUT = re.compile(
    r"/data/(taxonomies/)?([^/]+\.(?:sqlite3|ttl|jsonld)|dictionary\.json)(?<!dataset\.jsonld)",
)
#: The resources whose records have addresses, and the member that stands in it.
RECORDS = {
    "mitigations": "accession",
    "taxonomies": "slug",
    "categories": "code",
    **{terms.list_name: "slug" for terms in VOCABULARIES},
    "documents": "slug",
    "risk-areas": "slug",
    "studies": "slug",
}
LISTS = (
    *RECORDS,
    "comments",
    "instruments",
    "provisions",
    "mappings",
    "not-covered",
)


@dataclass(kw_only=True)
class MirroredAddresses:
    """The addresses of a release. `site` is scheme and host of the live site, or empty."""

    release: Release
    site: str = ""

    @cached_property
    def host(self) -> str:
        """Under which the site lets itself be asked."""
        return urlsplit(cutting.default_site_url()).netloc or "localhost"

    @property
    def base(self) -> str:
        return f"{'https' if settings.BEHIND_HTTPS_PROXY else 'http'}://{self.host}"

    @cached_property
    def list_path(self) -> str:
        return reverse("mitigation-list")

    def file_of(self, address: str) -> str | None:
        """The file that an address of the site is written to; None where it is not written."""
        path, _, query = address.partition("?")
        parameters = parse_qsl(query, keep_blank_values=True)
        if path.startswith("/api/v1/"):
            return self._file_of_api(path, dict(parameters))
        if query:
            return self._file_of_list(path, parameters)
        if path == self.release.prefix:
            return "index.html"
        if not self.is_ours(path):
            return None
        if match := CUT.fullmatch(path):
            name = f"taxonomy-{match[2]}" if match[1] else match[2]
            return self._stored(name)
        file = unquote(path).lstrip("/")
        if not file or file.endswith("/"):
            return f"{file}index.html"
        return file

    def is_ours(self, path: str) -> bool:
        """Whether it is of this release and needs no server."""
        if path.startswith("/data/releases/"):
            return path.startswith(f"/data/releases/{self.release.number}/")
        own = (
            "/changes/",
            "/changes.atom",
            "/robots.txt",
            NEEDS_SERVER,
            settings.STATIC_URL,
        )
        if path.startswith(own):
            return True
        return bool(reading.WITHIN.match(path)) and not reading.OF_TODAY.match(
            path,
        )

    def _file_of_list(
        self,
        path: str,
        query: list[tuple[str, str]],
    ) -> str | None:
        """Of a list that is narrowed by one value, turned to another page, or put in another
        order.
        """
        pages = [value for name, value in query if name == "page"]
        rest = [
            (name, value) for name, value in query if name != "page" and value
        ]
        if path != self.list_path or len(rest) > 1 or len(pages) > 1:
            return None
        folder = path.lstrip("/")
        for name, value in rest:
            if name == "q" or name not in (
                *MitigationFilter.base_filters,
                *ALONE,
            ):
                return None
            folder += f"by/{name}/{as_file_name(value)}/"
        for page in pages:
            folder += f"page-{as_file_name(page)}/"
        return f"{folder}index.html"

    def _file_of_api(self, path: str, query: dict[str, str]) -> str | None:
        resource, _, rest = path.removeprefix("/api/v1/").partition("/")
        if resource == "schema":
            return "api/v1/schema.json"
        if query.keys() == {"format"}:
            return self._file_of_format(resource, rest, query["format"])
        if query or resource not in LISTS:
            return None
        key = rest.rstrip("/")
        if "/" in key:
            return None
        if key:
            return f"api/v1/{resource}/{as_file_name(unquote(key))}.json"
        return f"api/v1/{resource}.json"

    def _file_of_format(
        self,
        resource: str,
        rest: str,
        form: str,
    ) -> str | None:
        """Of a list in a format: mitigations as they were cut, any other and the results of a
        study where it is text.
        """
        if resource == "mitigations" and not rest:
            return self._stored(f"mitigations.{form}")
        of_study = (
            resource == "studies"
            and rest.count("/") == 2
            and rest.endswith("/results/")
        )
        is_text = form in {
            one.name for one in offered_formats() if one.is_text
        }
        if not is_text or resource not in LISTS or (rest and not of_study):
            return None
        names = [as_file_name(name) for name in rest.split("/")[:-1]]
        return f"api/v1/{'/'.join([resource, *names])}.{form}"

    def _stored(self, name: str) -> str | None:
        if name in self.downloads:
            return f"data/releases/{self.release.number}/{name}"
        return None

    @cached_property
    def downloads(self) -> set[str]:
        files_of_release = self.release.files.filter(is_download=True)
        return set(files_of_release.values_list("name", flat=True))

    def live(self, address: str) -> str:
        """An address of the live site. What is of this release is to be found below its prefix
        there.
        """
        if address.startswith(
            ("/data/releases/", "/data/changes", "/releases/"),
        ):
            return f"{self.site}{address}"
        return f"{self.site}{self.release.prefix}{address[1:]}"


def as_file_name(value: str) -> str:
    """A value as the name of a file on any system: letters, digits, dots and hyphens; the rest
    by its number.
    """
    return (
        re.sub(r"[^A-Za-z0-9._-]", lambda match: f"~{ord(match[0]):x}", value)
        or "~"
    )
