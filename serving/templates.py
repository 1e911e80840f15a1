import re

from django.template import Origin
from django.template.loaders import filesystem

INDENTATION = re.compile(r"\n[ \t]+")


class Loader(filesystem.Loader):
    """Reads templates of pages without the indentation of their lines, which is for those who
    write them: it was a fourth of the home page. Lines stay, and so do their numbers in errors.
    In a `pre` or a `textarea` indentation would be seen: a template has none there.
    """

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        if not origin.name.endswith(".html"):
            return contents
        return INDENTATION.sub("\n", contents)
