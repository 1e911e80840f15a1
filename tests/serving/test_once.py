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


def test_who_waited_for_what_failed_makes_it_anew(things):
    make = Slow(ValueError("the connection of one alone"))
    first = in_thread(lambda: things.get("name", make))
    assert make.begun.wait(LONGEST)
    second = in_thread(lambda: things.get("name", lambda: 7))
    with pytest.raises(TimeoutError):
        second.result(0.05)
    make.go_on.set()

    with pytest.raises(ValueError, match="alone"):
        first.result(LONGEST)
    assert second.result(LONGEST) == 7


def test_what_is_forgotten_while_it_is_asked_for_is_made_anew():
    class Forgetful(dict):
        """Has what it is asked for only until then."""

        def __contains__(self, name: object) -> bool:
            return super().__contains__(name) and self.pop(name)

    things: MadeOnce[str, int] = MadeOnce()
    things.results = Forgetful(name=1)

    assert things.get("name", lambda: 2) == 1


def test_what_was_made_elsewhere_is_added(things):
    things.add("name", 7)

    assert things.get("name", lambda: 8) == 7


def test_what_asks_for_itself_is_refused(things):
    def make() -> int:
        return things.get("name", make)

    asked = in_thread(lambda: things.get("name", make))
    with pytest.raises(WaitsForItself, match="'name' asks for it"):
        asked.result(LONGEST)


@pytest.mark.parametrize("count", [2, 3])
def test_of_threads_that_each_ask_for_what_the_next_makes_one_is_refused(
    things,
    count,
):
    begun = Barrier(count, timeout=LONGEST)

    def make(number: int) -> Callable[[], int]:
        def by_the_next() -> int:
            begun.wait()
            return things.get((number + 1) % count, lambda: 0)

        return by_the_next

    def asking(number: int) -> Callable[[], int]:
        return lambda: things.get(number, make(number))

    asked = [in_thread(asking(number)) for number in range(count)]
    errors = [future.exception(LONGEST) for future in asked]
    [refused] = [error for error in errors if error]
    # The others made it themselves.
    assert isinstance(refused, WaitsForItself)
