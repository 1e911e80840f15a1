"""In which format the API answers."""

import re
from collections.abc import Iterable

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from serving.parameters import described, unknown_value

from .refusals import BadParameters

QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


#: How much a media range is wanted, how exactly it names what it means, and the range itself.
Range = tuple[float, int, str]


def accepted_ranges(header: str) -> list[Range]:
    """The media ranges of a header Accept (RFC 9110, 12.5.1). Without the header, anything; a
    weight that is none makes a range void.
    """
    ranges = []
    for text in (header.strip() or "*/*").split(","):
        name, *parameters = [part.strip() for part in text.split(";")]
        name = name.lower()
        quality = 1.0
        own = []
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                quality = (
                    float(value) if QUALITY.fullmatch(value.strip()) else 0.0
                )
            else:
                own.append(parameter)
        main, _, sub = name.partition("/")
        exactness = (main != "*") + (sub != "*") + bool(own)
        ranges.append((quality, exactness, "; ".join([name, *own])))
    return ranges


def weight(media_type: str, ranges: list[Range]) -> Range:
    """What the range says of a media type that names it most exactly; 0 where none does."""
    covering = [
        one for one in ranges if covers(one[2].partition(";")[0], media_type)
    ]
    if not covering:
        return 0.0, 0, media_type
    quality, exactness, text = max(covering, key=lambda one: one[1])
    return quality, exactness, media_type if "*" in text else text


def covers(name: str, media_type: str) -> bool:
    main, _, sub = name.partition("/")
    if name in ("*/*", media_type):
        return True
    return sub == "*" and media_type.startswith(f"{main}/")


class FormatFirst(DefaultContentNegotiation):
    """The format that an address names, whatever is accepted: a link opens alike in every
    program. Otherwise by Accept.
    """

    def select_renderer(self, request, renderers, format_suffix=None):
        form = request.query_params.get(self.settings.URL_FORMAT_OVERRIDE)
        if not form:
            return self.by_accept(
                request.headers.get("Accept", ""),
                list(renderers),
            )
        [renderer, *_] = self.filter_renderers(renderers, form)
        return renderer, renderer.media_type

    def by_accept(
        self,
        header: str,
        renderers: list[BaseRenderer],
    ) -> tuple[BaseRenderer, str]:
        """The renderer that is wanted most, and the media type that it is wanted as. Of those
        that are wanted alike, one that is named comes before one that a wildcard covers, and
        then the first. Raises NotAcceptable.
        """
        ranges = accepted_ranges(header)
        wanted = [
            (weight(renderer.media_type, ranges), renderer)
            for renderer in renderers
        ]
        (quality, _, media_type), renderer = max(
            wanted,
            key=lambda pair: pair[0][:2],
        )
        if not quality:
            known = ", ".join(renderer.media_type for renderer in renderers)
            detail = f"None of the media types that “Accept” names can be had here. There are: {known}."
            raise NotAcceptable(detail, available_renderers=renderers)
        return renderer, media_type

    def filter_renderers(
        self,
        renderers: Iterable[BaseRenderer],
        format: str,
    ) -> list[BaseRenderer]:
        known = list(renderers)
        fitting = [renderer for renderer in known if renderer.format == format]
        if not fitting:
            allowed = [renderer.format for renderer in known]
            name = self.settings.URL_FORMAT_OVERRIDE
            raise BadParameters(
                [described(unknown_value(name, format, allowed))],
            )
        return fitting
