"""Pages by cursor while the catalogue changes between them."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.pagination import BadCursor, decode, encode
from catalogue.models import Mitigation
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    RiskManagementFunctionFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]
NAMES = [
    "Audit",
    "audit",
    "Éclat",
    "Zoning",
    "a",
    "Ω",
    "Red teaming",
    "red-teaming",
    "10",
    "9",
    "Zoning (2)",
]
#: By relevance a change of one text moves others, since how much a word counts depends on how
#: many have it.
ORDERS = [
    sign + name
    for name in MitigationFilter.ORDERINGS
    for sign in ("", "-")
    if name != "relevance"
]
QUERIES = [
    "",
    "category=1",
    "category=1.1&category=2",
    "phase=p",
    "actor=a",
    "function=f",
    "document=d",
    "preliminary=false",
    "q=misuse",
    "taxonomy=t",
    "updated_since=2020-01-01",
    "category=1&phase=p",
    "q=misuse&document=d",
]


def follow(client, url, way):
    while url:
        body = client.get(url).json()
        yield [row["accession"] for row in body["results"]], body
        url = body[way]


class Paging(RuleBasedStateMachine):
    """A reader goes through a list, forwards or backwards, while curators work."""

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.client = Client()
        self.pages = None

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(
        names=st.lists(st.sampled_from(NAMES), min_size=3, max_size=9),
        kinds=st.randoms(use_true_random=False),
    )
    def begin(self, names, kinds):
        self.kinds = kinds
        taxonomy = TaxonomyFactory(slug="t", is_default=True)
        self.categories = [
            CategoryFactory(taxonomy=taxonomy, code=code)
            for code in ("1.1", "1.2", "2")
        ]
        self.document, self.other = (
            DocumentFactory(slug="d"),
            DocumentFactory(),
        )
        self.terms = {
            "phases": LifecyclePhaseFactory(slug="p"),
            "actors": ActorFactory(slug="a"),
            "functions": RiskManagementFunctionFactory(slug="f"),
        }
        for name in names:
            self.make(name)

    def make(self, name, status="published"):
        chosen = {
            relation: [term]
            for relation, term in self.terms.items()
            if self.kinds.random() < 0.7
        }
        document = self.kinds.choice(
            [self.document, self.document, self.other],
        )
        one = MitigationFactory(
            name=name,
            status=status,
            document=document,
            **chosen,
        )
        if self.kinds.random() < 0.8:
            ClassificationFactory(
                mitigation=one,
                category=self.kinds.choice(self.categories),
                is_primary=True,
            )

    @precondition(lambda self: self.pages is None)
    @rule(
        order=st.sampled_from(ORDERS),
        query=st.sampled_from(QUERIES),
        size=st.integers(1, 4),
        backwards=st.booleans(),
    )
    def open_a_list(self, order, query, size, backwards):
        url = f"{reverse('api:mitigation-list')}?ordering={order}&page_size={size}&{query}"
        found = list(follow(self.client, url, "next"))
        self.expected = [accession for rows, _ in found for accession in rows]
        self.seen, self.moved = [], set()
        self.pages = follow(self.client, url, "next")
        if backwards:
            self.expected.reverse()
            rows, body = found[-1]
            self.seen = rows[::-1]
            self.pages = follow(self.client, body["previous"], "previous")
        self.backwards = backwards

    @precondition(lambda self: self.pages is not None)
    @rule()
    def turn_the_page(self):
        rows, _ = next(self.pages, (None, None))
        if rows is None:
            self.close()
        else:
            self.seen += rows[::-1] if self.backwards else rows

    def close(self):
        stayed = [
            accession
            for accession in self.expected
            if accession not in self.moved
        ]
        assert [
            accession for accession in self.seen if accession not in self.moved
        ] == stayed
        self.pages = None

    @invariant()
    def nothing_that_stayed_came_twice(self):
        stayed = (
            [
                accession
                for accession in self.seen
                if accession not in self.moved
            ]
            if self.pages
            else []
        )
        assert len(stayed) == len(set(stayed))

    def any_one(self, place):
        rows = list(Mitigation.objects.order_by("pk"))
        one = rows[place % len(rows)]
        if self.pages:
            self.moved.add(one.accession)
        return one

    @rule(
        name=st.sampled_from(NAMES),
        status=st.sampled_from(["published", "draft"]),
    )
    def add(self, name, status):
        before = set(Mitigation.objects.values_list("accession", flat=True))
        self.make(name, status)
        if self.pages:
            self.moved |= (
                set(Mitigation.objects.values_list("accession", flat=True))
                - before
            )

    @rule(place=st.integers(0, 20), name=st.sampled_from(NAMES))
    def rename(self, place, name):
        one = self.any_one(place)
        one.name = name
        one.save()

    @rule(
        place=st.integers(0, 20),
        status=st.sampled_from(["published", "draft"]),
    )
    def publish_or_withdraw(self, place, status):
        one = self.any_one(place)
        one.status = status
        one.save()

    @rule(place=st.integers(0, 20), category=st.integers(0, 2))
    def file_elsewhere(self, place, category):
        one = self.any_one(place)
        one.classifications.all().delete()
        ClassificationFactory(
            mitigation=one,
            category=self.categories[category],
            is_primary=True,
        )

    @rule(
        place=st.integers(0, 20),
        relation=st.sampled_from(["phases", "actors", "functions"]),
    )
    def take_a_term_away(self, place, relation):
        getattr(self.any_one(place), relation).clear()

    @precondition(lambda self: Mitigation.objects.count() > 1)
    @rule(place=st.integers(0, 20))
    def delete(self, place):
        self.any_one(place).delete()


def test_no_row_that_stays_put_is_missed_or_comes_twice():
    run_state_machine_as_test(
        Paging,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
        ),
    )


@pytest.mark.parametrize("order", ORDERS)
def test_a_cursor_belongs_to_its_order(client, order):
    MitigationFactory.create_batch(3)
    url = reverse("api:mitigation-list")
    cursor = (
        client.get(url, {"ordering": "name", "page_size": 1})
        .json()["next"]
        .partition("cursor=")[2]
        .partition("&")[0]
    )

    found = client.get(f"{url}?ordering={order}&cursor={cursor}").status_code

    assert found == (200 if order == "name" else 400)


def test_a_cursor_belongs_to_its_list(client):
    LifecyclePhaseFactory.create_batch(2)
    cursor = (
        client.get(reverse("api:phase-list"), {"page_size": 1})
        .json()["next"]
        .partition("cursor=")[2]
    )

    found = [
        client.get(
            f"{reverse(f'api:{name}-list')}?cursor={cursor}",
        ).status_code
        for name in ("phase", "actor")
    ]

    assert found == [200, 400]


def test_a_cursor_takes_values_of_any_type():
    """Whatever an ordering is by, of whatever name."""
    values = [
        3,
        -1.5,
        "Ω",
        None,
        True,
        datetime(2026, 11, 3, 12, 0, 0, 1, tzinfo=UTC),
        7,
    ]

    assert decode(encode(1, True, values), 1, list("abcdefg")) == (
        True,
        values,
    )


def test_a_cursor_that_somebody_else_made_is_refused():
    cursor = encode(1, False, ["a", 7])

    with pytest.raises(BadCursor):
        decode(f"x{cursor}", 1, ["name", "pk"])
