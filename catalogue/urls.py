from django.contrib.sitemaps.views import sitemap
from django.urls import path

from serving.traits import costly, ignores_query, refuses_query

from .curation import preview
from .models import VOCABULARIES
from .pages import (
    citing,
    crosswalk,
    downloads,
    feeds,
    instruments,
    list_feeds,
    search,
    views,
)
from .pages import feedback as feedback_views
from .pages import releases as releases
from .pages.sitemaps import SITEMAPS

#: The home page, the page of a mitigation and that of downloads show evidence too: what adds it
#: has their addresses.
urlpatterns = [
    path(
        "mitigations/",
        views.MitigationListView.as_view(),
        name="mitigation-list",
    ),
    path(
        "mitigations/cite.<str:form>",
        costly(citing.cite_list),
        name="mitigation-list-cite",
    ),
    path(
        "mitigations/<str:accession>/cite.<str:form>",
        refuses_query(views.cite_mitigation),
        name="mitigation-cite",
    ),
    # What they show depends on what is typed.
    path("search/", search.search, name="search"),
    path(
        "search/suggestions/",
        search.suggestions,
        name="search-suggestions",
    ),
    path("preview/<str:token>/", preview.show, name="preview"),
    path(
        "taxonomies/",
        ignores_query(views.TaxonomyListView.as_view()),
        name="taxonomy-list",
    ),
    path(
        "taxonomies/<slug:slug>/",
        ignores_query(views.TaxonomyDetailView.as_view()),
        name="taxonomy-detail",
    ),
    path(
        "taxonomies/<slug:taxonomy>/<str:code>/",
        ignores_query(views.CategoryDetailView.as_view()),
        name="category-detail",
    ),
    *(
        path(
            f"{terms.relation}/",
            ignores_query(views.TermListView.as_view(model=terms)),
            name=f"{terms.parameter}-list",
        )
        for terms in VOCABULARIES
    ),
    *(
        path(
            f"{terms.relation}/<slug:slug>/",
            ignores_query(views.TermDetailView.as_view(model=terms)),
            name=f"{terms.parameter}-detail",
        )
        for terms in VOCABULARIES
    ),
    path(
        "documents/",
        ignores_query(views.DocumentListView.as_view()),
        name="document-list",
    ),
    path(
        "documents/<slug:slug>/",
        ignores_query(views.DocumentDetailView.as_view()),
        name="document-detail",
    ),
    path(
        "documents/<slug:slug>/cite.<str:form>",
        refuses_query(views.cite_document),
        name="document-cite",
    ),
    path(
        "instruments/",
        ignores_query(instruments.InstrumentListView.as_view()),
        name="instrument-list",
    ),
    path(
        "instruments/<slug:slug>/",
        ignores_query(instruments.InstrumentDetailView.as_view()),
        name="instrument-detail",
    ),
    path("crosswalk/", crosswalk.crosswalk, name="crosswalk"),
    path(
        "crosswalk/table.csv",
        costly(crosswalk.crosswalk_table),
        name="crosswalk-table",
    ),
    path(
        "crosswalk/mappings.sssom.tsv",
        costly(crosswalk.crosswalk_mappings),
        name="crosswalk-mappings",
    ),
    path(
        "data/catalogue.sqlite3",
        costly(refuses_query(downloads.sqlite)),
        name="data-sqlite",
    ),
    path(
        "data/dataset.jsonld",
        refuses_query(downloads.dataset_file),
        name="data-dataset",
    ),
    path(
        "data/dictionary/",
        ignores_query(downloads.DictionaryView.as_view()),
        name="data-dictionary",
    ),
    path(
        "data/dictionary.json",
        refuses_query(downloads.dictionary_file),
        name="data-dictionary-file",
    ),
    path(
        "data/mappings.<str:form>",
        costly(refuses_query(downloads.mappings)),
        name="data-mappings",
    ),
    path(
        "data/mitigations.nt",
        costly(refuses_query(downloads.triples)),
        name="data-triples",
    ),
    path(
        "data/vocabularies/<str:vocabulary>.<str:form>",
        refuses_query(downloads.vocabulary),
        name="data-vocabulary",
    ),
    path(
        "data/taxonomies/<slug:slug>.<str:form>",
        costly(refuses_query(downloads.taxonomy)),
        name="data-taxonomy",
    ),
    path(
        "data/cite.<str:form>",
        refuses_query(downloads.cite),
        name="data-cite",
    ),
    path(
        "data/releases/<str:number>/",
        releases.release_detail,
        name="release-detail",
    ),
    path(
        "data/releases/<str:number>/cite.<str:form>",
        refuses_query(releases.release_cite),
        name="release-cite",
    ),
    path(
        "data/releases/<str:number>/<str:name>",
        refuses_query(releases.release_file),
        name="release-file",
    ),
    path("data/changes/", costly(releases.changes), name="data-changes"),
    path(
        "data/changes.<str:form>",
        costly(releases.changes_file),
        name="data-changes-file",
    ),
    path("releases/", releases.release_list, name="release-list"),
    path("changes/", feeds.recent_changes, name="changes"),
    path(
        "mitigations.atom",
        list_feeds.MitigationsFeed(),
        name="mitigation-feed",
    ),
    path(
        "changes.atom",
        refuses_query(feeds.ChangesFeed()),
        name="changes-feed",
    ),
    path("about/", ignores_query(views.AboutView.as_view()), name="about"),
    path("feedback/", feedback_views.feedback, name="feedback"),
    path(
        "feedback/<str:key>/",
        feedback_views.feedback_answer,
        name="feedback-answer",
    ),
    path(
        "sitemap.xml",
        costly(sitemap),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
    path("robots.txt", ignores_query(views.robots), name="robots"),
    path("favicon.ico", views.icon, name="icon"),
    path("opensearch.xml", ignores_query(views.opensearch), name="opensearch"),
]
