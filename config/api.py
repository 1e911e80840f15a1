"""The API's addresses."""

from django.urls import include, path

from catalogue.api import instruments as laws
from catalogue.api import reference
from catalogue.api.crosstab import CrosstabViewSet
from catalogue.api.crosswalk import CrosswalkViewSet
from catalogue.api.documentation import api_documentation, sent_by_form
from catalogue.api.mitigations import MitigationViewSet
from catalogue.api.releases import ReleaseViewSet
from catalogue.api.routing import Router, not_found
from catalogue.api.schema import SchemaView
from catalogue.api.search import SearchViewSet
from catalogue.models import VOCABULARIES
from decisions.api_urls import urlpatterns as decisions
from serving.traits import ignores_query
from surveys.results import api as surveys

router = Router()
router.register("mitigations", MitigationViewSet, basename="mitigation")
router.register("search", SearchViewSet, basename="search")
router.register("taxonomies", reference.TaxonomyViewSet, basename="taxonomy")
router.register("categories", reference.CategoryViewSet, basename="category")
for terms in VOCABULARIES:
    view_set = reference.term_view_set(terms)
    router.register(terms.list_name, view_set, basename=terms.parameter)
router.register("documents", reference.DocumentViewSet, basename="document")
router.register("risk-areas", surveys.RiskAreaViewSet, basename="risk-area")
router.register("studies", surveys.StudyViewSet, basename="study")
router.register("comments", surveys.CommentViewSet, basename="comment")
router.register("instruments", laws.InstrumentViewSet, basename="instrument")
router.register("provisions", laws.ProvisionViewSet, basename="provision")
router.register("not-covered", laws.NotCoveredViewSet, basename="not-covered")
router.register("mappings", reference.MappingViewSet, basename="mapping")
router.register("releases", ReleaseViewSet, basename="release")

crosstab = CrosstabViewSet.as_view({"get": "list"})
crosswalk = CrosswalkViewSet.as_view({"get": "list"})

app_name = "api"
urlpatterns = [
    path("", ignores_query(api_documentation), name="documentation"),
    path("try/<path:rest>", sent_by_form, name="try"),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    # Before the addresses of mitigations: each would be the name of one.
    path("v1/mitigations/crosstab/", crosstab, name="mitigation-crosstab"),
    path("v1/", include(decisions)),
    path("v1/crosswalk/", crosswalk, name="crosswalk-list"),
    path("v1/", include(router.urls)),
    path("v1/<path:rest>", not_found),
]
