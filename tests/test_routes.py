"""Every route is reached: none stands behind another that takes its addresses."""

import re

import pytest
from django.urls import URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern

PLACE = re.compile(r"<(?:(\w+):)?\w+>")
VALUES = {"int": "1", "path": "x/y"}


def routes(resolver, before=""):
    """(an address that a route takes, its view) of all routes of ours that are no regular
    expressions.
    """
    for one in resolver.url_patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        address = before + PLACE.sub(
            lambda place: VALUES.get(place[1], "x1"),
            str(one.pattern),
        )
        if address.startswith("admin/"):
            continue
        if isinstance(one, URLResolver):
            yield from routes(one, address)
        else:
            yield address, one.callback


ROUTES = list(routes(get_resolver()))


@pytest.mark.parametrize(
    ("address", "view"),
    ROUTES,
    ids=[f"/{address}" for address, _ in ROUTES],
)
def test_a_route_is_reached(address, view):
    assert resolve(f"/{address}").func is view
