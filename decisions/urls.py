"""What readers do with the catalogue and its evidence."""

from django.urls import path, re_path

from serving.traits import costly

from .brief import views as brief
from .brief.forms import ALL_FORMS, QUICKER_FORMS
from .compare import files as compare_files
from .compare import views as compare
from .matrix import views as matrix
from .shortlist import link_views as links
from .shortlist import views as shortlist

urlpatterns = [
    path("compare/", compare.compare, name="compare"),
    path(
        "compare/comparison.<str:form>",
        compare_files.compare_file,
        name="compare-file",
    ),
    path(
        "compare/cite.<str:form>",
        compare_files.cite_comparison,
        name="compare-cite",
    ),
    path("embed/matrix/", matrix.matrix_alone, name="matrix-alone"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("shortlist/", shortlist.shortlist, name="shortlist"),
    path("shortlist/link", links.make_link, name="make-short-link"),
    # Other addresses of pages end in a slash: whoever types one comes to the list all the same.
    re_path(r"^s/(?P<code>[^/]+)/?$", links.follow_link, name="short-link"),
    path(
        "shortlist/of-list",
        shortlist.shortlist_of_list,
        name="shortlist-of-list",
    ),
    path("matrix/cite.<str:form>", matrix.cite_matrix, name="matrix-cite"),
    path(
        "matrix/table.png",
        costly(matrix.matrix_file),
        {"layout": "table", "form": "png"},
        name="matrix-png",
    ),
    path(
        "matrix/<str:layout>.<str:form>",
        matrix.matrix_file,
        name="matrix-file",
    ),
    path("shortlist/brief/", brief.brief, name="brief"),
    *(
        path(
            f"shortlist/brief.{ending}",
            costly(brief.brief, quicker=QUICKER_FORMS)
            if form.is_costly
            else brief.brief,
            {"ending": ending},
            name=f"brief-{ending}",
        )
        for ending, form in ALL_FORMS.items()
    ),
]
