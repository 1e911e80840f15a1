"""The store of finished answers in one process."""

import pickle

import pytest

from serving.store import Answer, Plain, Store


def answer(size, revision=1):
    return Answer(revision, '"e"', [], b"x" * size, [])


def test_the_store_stays_within_its_size():
    store = Store(100_000)

    for number in range(200):
        store.put((number,), answer(5000))

    assert sum(map(len, store.answers.values())) <= store.used <= 100_000
    assert (199,) in store.answers


def test_what_is_asked_for_again_stays():
    store = Store(100_000)
    store.put(("asked for",), answer(5000))

    for number in range(200):
        store.get(("asked for",), 1)
        store.put((number,), answer(5000))

    assert store.get(("asked for",), 1) is not None
    assert store.get((0,), 1) is None


def test_a_very_large_answer_does_not_drive_out_the_rest():
    store = Store(100_000)
    store.put(("small",), answer(10))

    store.put(("large",), answer(50_000))

    assert list(store.answers) == [("small",)]


def test_an_answer_of_an_older_revision_is_not_given():
    store = Store(100_000)
    store.put(("page",), answer(10, revision=1))

    assert (store.get(("page",), 2), store.get(("page",), 0)) == (None, None)


def test_what_a_client_asked_counts_too():
    store = Store(100_000)

    for number in range(200):
        store.put(("a long address " * 500, number), answer(10))

    assert len(store.answers) < 100_000 / 7_500


# What processes share


def test_an_answer_that_is_shared_comes_back_as_it_was():
    whole = Answer(
        7,
        '"e"',
        [("ETag", '"e"'), ("Content-Type", "text/html")],
        b"\x00body\n",
        [("ETag", '"e"')],
    )

    assert (
        Answer.from_bytes(Plain().loads(Plain().dumps(whole.as_bytes())))
        == whole
    )


class Code:
    def __reduce__(self):
        return pytest.fail, ("It was run.",)


@pytest.mark.parametrize(
    "written",
    [
        pickle.dumps(Code()),
        b"b" + pickle.dumps(Code()),
        b"j[]",
        b"7",
        b"banswer 1\n\x00\x00\x00\x02[]",
        b"banswer 1\n\xff\xff\xff\xff{",
        b"",
    ],
)
def test_what_somebody_else_wrote_to_a_shared_cache_is_no_answer(written):
    assert Answer.from_bytes(Plain().loads(written)) is None


@pytest.mark.parametrize(
    "value",
    [7, "text", {"open": {"a": None}}, b"bytes", True, None],
)
def test_a_shared_value_comes_back_as_it_was(value):
    written = Plain().dumps(value)

    assert (
        Plain().loads(
            str(written).encode() if isinstance(written, int) else written,
        )
        == value
    )
