"""What this app adds to the pages of the catalogue. `register` is called once, when Django is
ready.
"""

from catalogue.curation.feedback import OWN_WORDS
from catalogue.database import public
from catalogue.pages.browsing import FURTHER_LAYOUTS
from catalogue.pages.layouts import CARRIED
from catalogue.pages.sitemaps import SITEMAPS
from catalogue.templatetags.catalogue import (
    ENTRY_ACTIONS,
    PAIR_ACTIONS,
    EntryAction,
    PairAction,
)

from .compare.chosen import CHOSEN_TO_COMPARE, PARAMETER
from .compare.state import comparison_of_two, comparison_with
from .matrix.state import matrix_of
from .shortlist import carried, left_out
from .shortlist.left_out import without_reason
from .sitemaps import Tools

#: A short link leads to the same list for ever.
NOTHING_CHANGES = public.Rule(
    "a_short_link_is_never_changed",
    "decisions_shortlink",
    "UPDATE",
    "1 = 1",
)
#: The label of this app.
APP = "decisions"
#: What readers ask to be stored is seen by whoever has its address; it is no part of the catalogue.
PRIVATE = ["decisions_shortlink"]


def register():
    public.TABLES.register(public.Tables([], PRIVATE, secret=[]), APP)
    public.RULES.register(NOTHING_CHANGES, NOTHING_CHANGES.trigger)
    FURTHER_LAYOUTS.register(("Matrix", matrix_of), "matrix")
    FURTHER_LAYOUTS.register(("Shortlist", carried.shortlist_of), "shortlist")
    ENTRY_ACTIONS.register(EntryAction("Compare", comparison_with), "compare")
    add = EntryAction(
        carried.BEGIN,
        carried.shortlist_with,
        carried.PARAMETER,
        carried.toggled_in_list,
    )
    ENTRY_ACTIONS.register(add, "shortlist")
    CARRIED.register(carried.CHOSEN_FOR_SHORTLIST, carried.PARAMETER)
    CARRIED.register(carried.BESIDE_CHOSEN, carried.BESIDE_IT)
    PAIR_ACTIONS.register(
        PairAction("Compare with this", comparison_of_two),
        "compare",
    )
    CARRIED.register(CHOSEN_TO_COMPARE, PARAMETER)
    SITEMAPS.register(Tools(), "tools")
    OWN_WORDS.register(without_reason, left_out.PARAMETER)
    for name in ("title", "why", carried.BESIDE_IT):
        OWN_WORDS.register(_nothing, name)


def _nothing(value: str) -> str:
    return ""
