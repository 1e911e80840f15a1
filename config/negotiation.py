"""In which format the API answers."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from .refusals import BadParameters


class FormatFirst(DefaultContentNegotiation):
    """The format that an address names, whatever is accepted: a link opens alike in every program. Otherwise by Accept."""

    def select_renderer(self, request, renderers, format_suffix=None):
        named = request.query_params.get(self.settings.URL_FORMAT_OVERRIDE)
        if not named:
            return super().select_renderer(request, renderers, format_suffix)
        found = next(iter(self.filter_renderers(renderers, named)))
        return found, found.media_type

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        known = list(renderers)
        found = [renderer for renderer in known if renderer.format == format]
        if not found:
            raise BadParameters([self.unknown(format, [renderer.format for renderer in known])])
        return found

    def unknown(self, format: str, allowed: list[str]) -> dict:
        name = self.settings.URL_FORMAT_OVERRIDE
        detail = f"“{format[:80]}” is no value of “{name}”. Allowed: {', '.join(allowed)}."
        return {"parameter": name, "value": format[:80], "detail": detail, "allowed": allowed, "suggestion": None}
