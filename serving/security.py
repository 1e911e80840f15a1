"""The headers with which every answer tells browsers what it may do: whoever answers, they are
decided here.
"""

from collections.abc import Callable

from csp.constants import HEADER as CSP
from csp.constants import NONE, SELF
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from .logs import is_secret
from .sharing import is_shared

Headers = list[tuple[str, str]]

#: Nothing but what this site serves, and nothing inline: no nonce is needed, so that kept
#: answers carry the same policy.
DIRECTIVES: dict[str, object] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}

#: What no page here asks of a browser, by the names that browsers know.
UNUSED = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS = ", ".join(
    [*(f"{name}=()" for name in UNUSED), "clipboard-write=(self)"],
)


#: What only pages use: a browser heeds none of these where a stylesheet, a script or a font
#: comes with it, and a first visit fetches seven of them.
HEADERS_OF_PAGES = (
    CSP,
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "X-Frame-Options",
)

#: No browser shows one of these as a page of its own that could do anything. An SVG is none of
#: them: opened by its address, it is a document, which may hold scripts.
PARTS_OF_PAGES = ("text/css", "text/javascript", "font/woff2")


#: At secret addresses. A browser names the site, and not the page, to whatever it asks for from
#: there. Without a referrer at all it would send forms with `Origin: null`, which Django
#: refuses.
SECRET_REFERRER_POLICY = "strict-origin"


class SecurityHeaders:
    """What neither Django nor django-csp sets."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault(
            "X-Content-Type-Options",
            "nosniff",
        )  # also where SecurityMiddleware is not reached
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault(
            "Cross-Origin-Resource-Policy",
            resource_policy(request.path_info),
        )
        if response.headers.get("Referrer-Policy") in (
            None,
            settings.SECURE_REFERRER_POLICY,
        ):  # or a view was stricter
            response.headers["Referrer-Policy"] = referrer_policy(
                request.path_info,
            )
        if is_part_of_pages(response):
            for name in HEADERS_OF_PAGES:
                response.headers.pop(name, None)
        return response


def is_part_of_pages(response: HttpResponseBase) -> bool:
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    return media_type.strip().lower() in PARTS_OF_PAGES


def resource_policy(path: str) -> str:
    return "cross-origin" if is_shared(path) else "same-origin"


def referrer_policy(path: str) -> str:
    if is_secret(path):
        return SECRET_REFERRER_POLICY
    return settings.SECURE_REFERRER_POLICY


def refusal_headers(path: str) -> Headers:
    """For what is refused before Django is asked."""
    own = [
        (CSP, build_policy()),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
        ("Referrer-Policy", referrer_policy(path)),
        (
            "Cross-Origin-Opener-Policy",
            settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        ),
        ("Cross-Origin-Resource-Policy", resource_policy(path)),
        ("Permissions-Policy", PERMISSIONS),
    ]
    if settings.SECURE_HSTS_SECONDS:
        return [*own, ("Strict-Transport-Security", strict_transport())]
    return own


def strict_transport() -> str:
    further = (
        "; includeSubDomains; preload"
        if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
        else ""
    )
    return f"max-age={settings.SECURE_HSTS_SECONDS}{further}"
