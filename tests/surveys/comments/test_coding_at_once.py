"""Two coders who save at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from surveys.comments import comment_coding
from surveys.models import Coding, Remark
from tests.factories import UserFactory
from tests.surveys.factories import make_closed_study

pytestmark = pytest.mark.django_db(transaction=True)


def test_neither_waits_for_ever_and_neither_loses_anything():
    if connection.vendor == "sqlite":
        pytest.skip(
            "SQLite has one writer at a time, and in tests one connection for all threads.",
        )
    study = make_closed_study([f"Remark {number}" for number in range(20)])
    remarks = list(
        comment_coding.remarks_of(study)
        .select_related("item__study")
        .order_by("pk"),
    )
    start = Barrier(2)

    def save(coder, order):
        try:
            start.wait()
            with transaction.atomic():
                for remark in order:
                    comment_coding.code_remark(
                        remark=remark,
                        coder=coder,
                        points=[],
                    )
                comment_coding.withhold(remark=order[0], is_withheld=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        # In opposite order: whoever locked comments one by one would wait for the other in a ring.
        jobs = [
            threads.submit(save, UserFactory(), order)
            for order in (remarks, remarks[::-1])
        ]
        for job in jobs:
            job.result(timeout=60)

    assert Coding.objects.count() == 40
    assert Remark.objects.filter(is_withheld=True).count() == 2
