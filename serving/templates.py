import re

from django.template import Origin
from django.template.loaders import filesystem

INDENTATION = re.compile(r"\n[ \t]+")


class Loader(filesystem.Loader):
    """Reads templates of pages without the indentation of their lines, which is
    for those who write them: a fourth of a list. Lines stay, and so do their numbers
    in errors. What stands in a `pre` or `textarea` comes from the context,
    and is left alone.
    """

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        if not origin.name.endswith(".html"):
            return contents
        return INDENTATION.sub("\n", contents)
