"""How hard answers are compressed."""

from backports import zstd
from django.http import HttpResponse
from django.test import RequestFactory

from serving.compression import Compression

TEXT = b"".join(b"<li>Measure %d of %d</li>" % (n, n * n) for n in range(900))


def test_an_answer_is_compressed_at_level_9_and_not_at_the_librarys_own():
    request = RequestFactory().get("/", headers={"Accept-Encoding": "zstd"})

    answer = Compression(lambda _: HttpResponse(TEXT))(request)

    assert answer.content == zstd.compress(TEXT, level=9)
    assert answer.content != zstd.compress(TEXT)
