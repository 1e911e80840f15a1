"""What settings read from the environment, and the secret key where it gives none.

A variable that cannot be read raises ImproperlyConfigured with one line, which names it, its
value and what would be right. Of an address only the beginning is named: it may hold a password.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env
from environ.fileaware_mapping import FileAwareMapping

ON = (*Env.BOOLEAN_TRUE_STRINGS, "t")
OFF = ("false", "off", "no", "n", "f", "0", "")
DATABASE_ADDRESS = (
    "it must be postgres://user:password@host:5432/name or sqlite:///path"
)
CACHE_ADDRESS = "it must be redis://:password@host:6379/0 or locmemcache://"
MAIL_ADDRESS = "it must be smtp+tls://user:password@host:587, or unset"
ENGINES = ("django.db.backends.postgresql", "django.db.backends.sqlite3")


class Files(FileAwareMapping):
    """NAME_FILE names a file that holds NAME, such as a secret of a container. The end of its
    line is not part of it.
    """

    def __getitem__(self, key):
        try:
            return super().__getitem__(key).strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{key}_FILE={error.filename} cannot be read ({error.strerror}): name a file that holds {key}, or unset it.",
            ) from error


def whole_number(text: str, least: int = 0) -> int:
    """Raises ValueError, with what would be right, for what is none or less than `least`."""
    with suppress(ValueError):
        number = int(text)
        if number >= least:
            return number
    raise ValueError(f"a whole number, {least} or more")


def switch(text: str) -> bool:
    """Raises ValueError, with what would be right, for what means neither on nor off."""
    word = str(text).strip().lower()
    if word in ON:
        return True
    if word in OFF:
        return False
    raise ValueError("true or false")


def one_of(*words: str) -> Callable[[str], str]:
    """What reads one of these words. It raises ValueError with all of them for another."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text

    return read


def web_address(text: str) -> str:
    """Raises ValueError, with what would be right, for what is no address of a site."""
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("an address such as https://catalogue.example.org")
    return text


def address_config(
    name: str,
    address: str,
    read: Callable[[str], dict[str, Any]],
    expected: str,
) -> dict[str, Any]:
    """What `read` makes of an address. Raises ImproperlyConfigured where it makes nothing."""
    if "://" in address:
        with suppress(ValueError, ImproperlyConfigured):
            return read(address)
    raise _wrong_address(name, address, expected)


def database_config(
    name: str,
    address: str,
    engines: Sequence[str] = ENGINES,
    expected: str = DATABASE_ADDRESS,
) -> dict[str, Any]:
    """The database at an address. Raises ImproperlyConfigured for one of no engine of these."""
    config = address_config(name, address, Env.db_url_config, expected)
    if config.get("ENGINE") not in engines:
        raise _wrong_address(name, address, expected)
    return dict(config)


def _wrong_address(
    name: str,
    address: str,
    expected: str,
) -> ImproperlyConfigured:
    scheme, separator, _ = address.partition("://")
    held = f"{scheme}://..." if separator else "no address"
    return ImproperlyConfigured(f"{name} holds {held}: {expected}.")


class Environment(Env):
    ENVIRON = Files()

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = Env.NOTSET,
        parse_default: Any = False,
    ) -> Any:
        try:
            return super().get_value(var, cast, default, parse_default)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{var}={self.ENVIRON.get(var)} cannot be read: set it to {error}, or unset it.",
            ) from error

    def int(
        self,
        var: str,
        default: Any = Env.NOTSET,
        least: Any = 0,
    ) -> Any:
        return self.get_value(var, partial(whole_number, least=least), default)

    def bool(self, var: str, default: Any = Env.NOTSET) -> Any:
        return self.get_value(var, switch, default)

    def db(self, var: str, default: str) -> dict[str, Any]:
        return database_config(var, self.get_value(var, default=default))

    def cache_url(self, var: str, default: str) -> dict[str, Any]:
        address = self.get_value(var, default=default) or default
        read = self.cache_url_config
        return address_config(var, address, read, CACHE_ADDRESS)

    def email_url(self, var: str, default: str) -> dict[str, Any]:
        address = self.get_value(var, default=default) or default
        read = self.email_url_config
        return address_config(var, address, read, MAIL_ADDRESS)


def own_folder(name: str, path: Path) -> Path:
    """The folder that a variable names, made where it is missing, for its owner alone."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}={path} cannot be made ({error.strerror}): name a folder in which the site may write.",
        ) from error
    return path


def stored_secret_key(path: Path) -> str:
    """The key in `path`; made on first use, readable by its owner alone, and there only when it
    is whole: processes that start together all take the one that was there first.
    """
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text().strip()
