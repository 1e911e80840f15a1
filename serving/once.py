"""What is made once for all threads of a process, with no lock held while it is made.

What makes one thing may ask for others, or wait for the database. Were a lock held over that, two
threads that make two things could wait for each other for ever.
"""

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from threading import Lock, get_ident
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


#: What a lookup gives where there is nothing: None may be a result.
MISSING: Any = object()


class WaitsForItself(RuntimeError):
    """What is being made asks for itself, over however many others and threads."""


class _Making:
    """One thing that a thread is making."""

    def __init__(self, name: Hashable) -> None:
        self.name = name
        self.thread = get_ident()
        self.future: Future[Any] = Future()


#: Held for a few lookups, never while something is made or waited for.
_lock = Lock()
#: What threads wait for now, by the number of the thread.
_waits_for: dict[int, _Making] = {}


class MadeOnce(Generic[K, T]):
    """What was made under names: each once, however many threads ask for it at a time.

    An error is that of the thread that met it, and not cached: another that waited makes the thing
    anew, since what failed may have been the one's own, such as its connection to the database.
    """

    def __init__(self, results: Mapping[K, T] | None = None) -> None:
        #: What is made already. To read: `get` and `add` alone add to it.
        self.results: dict[K, T] = dict(results or {})
        self._makings: dict[K, _Making] = {}

    def get(self, name: K, make: Callable[[], T]) -> T:
        """What `make` gives, or gave before. Raises what `make` raises, and WaitsForItself where
        `make` asks for this name again.
        """
        while True:
            # In one step: another thread may forget it between two.
            found = self.results.get(name, MISSING)
            if found is not MISSING:
                return found
            making = self._begun(name)
            if making is None:
                # Another made it meanwhile.
                continue
            if making.thread == get_ident():
                return self._make(name, making, make)
            if self._waited(making):
                return making.future.result()

    def _begun(self, name: K) -> _Making | None:
        """The making of it, by this thread where no other is at it. None: it is made."""
        with _lock:
            if name in self.results:
                return None
            of_another = self._makings.get(name)
            if of_another is None:
                own = self._makings[name] = _Making(name)
                return own
            _refuse_to_wait(of_another)
            _waits_for[get_ident()] = of_another
            return of_another

    def _waited(self, making: _Making) -> bool:
        """Waits until it is made. Gives whether it was."""
        try:
            return making.future.exception() is None
        finally:
            with _lock:
                del _waits_for[get_ident()]

    def _make(self, name: K, own: _Making, make: Callable[[], T]) -> T:
        try:
            result = make()
        except BaseException as error:
            with _lock:
                del self._makings[name]
                own.future.set_exception(error)
            raise
        with _lock:
            self.results[name] = result
            del self._makings[name]
            own.future.set_result(result)
        return result

    def add(self, name: K, result: T) -> None:
        """What was made elsewhere."""
        with _lock:
            self.results[name] = result

    def forget(self, name: K) -> None:
        with _lock:
            self.results.pop(name, None)


def _refuse_to_wait(making: _Making) -> None:
    """Raises WaitsForItself where whoever makes it waits for this thread."""
    own = get_ident()
    link: _Making | None = making
    while link is not None and not link.future.done():
        if link.thread == own:
            raise WaitsForItself(
                f"What makes {making.name!r} asks for it while it is made.",
            )
        link = _waits_for.get(link.thread)
