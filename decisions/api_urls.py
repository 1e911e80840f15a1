"""Their addresses in the API, under that of its version."""

from django.urls import path

from .api import CompareViewSet
from .brief_api import BriefViewSet
from .shortlist_api import ShortlistViewSet

urlpatterns = [
    path(
        "mitigations/compare/",
        CompareViewSet.as_view({"get": "list"}),
        name="compare-list",
    ),
    # Of chosen mitigations: without any there is nothing, so that the root does not name them.
    path(
        "shortlist/",
        ShortlistViewSet.as_view({"get": "list"}),
        name="shortlist-list",
    ),
    path(
        "shortlist/brief/",
        BriefViewSet.as_view({"get": "list"}),
        name="brief-list",
    ),
]
