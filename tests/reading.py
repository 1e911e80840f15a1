"""Readers who come in by the WSGI application that the server runs, past Django's own test
client.
"""

import re
import threading
from dataclasses import dataclass

from django.test import RequestFactory

from config.wsgi import django_application
from serving.answers import PublicAnswers


def markup(response) -> str:
    """The page of a response without what no browser shows: whitespace between tags, and more
    than one space elsewhere.
    """
    text = re.sub(r"\s+", " ", response.content.decode())
    return text.replace("> <", "><")


@dataclass
class Read:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def etag(self):
        return self.headers.get("etag")


def ask(application, path, method="GET", headers=None, **environ) -> Read:
    """One request; `headers` by their names in HTTP."""
    begun = []
    named = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in (headers or {}).items()
    }
    request = RequestFactory().generic(
        method,
        path,
        **{"HTTP_HOST": "testserver", **named, **environ},
    )
    # As it comes in: Django's own request has decoded the path.
    body = application(
        {**request.environ, **environ},
        lambda status, headers, exc_info=None: begun.append((status, headers)),
    )
    try:
        whole = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    [(status, sent)] = begun
    names = [name.lower() for name, _ in sent]
    assert len(set(names)) == len(names) or "set-cookie" in names
    return Read(
        int(status[:3]),
        {name.lower(): value for name, value in sent},
        whole,
    )


class Counting:
    """Django, which counts what it is asked to render."""

    def __init__(self, application=django_application):
        self.application = application
        self.rendered = 0
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        with self.lock:
            self.rendered += 1
        return self.application(environ, start_response)


class Readers:
    """A process that serves the site: `get` and `head` ask it, `rendered` counts what was not
    at hand.
    """

    def __init__(self, application=django_application):
        self.django = Counting(application)
        self.application = PublicAnswers(self.django)

    @property
    def rendered(self):
        return self.django.rendered

    def get(self, path, **asked) -> Read:
        return ask(self.application, path, **asked)

    def head(self, path, **asked) -> Read:
        return ask(self.application, path, "HEAD", **asked)
