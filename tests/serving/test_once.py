"""What is made once for all threads."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier, Event

import pytest

from serving.once import MadeOnce, WaitsForItself
from tests.threads import in_thread

#: Seconds after which a thread is taken to hang.
LONGEST = 10


@pytest.fixture
def things() -> MadeOnce:
    return MadeOnce()


class Slow:
    """Makes a number slowly: when it is told to go on. Counts how often."""

    def __init__(self, error: Exception | None = None):
        self.error = error
        self.begun, self.go_on = Event(), Event()
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        self.begun.set()
        assert self.go_on.wait(LONGEST)
        if self.error:
            raise self.error
        return self.times


def waiting(things: MadeOnce, make: Slow) -> tuple[Future, Future]:
    """Two threads that ask for the same: one makes it, the other waits."""
    first = in_thread(lambda: things.get("name", make))
    assert make.begun.wait(LONGEST)
    second = in_thread(lambda: things.get("name", make))
    with pytest.raises(TimeoutError):
        second.result(0.05)
    return first, second


def test_who_asks_while_it_is_made_waits_for_it(things):
    make = Slow()
    first, second = waiting(things, make)
    make.go_on.set()
    assert (first.result(LONGEST), second.result(LONGEST)) == (1, 1)
    assert things.get("name", make) == 1


def test_others_are_made_meanwhile(things):
    make = Slow()
    waiting(things, make)
    other = in_thread(lambda: things.get("other", lambda: 2))
    assert other.result(LONGEST) == 2
    make.go_on.set()


def test_all_who_wait_get_the_error_and_who_asks_next_makes_it_anew(things):
    make = Slow(ValueError("no"))
    first, second = waiting(things, make)
    make.go_on.set()
    for asked in (first, second):
        with pytest.raises(ValueError, match="no"):
            asked.result(LONGEST)
    assert things.get("name", lambda: 7) == 7


def test_what_asks_for_itself_is_refused(things):
    def make() -> int:
        return things.get("name", make)

    asked = in_thread(lambda: things.get("name", make))
    with pytest.raises(WaitsForItself, match="'name' asks for it"):
        asked.result(LONGEST)


def test_two_threads_that_each_ask_for_what_the_other_makes_are_refused(
    things,
):
    begun = Barrier(2, timeout=LONGEST)

    def make(other: str) -> Callable[[], int]:
        def by_the_other() -> int:
            begun.wait()
            return things.get(other, lambda: 0)

        return by_the_other

    asked = [
        in_thread(lambda: things.get("one", make("two"))),
        in_thread(lambda: things.get("two", make("one"))),
    ]
    for future in asked:
        with pytest.raises(WaitsForItself):
            future.result(LONGEST)
