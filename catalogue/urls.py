from django.contrib.sitemaps.views import sitemap
from django.urls import path

from . import downloads, preview, views
from .sitemaps import SITEMAPS

urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("mitigations/", views.MitigationListView.as_view(), name="mitigation-list"),
    path("mitigations/<str:accession>/", views.MitigationDetailView.as_view(), name="mitigation-detail"),
    path("mitigations/<str:accession>/cite.<str:form>", views.cite_mitigation, name="mitigation-cite"),
    path("preview/<str:token>/", preview.show, name="preview"),
    path("taxonomies/", views.TaxonomyListView.as_view(), name="taxonomy-list"),
    path("taxonomies/<slug:slug>/", views.TaxonomyDetailView.as_view(), name="taxonomy-detail"),
    path("taxonomies/<slug:taxonomy>/<str:code>/", views.CategoryDetailView.as_view(), name="category-detail"),
    path("phases/<slug:slug>/", views.LifecyclePhaseDetailView.as_view(), name="phase-detail"),
    path("actors/<slug:slug>/", views.ActorDetailView.as_view(), name="actor-detail"),
    path("functions/<slug:slug>/", views.FunctionDetailView.as_view(), name="function-detail"),
    path("documents/", views.DocumentListView.as_view(), name="document-list"),
    path("documents/<slug:slug>/", views.DocumentDetailView.as_view(), name="document-detail"),
    path("documents/<slug:slug>/cite.<str:form>", views.cite_document, name="document-cite"),
    path("data/", downloads.DataView.as_view(), name="data"),
    path("data/catalogue.sqlite3", downloads.sqlite, name="data-sqlite"),
    path("data/dataset.jsonld", downloads.dataset_file, name="data-dataset"),
    path("data/dictionary/", downloads.DictionaryView.as_view(), name="data-dictionary"),
    path("data/dictionary.json", downloads.dictionary_file, name="data-dictionary-file"),
    path("data/mappings.<str:form>", downloads.mappings, name="data-mappings"),
    path("data/taxonomies/<slug:slug>.<str:form>", downloads.taxonomy, name="data-taxonomy"),
    path("data/cite.<str:form>", downloads.cite, name="data-cite"),
    path("about/", views.AboutView.as_view(), name="about"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("opensearch.xml", views.opensearch, name="opensearch"),
]
