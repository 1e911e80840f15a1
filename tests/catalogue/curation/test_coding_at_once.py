"""Coders who save, take and decide at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from catalogue.curation import double_coding
from catalogue.models import Classification, CodingOutcome, CodingUnit, Seat
from tests.factories import CategoryFactory, MitigationFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite",
        reason="SQLite has one writer at a time, and in tests one connection for all threads.",
    ),
]


def at_once(*jobs):
    start = Barrier(len(jobs))

    def run(job):
        try:
            start.wait()
            return job()
        except ValidationError as refused:
            return refused.messages[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return [
            running.result(timeout=60)
            for running in [threads.submit(run, job) for job in jobs]
        ]


def test_two_coders_who_save_together_both_count_and_one_place_is_written():
    category, coders = CategoryFactory(), UserFactory.create_batch(2)
    double_coding.assign(
        mitigations=MitigationFactory.create_batch(5),
        taxonomy=category.taxonomy,
        coders=coders,
    )
    units = list(CodingUnit.objects.all())

    def save(coder, order):
        return lambda: [
            double_coding.record_choice(
                unit=unit,
                coder=coder,
                category=category,
                confidence="high",
                rationale="So.",
            )
            for unit in order
        ]

    at_once(save(coders[0], units), save(coders[1], units[::-1]))

    assert set(CodingOutcome.objects.values_list("how", flat=True)) == {
        "agreed",
    }
    assert (CodingOutcome.objects.count(), Classification.objects.count()) == (
        5,
        5,
    )


def test_three_coders_who_take_the_next_one_together_share_two_seats_each():
    category, coders = CategoryFactory(), UserFactory.create_batch(3)
    MitigationFactory.create_batch(2)

    at_once(
        *(
            lambda coder=coder: double_coding.take_next(
                coder=coder,
                taxonomy=category.taxonomy,
            )
            for coder in coders
        ),
    )

    assert Seat.objects.count() == 3
    assert CodingUnit.objects.count() == 2


def test_of_two_who_decide_together_one_is_told_that_the_other_was_quicker():
    one, coders = CategoryFactory(), UserFactory.create_batch(2)
    other = CategoryFactory(taxonomy=one.taxonomy)
    double_coding.assign(
        mitigations=[MitigationFactory()],
        taxonomy=one.taxonomy,
        coders=coders,
    )
    unit = CodingUnit.objects.get()
    for coder, category in zip(coders, (one, other), strict=True):
        double_coding.record_choice(
            unit=unit,
            coder=coder,
            category=category,
            confidence="high",
            rationale="So.",
        )
    chosen = {
        "unit": unit,
        "category": one,
        "confidence": "high",
        "reason": "So.",
    }

    said = at_once(
        *(
            lambda: double_coding.decide(decider=UserFactory(), **chosen)
            for _ in range(2)
        ),
    )

    assert sum("settled already" in str(answer) for answer in said) == 1
    assert Classification.objects.get().category == one
