"""What the log says, a line of JSON for each entry, and what it never says: who read, and what
opens a door.

A request is named by an id, which the reader sees on a page of an error and in the header
`X-Request-ID`. With LOG_LEVEL=INFO there is a line for each request: method, path without its
query, status, and milliseconds; no address, cookie or browser. What experts ask for is in no
line: with the minutes of their answers, whoever knows when somebody answered would know which
answers are theirs.
"""

import logging
import random
import re
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import orjson

#: Addresses whose next part is all that it takes to read or write there: of experts'
#: questionnaires, previews, readers' feedback, and new passwords. A new kind of secret link is
#: added here.
SECRET_PATHS = ("answer", "preview", "feedback", "reset")
LINK = re.compile(rf"/({'|'.join(SECRET_PATHS)})/[^/\s?\"']+")
#: Of these not even the moment is written down, unless something broke.
UNTIMED = re.compile(r"/answer/[^/\s?\"']")
#: In a traceback, what PostgreSQL says of the row that it would not have.
ROW = re.compile(r"^DETAIL:.*$", re.MULTILINE)
REQUEST_ID = "X-Request-ID"
#: In characters: what strangers ask for is as long as they like, and each line is kept for long.
LONGEST_PATH = 300
LONGEST_MESSAGE = 1000
#: What a proxy of ours may name a request.
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

requests = logging.getLogger("catalogue.requests")
_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The id of the request that this thread answers; nothing outside of one."""
    return _current.get()


def begin_request(given: str | None = None) -> str:
    """Names the request that this thread now answers: as it is called already, where that is a
    name, else anew.
    """
    name = (
        given
        if given and GIVEN_ID.fullmatch(given)
        else f"{random.getrandbits(64):016x}"
    )
    _current.set(name)
    return name


def log_request(environ: dict[str, Any], status: str, began: float) -> None:
    """Writes the line of a request. A kept answer takes less time than Python's logging would
    take to find out who logs.
    """
    if UNTIMED.search(environ["PATH_INFO"]):
        return
    told = {
        "method": environ["REQUEST_METHOD"],
        "path": shortened(without_links(environ["PATH_INFO"]), LONGEST_PATH),
        "status": int(status[:3]),
        "ms": round((time.perf_counter() - began) * 1000, 1),
    }
    record = logging.LogRecord(
        requests.name,
        logging.INFO,
        "",
        0,
        "request",
        None,
        None,
    )
    record.__dict__["told"] = told
    requests.handle(record)


def is_secret(path: str) -> bool:
    """Whether a path is all that it takes to read or write what stands there."""
    return bool(LINK.search(path))


def without_links(text: str) -> str:
    return LINK.sub(r"/\1/…", text)


def shortened(text: str, longest: int) -> str:
    """Its beginning, and how long it was, where it is longer than that."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text)} characters)"


def without_rows(text: str) -> str:
    return ROW.sub("DETAIL: left out, since it quotes the row", text)


@lru_cache(maxsize=2)
def _second(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


class WithoutLinks(logging.Filter):
    """Leaves out the tokens of links, the rest of what is very long, and whole lines on what
    experts ask for, unless something broke: those would tell, with the time of a line, who
    answered when.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.levelno < logging.ERROR and UNTIMED.search(text):
            return False
        fit = shortened(without_links(text), LONGEST_MESSAGE)
        if fit != text:
            record.msg = fit
            record.args = ()
        return True


class Text(logging.Formatter):
    """An entry as plain text."""

    def formatException(self, ei: Any) -> str:
        return without_rows(without_links(super().formatException(ei)))


class Lines(Text):
    """An entry as one line of JSON: `time` (UTC), `level`, `logger`, `message`, the request's
    id, and a traceback if any.
    """

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if name := request_id():
            told["request_id"] = name
        told |= getattr(record, "told", {})
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(told, default=str).decode()


def configuration(form: str, level: str) -> dict[str, Any]:
    """The setting LOGGING: entries as `json` or `text`, from `level` on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_links": {"()": WithoutLinks}},
        "formatters": {
            "json": {"()": Lines},
            "text": {
                "()": Text,
                "fmt": "%(levelname)s %(name)s: %(message)s",
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["without_links"],
                "formatter": form,
            },
        },
        "root": {"handlers": ["console"], "level": level},
        # Instead of Django's own handlers, which know nothing of the filter.
        "loggers": {
            "django": {"handlers": []},
            # Strangers who name another host are refused; a traceback for each would fill the log.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Who sends too much is told so, and it is no fault of the site.
            "django.security.RequestDataTooBig": {"level": "CRITICAL"},
            "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
            "django.security.TooManyFilesSent": {"level": "CRITICAL"},
            "django.server": {
                "handlers": ["console"],
                "level": "INFO",
                "propagate": False,
            },
            # Below that, each statement with what it writes: answers of experts with the minute
            # they were given.
            "django.db.backends": {"level": "INFO"},
            # Below that, all that a page was made from, where its template asks for something that
            # is not there.
            "django.template": {"level": "INFO"},
        },
    }
