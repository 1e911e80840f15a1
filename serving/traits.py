"""What is said of a view beside its address, where addresses are listed.

`serving.public` and `serving.allowed` read it; a view of which nothing is said reads its query, and
nothing that is sent to it.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

View = Callable[..., Any]


def ignores_query(view: View) -> View:
    """It reads nothing of the query: whatever is added to its address, such as what a newsletter
    counts its readers by, its answer is the same, and kept once.
    """
    return _with(view, is_query_ignored=True)


def refuses_query(view: View) -> View:
    """A file that takes no parameters: who sends one to a file is a program, and would take what
    it gets for an answer.
    """
    return _with(view, is_query_refused=True)


def costly(view: View, quicker: dict[str, str] | None = None) -> View:
    """It takes long to make, such as what goes through all records. `quicker`: what the same is
    had as at once, by what it is called, beside the address.
    """
    return _with(view, is_costly=True, quicker=quicker)


def takes_words(view: View) -> View:
    """It may be sent what a reader wrote, which stands in the answer and is kept nowhere: nothing
    is changed by it.
    """
    return _with(view, is_sent_words=True)


def writes(view: View) -> View:
    """It may be sent a form, and stores what that says; nothing else is changed by it, and there
    is nothing to be read at its address.
    """
    return _with(view, is_sent_words=True, is_only_sent_to=True)


def _with(view: View, **traits: Any) -> View:
    def described(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    update_wrapper(described, view)
    described.__dict__.update(traits)
    return described


def has(view: View, trait: str) -> bool:
    return bool(of(view, trait))


def of(view: View, trait: str) -> Any:
    """None: nothing is said of it."""
    return getattr(view, trait, None)
