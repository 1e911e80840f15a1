"""The store of finished answers in one process."""

from config.store import Answer, Store


def answer(size, revision=1):
    return Answer(revision, '"e"', [], b"x" * size, [])


def test_the_store_stays_within_its_size():
    store = Store(100_000)

    for number in range(200):
        store.put((number,), answer(5000))

    assert store.used == sum(map(len, store.answers.values())) <= 100_000
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
