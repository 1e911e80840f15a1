"""What this app adds to the pages of the catalogue. `register` is called once, when Django is
ready.
"""

from catalogue.pages.browsing import FURTHER_LAYOUTS
from catalogue.pages.sitemaps import SITEMAPS

from .matrix.state import matrix_of
from .sitemaps import Tools


def register():
    FURTHER_LAYOUTS.register(("Matrix", matrix_of), "matrix")
    SITEMAPS.register(Tools(), "tools")
