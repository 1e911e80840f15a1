"""How an app adds to what a room below it declares."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Registry(dict[K, V]):
    """What is declared under names, in the order in which it was registered.

    A room declares its own when it makes the registry; other apps register theirs when Django
    is ready. `noun` says what it holds, for errors.
    """

    def __init__(
        self,
        noun: str,
        declared: Mapping[K, V] | Iterable[tuple[K, V]] = (),
    ) -> None:
        super().__init__(declared)
        self.noun = noun

    def register(self, value: V, name: Any = None) -> V:
        """Adds a value, and returns it. `name` may be left out where the value has a `name`.

        Raises ValueError where the name is taken: a second declaration would hide the first.
        """
        key = value.name if name is None else name  # type: ignore[attr-defined]
        if key in self:
            raise ValueError(f"There is a {self.noun} {key!r} already.")
        self[key] = value
        return value
