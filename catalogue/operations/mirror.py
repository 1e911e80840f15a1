"""A release as a static copy of the whole site, which any file server can carry, and any
browser can open from a folder.

Pages are asked from the site itself and written as `folder/index.html`. Links within become
relative. A link whose query was not written beforehand leads to the live site where its address
is told, and else to a page that says why it leads no further.
"""

import html
import json
import posixpath
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse

from catalogue.files.exports.formats import offered
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Release

from .. import reading
from ..releases import copies, cutting, files

#: Of the list of mitigations, a page is written for each value of these alone, and for each
#: form and order.
ALONE = ("view", "ordering")
NEEDS_SERVER = "/needs-a-server/"
#: The files of the page of data that a release has as they were cut.
CUT = re.compile(
    r"/data/(taxonomies/)?([^/]+\.(?:sqlite3|ttl|jsonld)|dictionary\.json)(?<!dataset\.jsonld)"
)
#: Attributes that hold an address, in our own templates, which escape text.
LINK = re.compile(r'(?<=\s)(href|src|action)="([^"]*)"')
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
ACTION = re.compile(r'\baction="([^"]*)"')
#: Of no use without a server: what asks it for parts of pages, and what tells search engines
#: where a page stands that has no address.
HTMX = re.compile(r'\s(?:hx-[a-z-]+="[^"]*")')
HERE = re.compile(
    r'\s*<(?:link rel="canonical"|link rel="search"|meta property="og:(?:url|image)")[^>]*>'
)
FORM_NOTE = '<p class="notice">This needs a server, and this is a static copy. Use the lists, or the files under “Data”.</p>'
#: The resources whose records have addresses, and the member that stands in it.
RECORDS = {
    "mitigations": "accession",
    "taxonomies": "slug",
    "categories": "code",
    "lifecycle-phases": "slug",
    "actors": "slug",
    "functions": "slug",
    "documents": "slug",
    "risk-areas": "slug",
    "studies": "slug",
}
LISTS = (*RECORDS, "comments", "mappings")
INCLUDE = "document,mappings,evidence,comments,history"


class CannotMirror(Exception):
    """The message is one line and says what to do."""


@dataclass
class Mirror:
    """Writes a release to `folder`. `site` is scheme and host of the live site, or empty."""

    release: Release
    folder: Path
    site: str = ""
    tell: Callable[[int, int], None] = lambda done, waiting: None
    waiting: deque[str] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    written: int = 0

    @cached_property
    def handler(self) -> BaseHandler:
        handler = BaseHandler()
        handler.load_middleware()
        return handler

    @cached_property
    def host(self) -> str:
        """Under which the site lets itself be asked."""
        return urlsplit(cutting.site_url()).netloc or "localhost"

    @property
    def base(self) -> str:
        return f"{'https' if settings.BEHIND_HTTPS_PROXY else 'http'}://{self.host}"

    def write(self) -> int:
        """The number of files. Raises CannotMirror."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise CannotMirror(f"{self.folder} is not empty: name a new folder.")
        self.folder.mkdir(parents=True, exist_ok=True)
        with reading.mirroring(copies.opened(self.release), self.site):
            self._write_files()
            self._write_api()
            self._follow(
                [
                    "/",
                    "/sitemap.xml",
                    "/robots.txt",
                    "/changes/",
                    "/changes.atom",
                    "/about/",
                    "/data/",
                    *self._pages(),
                ]
            )
            self._write_text(f"{NEEDS_SERVER}", self._needs_server())
            self._write_404()
        return self.written

    # Asking

    def ask(self, address: str) -> HttpResponseBase:
        path, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.host,
            "SERVER_PORT": "80",
            "HTTP_HOST": self.host,
            "wsgi.url_scheme": self.base.partition(":")[0],
            "wsgi.input": BytesIO(),
            "SCRIPT_NAME": "",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
        }
        if settings.SECURE_PROXY_SSL_HEADER:
            environ[settings.SECURE_PROXY_SSL_HEADER[0]] = (
                settings.SECURE_PROXY_SSL_HEADER[1]
            )
        return self.handler.get_response(WSGIRequest(environ))

    def read(self, address: str) -> tuple[str, bytes] | None:
        """(media type, body); None where there is nothing."""
        response = self.ask(address)
        try:
            if response.status_code != HTTPStatus.OK:
                return None
            if response.streaming:
                body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
            else:
                body = response.content  # type: ignore[attr-defined]
        finally:
            response.close()
        return response.headers["Content-Type"], body

    def _follow(self, addresses: Iterable[str]) -> None:
        """Writes these pages and all that they lead to."""
        for address in addresses:
            self.wait_for(address)
        while self.waiting:
            address = self.waiting.popleft()
            self.tell(self.written, len(self.waiting))
            if found := self.read(address):
                self._write_answer(address, *found)

    def wait_for(self, address: str) -> None:
        if address not in self.seen:
            self.seen.add(address)
            self.waiting.append(address)

    def _pages(self) -> Iterator[str]:
        """Of every facet of the list, each value by itself; each order; the list as a table."""
        found = MitigationFilter(None, None)
        for name, facet in found.facet_filters.items():
            yield from (
                f"{self.list_path}?{urlencode({name: choice.value})}"
                for choice in facet.choices()
            )
        orderings = found.offered_orderings()
        yield from (
            f"{self.list_path}?{urlencode({'ordering': orderings[key]})}"
            for key in orderings
            if key != "relevance"
        )

    # Where things stand

    @cached_property
    def list_path(self) -> str:
        return reverse("mitigation-list")

    def file_of(self, address: str) -> str | None:
        """The file that an address of the site is written to; None where it is not written."""
        path, _, query = address.partition("?")
        if path.startswith("/api/v1/"):
            return self._file_of_api(
                path, dict(parse_qsl(query, keep_blank_values=True))
            )
        if query:
            return self._file_of_list(path, parse_qsl(query, keep_blank_values=True))
        if path == self.release.prefix:
            return "index.html"
        if not self.is_ours(path):
            return None
        if kept := CUT.fullmatch(path):
            name = f"taxonomy-{kept[2]}" if kept[1] else kept[2]
            return self._stored(name)
        plain = unquote(path).lstrip("/")
        return f"{plain}index.html" if plain.endswith("/") or not plain else plain

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
        return path.startswith(own) or (
            bool(reading.WITHIN.match(path)) and not reading.OF_TODAY.match(path)
        )

    def _file_of_list(self, path: str, query: list[tuple[str, str]]) -> str | None:
        """Of a list that is narrowed by one value, turned to another page, or put in another
        order.
        """
        page = [value for name, value in query if name == "page"]
        rest = [(name, value) for name, value in query if name != "page" and value]
        known = (*MitigationFilter.base_filters, *ALONE)
        if (
            path != self.list_path
            or len(rest) > 1
            or len(page) > 1
            or any(name not in known or name == "q" for name, _ in rest)
        ):
            return None
        narrowed = "".join(f"by/{name}/{_as_name(value)}/" for name, value in rest)
        return f"{path.lstrip('/')}{narrowed}{f'page-{_as_name(page[0])}/' if page else ''}index.html"

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
        return (
            f"api/v1/{resource}/{_as_name(unquote(key))}.json"
            if key
            else f"api/v1/{resource}.json"
        )

    def _file_of_format(self, resource: str, rest: str, form: str) -> str | None:
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
        is_text = form in {one.name for one in offered() if one.is_text}
        if not is_text or resource not in LISTS or (rest and not of_study):
            return None
        return f"api/v1/{'/'.join(filter(None, [resource, *map(_as_name, rest.split('/')[:-1])]))}.{form}"

    def _stored(self, name: str) -> str | None:
        return (
            f"data/releases/{self.release.number}/{name}"
            if name in self.downloads
            else None
        )

    @cached_property
    def downloads(self) -> set[str]:
        return set(
            self.release.files.filter(is_download=True).values_list("name", flat=True)
        )

    def live(self, address: str) -> str:
        """An address of the live site. What is of this release is to be found below its prefix
        there.
        """
        path = (
            address
            if address.startswith(("/data/releases/", "/data/changes", "/releases/"))
            else f"{self.release.prefix}{address[1:]}"
        )
        return f"{self.site}{path}"

    def link(self, here: str, address: str) -> str:
        """An address of the site as a link from the file `here`. What it leads to is written
        too, if it can be.
        """
        plain, hash_sign, fragment = address.partition("#")
        file = self.file_of(plain)
        # The API is written before any page: what it has not by then, it never will.
        is_record = plain.startswith("/api/v1/") and "?" not in plain
        if file is None or (is_record and not (self.folder / file).exists()):
            return (
                self.live(address)
                if self.site
                else _relative(here, f"{NEEDS_SERVER[1:]}index.html")
            )
        if plain.startswith(settings.STATIC_URL):
            self._write_static(plain)
        elif (
            not is_record
            and not (self.folder / file).exists()
            and plain != self.release.prefix
        ):
            self.wait_for(plain)
        return f"{_relative(here, file)}{hash_sign}{fragment}"

    # Writing

    def _write_answer(self, address: str, media_type: str, body: bytes) -> None:
        file = self.file_of(address)
        assert file is not None
        if media_type.startswith("text/html"):
            self._write_text(address, body.decode())
        elif any(
            word in media_type for word in ("xml", "json", "charset=utf-8", "text/")
        ):
            self._put(file, self._elsewhere(body.decode()).encode())
        else:
            self._put(file, body)

    def _write_text(self, address: str, text: str) -> None:
        file = self.file_of(address)
        assert file is not None
        self._put(file, self.page(file, address, text).encode())

    def page(self, here: str, address: str, text: str) -> str:
        text = HTMX.sub("", text)
        if not self.site:
            text = HERE.sub("", text)
        text = FORM.sub(lambda found: self._form(address, found[0]), text)
        text = LINK.sub(
            lambda found: f'{found[1]}="{self._attribute(here, address, found[2])}"',
            text,
        )
        return self._elsewhere(text)

    def _attribute(self, here: str, address: str, value: str) -> str:
        """An address in a page, as it stands in the copy of that page."""
        wanted = html.unescape(value)
        if wanted.startswith(self.base + "/"):
            if self.site:
                return html.escape(self.live(wanted.removeprefix(self.base)))
            wanted = wanted.removeprefix(self.base)
        if (
            not wanted
            or wanted.startswith("#")
            or re.match(r"[a-z][a-z0-9+.-]*:|//", wanted)
        ):
            return value
        path = address.partition("?")[0]
        whole = (
            f"{path}{wanted}"
            if wanted.startswith("?")
            else posixpath.join(path, wanted)
        )
        # A question mark alone takes all filters off.
        return html.escape(self.link(here, whole.rstrip("?")))

    def _form(self, address: str, form: str) -> str:
        if not self.site:
            return "" if 'class="try"' in form else FORM_NOTE
        action = ACTION.search(form)
        wanted = self.live(
            html.unescape(action[1]) if action else address.partition("?")[0]
        )
        opened = ACTION.sub("", form, count=1)
        return opened.replace("<form", f'<form action="{html.escape(wanted)}"', 1)

    def _elsewhere(self, text: str) -> str:
        """What is said of addresses in text: those of the live site, or without a host."""
        host = re.compile(rf"{re.escape(self.base)}(/[^\s\"'<>\\]*)?")
        return host.sub(
            lambda found: (
                self.live(found[1] or "/") if self.site else (found[1] or "/")
            ),
            text,
        )

    def _write_files(self) -> None:
        place = f"data/releases/{self.release.number}"
        for file in self.release.files.filter(is_download=True):
            self._put(f"{place}/{file.name}", files.stored(file))
        self._put(f"{place}/{files.RECORDS}", files.lines_of_records(self.release))
        self._put(f"{place}/{files.SUMS}", [files.sums(self.release).encode()])

    def _write_api(self) -> None:
        """Every resource as one list, and every record by itself."""
        for resource in LISTS:
            include = f"&include={INCLUDE}" if resource == "mitigations" else ""
            found = self.read(f"/api/v1/{resource}/?format=json{include}")
            assert found is not None, resource
            told = json.loads(self._api_addresses(found[1].decode()))
            self._put(f"api/v1/{resource}.json", [_json(told)])
            for record in told["results"] if resource in RECORDS else ():
                key = record[RECORDS[resource]]
                name = (
                    f"{record['taxonomy']}:{key}" if resource == "categories" else key
                )
                self._put(f"api/v1/{resource}/{_as_name(name)}.json", [_json(record)])
        if found := self.read("/api/v1/schema/"):
            self._put(
                "api/v1/schema.json", [self._elsewhere(found[1].decode()).encode()]
            )

    def _api_addresses(self, text: str) -> str:
        """Of records, those of the files that they are written to; whole ones of the live site
        where it is told.
        """
        if not self.site:
            text = re.sub(
                rf'"{re.escape(self.base)}(/api/v1/[^"?]*)"',
                lambda found: f'"/{self.file_of(found[1]) or ""}"',
                text,
            )
        return self._elsewhere(text)

    def _write_static(self, address: str) -> None:
        name = unquote(address.removeprefix(settings.STATIC_URL))
        target = self.folder / self.file_of(address)  # type: ignore[operator]
        kept = Path(settings.STATIC_ROOT or "") / name
        source = kept if settings.STATIC_ROOT and kept.is_file() else finders.find(name)
        if source and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            self.written += 1

    def _needs_server(self) -> str:
        return self._rendered("catalogue/releases/needs_server.html", NEEDS_SERVER)

    def _write_404(self) -> None:
        """What many file servers show where there is nothing; it may be shown at any depth, so
        its links begin at the root.
        """
        self._put(
            "404.html",
            [
                self.page(
                    "404.html",
                    "/404.html",
                    self._rendered("catalogue/releases/no_file.html", "/404.html"),
                ).encode()
            ],
        )

    def _rendered(self, template: str, path: str) -> str:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "HTTP_HOST": self.host,
            "SERVER_NAME": self.host,
            "SERVER_PORT": "80",
            "wsgi.url_scheme": self.base.partition(":")[0],
            "wsgi.input": BytesIO(),
        }
        return render_to_string(template, {}, request=WSGIRequest(environ))

    def _put(self, name: str, body: bytes | Iterable[bytes]) -> None:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for piece in [body] if isinstance(body, bytes) else body:
                file.write(piece)
        self.written += 1


def _relative(here: str, there: str) -> str:
    """The link from one file to another. A folder stands for its index only where a browser
    opens it from a server, so it is named.
    """
    return quote(posixpath.relpath(there, posixpath.dirname(here) or "."))


def _as_name(value: str) -> str:
    """A value as the name of a file on any system: letters, digits, dots and hyphens; the rest
    by its number.
    """
    return re.sub(r"[^A-Za-z0-9._-]", lambda found: f"~{ord(found[0]):x}", value) or "~"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
