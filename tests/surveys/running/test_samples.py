"""PostgreSQL keeps no samples of what ties experts to their answers."""

import pytest
from django.db import connection

from surveys.running.secrecy import UNSAMPLED

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="Only PostgreSQL keeps samples of values.",
)
def test_no_samples_are_kept_of_secret_columns():
    with connection.cursor() as cursor:
        for table, columns in UNSAMPLED.items():
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attstattarget = 0",
                [table],
            )
            assert set(columns) <= {name for (name,) in cursor.fetchall()}
