"""Which format a request asks for with its header Accept."""

from rest_framework.renderers import BaseRenderer

from serving.renderers import JSONRenderer

from .formats import FORMATS, Format


def _renderer(form: Format) -> type[BaseRenderer]:
    """Stands for a format where REST framework chooses. It only ever writes errors, which are
    JSON.
    """
    members = {
        "media_type": form.media_type,
        "format": form.name,
        "form": form.name,
        "charset": None,
    }
    return type(f"{form.name.title()}Renderer", (JSONRenderer,), members)


#: Pages first: they are what whoever takes anything gets.
RENDERERS: list[type[BaseRenderer]] = [
    JSONRenderer,
    *(_renderer(form) for form in FORMATS.values() if form.name != "json"),
]
