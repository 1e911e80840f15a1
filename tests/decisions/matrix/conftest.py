import pytest

from catalogue.models import Mitigation
from surveys.models import Study
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
)
from tests.states import made_once
from tests.surveys.factories import put_to_experts


@made_once
def catalogue_and_study():
    """Three categories, two phases, an actor; two wordings of one measure; a study."""
    taxonomy = TaxonomyFactory(slug="measures", is_default=True)
    plan = LifecyclePhaseFactory(slug="plan", name="Plan")
    deploy = LifecyclePhaseFactory(slug="deploy", name="Deploy")
    actor = ActorFactory(slug="developer")
    for code, phases, actors in [
        ("1.1", [plan, deploy], [actor]),
        ("1.2", [deploy], []),
        ("2", [], [actor]),
    ]:
        ClassificationFactory(
            mitigation=MitigationFactory(phases=phases, actors=actors),
            category=CategoryFactory(taxonomy=taxonomy, code=code),
        )
    first, second, _ = Mitigation.objects.order_by("pk")
    MappingFactory(source=first, target=second, relation="exactMatch")
    study = put_to_experts("0.5", ">0.6")
    Study.objects.update(slug="asked")
    for item, measure in zip(study.items.all(), (first, second), strict=True):
        item.mitigation = measure
        item.save()


@pytest.fixture
def asked_catalogue(catalogue_and_study, db):
    """See above."""
