from django.contrib.sitemaps.views import sitemap
from django.urls import path

from .curation import preview
from .pages import downloads, feeds, views
from .pages import feedback as feedback_views
from .pages import releases as releases
from .pages.sitemaps import SITEMAPS

#: The home page, the page of a mitigation and that of downloads show evidence too: what adds it
#: has their addresses.
urlpatterns = [
    path("mitigations/", views.MitigationListView.as_view(), name="mitigation-list"),
    path("mitigations/cite.<str:form>", views.cite_list, name="mitigation-list-cite"),
    path(
        "mitigations/<str:accession>/cite.<str:form>",
        views.cite_mitigation,
        name="mitigation-cite",
    ),
    path("preview/<str:token>/", preview.show, name="preview"),
    path("taxonomies/", views.TaxonomyListView.as_view(), name="taxonomy-list"),
    path(
        "taxonomies/<slug:slug>/",
        views.TaxonomyDetailView.as_view(),
        name="taxonomy-detail",
    ),
    path(
        "taxonomies/<slug:taxonomy>/<str:code>/",
        views.CategoryDetailView.as_view(),
        name="category-detail",
    ),
    path(
        "phases/<slug:slug>/",
        views.LifecyclePhaseDetailView.as_view(),
        name="phase-detail",
    ),
    path("actors/<slug:slug>/", views.ActorDetailView.as_view(), name="actor-detail"),
    path(
        "functions/<slug:slug>/",
        views.FunctionDetailView.as_view(),
        name="function-detail",
    ),
    path("documents/", views.DocumentListView.as_view(), name="document-list"),
    path(
        "documents/<slug:slug>/",
        views.DocumentDetailView.as_view(),
        name="document-detail",
    ),
    path(
        "documents/<slug:slug>/cite.<str:form>",
        views.cite_document,
        name="document-cite",
    ),
    path("data/catalogue.sqlite3", downloads.sqlite, name="data-sqlite"),
    path("data/dataset.jsonld", downloads.dataset_file, name="data-dataset"),
    path(
        "data/dictionary/", downloads.DictionaryView.as_view(), name="data-dictionary"
    ),
    path(
        "data/dictionary.json", downloads.dictionary_file, name="data-dictionary-file"
    ),
    path("data/mappings.<str:form>", downloads.mappings, name="data-mappings"),
    path("data/mitigations.nt", downloads.triples, name="data-triples"),
    path(
        "data/vocabularies/<str:vocabulary>.<str:form>",
        downloads.vocabulary,
        name="data-vocabulary",
    ),
    path(
        "data/taxonomies/<slug:slug>.<str:form>",
        downloads.taxonomy,
        name="data-taxonomy",
    ),
    path("data/cite.<str:form>", downloads.cite, name="data-cite"),
    path("data/releases/<str:number>/", releases.release_detail, name="release-detail"),
    path(
        "data/releases/<str:number>/cite.<str:form>",
        releases.release_cite,
        name="release-cite",
    ),
    path(
        "data/releases/<str:number>/<str:name>",
        releases.release_file,
        name="release-file",
    ),
    path("data/changes/", releases.changes, name="data-changes"),
    path("data/changes.<str:form>", releases.changes_file, name="data-changes-file"),
    path("releases/", releases.release_list, name="release-list"),
    path("changes/", feeds.recent_changes, name="changes"),
    path("changes.atom", feeds.ChangesFeed(), name="changes-feed"),
    path("about/", views.AboutView.as_view(), name="about"),
    path("feedback/", feedback_views.feedback, name="feedback"),
    path("feedback/<str:key>/", feedback_views.feedback_answer, name="feedback-answer"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.icon, name="icon"),
    path("opensearch.xml", views.opensearch, name="opensearch"),
]
