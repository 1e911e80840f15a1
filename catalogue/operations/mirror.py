"""A release as a static copy of the whole site, which any file server can carry, and any
browser can open from a folder.

Pages are asked from the site itself and written as `folder/index.html`. Links within become
relative. A link whose query was not written beforehand leads to the live site where its address
is told, and else to a page that says why it leads no further.
"""

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
from urllib.parse import (
    quote,
    unquote,
    urlencode,
    urljoin,
)

import lxml.html
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponseBase
from django.template.loader import render_to_string
from lxml import etree

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.ordering import BY_RELEVANCE

from .. import reading
from ..releases import copies, files
from .mirrored_addresses import (
    LISTS,
    NEEDS_SERVER,
    RECORDS,
    MirroredAddresses,
    as_file_name,
)

#: An address with a scheme, or at least a host.
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//")
#: Attributes that hold an address.
LINKS = ("href", "src", "action")
#: What tells search engines where a page stands. A copy without a live site has no address.
HERE = (
    '//link[@rel="canonical" or @rel="search"]'
    ' | //meta[@property="og:url" or @property="og:image"]'
)
#: In media types of answers that name addresses in plain text.
TEXTUAL = ("/xml", "+xml", "json", "charset=utf-8", "text/")
FORM_NOTE = "This needs a server, and this is a static copy. Use the lists, or the files under “Data”."
INCLUDE = "document,mappings,provisions,evidence,comments,history"
#: Pages from which all others are found.
BEGINNINGS = (
    "/",
    "/sitemap.xml",
    "/robots.txt",
    "/changes/",
    "/changes.atom",
    "/about/",
    "/data/",
)


class CannotMirror(Exception):
    """The message is one line and says what to do."""


@dataclass(kw_only=True)
class Mirror(MirroredAddresses):
    """Writes a release to `folder`."""

    folder: Path
    tell: Callable[[int, int], None] = lambda done, waiting: None
    waiting: deque[str] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    written: int = 0

    @cached_property
    def handler(self) -> BaseHandler:
        handler = BaseHandler()
        handler.load_middleware()
        return handler

    def write(self) -> int:
        """The number of files. Raises CannotMirror."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise CannotMirror(
                f"{self.folder} is not empty: name a new folder.",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        with reading.mirroring(copies.open_copy(self.release), self.site):
            self._write_files()
            self._write_api()
            self._follow([*BEGINNINGS, *self._lists()])
            needs_server = self._rendered(
                "catalogue/releases/needs_server.html",
                NEEDS_SERVER,
            )
            self._write_page(NEEDS_SERVER, needs_server)
            self._write_404()
        return self.written

    # Asking

    def _request(self, path: str, query: str = "") -> WSGIRequest:
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
            name, value = settings.SECURE_PROXY_SSL_HEADER
            environ[name] = value
        return WSGIRequest(environ)

    def ask(self, address: str) -> HttpResponseBase:
        path, _, query = address.partition("?")
        return self.handler.get_response(self._request(path, query))

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
            if answer := self.read(address):
                self._write_answer(address, *answer)

    def wait_for(self, address: str) -> None:
        if address not in self.seen:
            self.seen.add(address)
            self.waiting.append(address)

    def _lists(self) -> Iterator[str]:
        """Of every facet of the list, each value by itself; each order; the list as a table."""
        filters = MitigationFilter(None, None)
        for name, facet in filters.facet_filters.items():
            for choice in facet.offered(filters.index):
                yield f"{self.list_path}?{urlencode({name: choice.value})}"
        for ordering in filters.offered_orderings():
            if ordering != BY_RELEVANCE:
                yield f"{self.list_path}?{urlencode({'ordering': ordering})}"

    def link(self, here: str, address: str) -> str:
        """An address of the site as a link from the file `here`. What it leads to is written
        too, if it can be.
        """
        plain, hash_sign, fragment = address.partition("#")
        file = self.file_of(plain)
        # The API is written before any page: what it has not by then, it never will.
        is_record = plain.startswith("/api/v1/") and "?" not in plain
        if file is None or (is_record and not (self.folder / file).exists()):
            if self.site:
                return self.live(address)
            return _relative(here, f"{NEEDS_SERVER[1:]}index.html")
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

    def _write_answer(
        self,
        address: str,
        media_type: str,
        body: bytes,
    ) -> None:
        file = self.file_of(address)
        assert file is not None
        if media_type.startswith("text/html"):
            self._write_page(address, body.decode())
        elif any(word in media_type for word in TEXTUAL):
            self._put(file, self._elsewhere(body.decode()).encode())
        else:
            self._put(file, body)

    def _write_page(self, address: str, text: str) -> None:
        file = self.file_of(address)
        assert file is not None
        self._put(file, self.page(file, address, text).encode())

    def page(self, here: str, address: str, text: str) -> str:
        """A page of the site as it stands in the file `here`."""
        document = lxml.html.document_fromstring(text)
        if not self.site:
            for element in document.xpath(HERE):
                element.drop_tree()
        for form in list(document.iter("form")):
            self._rewrite_form(address, form)
        for element in document.iter(etree.Element):
            for name in list(element.attrib):
                if name.startswith(
                    "hx-",
                ):  # it asks a server for parts of pages
                    del element.attrib[name]
                elif name in LINKS:
                    link = self._link_in_page(
                        here,
                        address,
                        element.attrib[name],
                    )
                    element.attrib[name] = link
        doctype = document.getroottree().docinfo.doctype
        text = lxml.html.tostring(
            document,
            encoding="unicode",
            doctype=doctype,
        )
        return self._elsewhere(text)

    def _link_in_page(self, here: str, address: str, link: str) -> str:
        """A link of the page at an address of the site, as it stands in the file `here`."""
        if link.startswith(f"{self.base}/"):
            own = link.removeprefix(self.base)
            if self.site:
                return self.live(own)
        else:
            own = link
        if not own or own.startswith("#") or ELSEWHERE.match(own):
            return link
        path = address.partition("?")[0]
        target = (
            path + own if own.startswith("?") else posixpath.join(path, own)
        )
        # A question mark alone takes all filters off.
        return self.link(here, target.rstrip("?"))

    def _rewrite_form(self, address: str, form: lxml.html.FormElement) -> None:
        """Has a form lead to the live site; without one, a note stands in its place."""
        if self.site:
            action = form.get("action")
            if action is None:
                action = address.partition("?")[0]
            form.set("action", self.live(action))
        elif form.get("class") == "try":
            form.drop_tree()
        else:
            note = lxml.html.Element("p", {"class": "notice"})
            note.text = FORM_NOTE
            note.tail = form.tail
            form.getparent().replace(form, note)

    def _elsewhere(self, text: str) -> str:
        """What is said of addresses in text: those of the live site, or without a host."""
        host = re.compile(rf"{re.escape(self.base)}(/[^\s\"'<>\\]*)?")

        def moved(match: re.Match[str]) -> str:
            path = match[1] or "/"
            return self.live(path) if self.site else path

        return host.sub(moved, text)

    def _write_files(self) -> None:
        folder = f"data/releases/{self.release.number}"
        for file in self.release.files.filter(is_download=True):
            self._put(f"{folder}/{file.name}", files.stored_bytes(file))
        self._put(
            f"{folder}/{files.RECORDS}",
            files.lines_of_records(self.release),
        )
        self._put(f"{folder}/{files.SUMS}", files.sums(self.release).encode())

    def _write_api(self) -> None:
        """Every resource as one list, and every record by itself."""
        for resource in LISTS:
            include = (
                f"&include={INCLUDE}" if resource == "mitigations" else ""
            )
            answer = self.read(f"/api/v1/{resource}/?format=json{include}")
            assert answer is not None, resource
            _, body = answer
            document = json.loads(self._api_addresses(body.decode()))
            self._put(f"api/v1/{resource}.json", _json(document))
            if resource in RECORDS:
                self._write_records(resource, document["results"])
        if answer := self.read("/api/v1/schema/"):
            _, body = answer
            self._put(
                "api/v1/schema.json",
                self._elsewhere(body.decode()).encode(),
            )

    def _write_records(
        self,
        resource: str,
        records: list[dict[str, Any]],
    ) -> None:
        for record in records:
            name = record[RECORDS[resource]]
            if resource == "categories":
                name = f"{record['taxonomy']}:{name}"
            self._put(
                f"api/v1/{resource}/{as_file_name(name)}.json",
                _json(record),
            )

    def _api_addresses(self, text: str) -> str:
        """Of records, those of the files that they are written to; whole ones of the live site
        where it is told.
        """
        if not self.site:
            address = rf'"{re.escape(self.base)}(/api/v1/[^"?]*)"'
            text = re.sub(
                address,
                lambda match: f'"/{self.file_of(match[1]) or ""}"',
                text,
            )
        return self._elsewhere(text)

    def _write_static(self, address: str) -> None:
        name = unquote(address.removeprefix(settings.STATIC_URL))
        target = self.folder / self.file_of(address)  # type: ignore[operator]
        source: Any = Path(settings.STATIC_ROOT or "") / name
        if not settings.STATIC_ROOT or not source.is_file():
            source = finders.find(name)
        if source and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            self.written += 1
            if target.suffix == ".css":
                self._write_fonts(address, target.read_text())

    def _write_fonts(self, address: str, style_sheet: str) -> None:
        """What a style sheet names, such as fonts."""
        for name in re.findall(r'url\("([^":]+)"\)', style_sheet):
            self._write_static(urljoin(address, name))

    def _write_404(self) -> None:
        """What many file servers show where there is nothing; it may be shown at any depth, so
        its links begin at the root.
        """
        text = self._rendered("catalogue/releases/no_file.html", "/404.html")
        self._put(
            "404.html",
            self.page("404.html", "/404.html", text).encode(),
        )

    def _rendered(self, template: str, path: str) -> str:
        return render_to_string(template, {}, request=self._request(path))

    def _put(self, name: str, body: bytes | Iterable[bytes]) -> None:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            if isinstance(body, bytes):
                file.write(body)
            else:
                file.writelines(body)
        self.written += 1


def _relative(here: str, there: str) -> str:
    """The link from one file to another. A folder stands for its index only where a browser
    opens it from a server, so it is named.
    """
    return quote(posixpath.relpath(there, posixpath.dirname(here) or "."))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
