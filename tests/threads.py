"""What tests do in threads of their own."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread


def in_thread(work: Callable) -> Future:
    """What it gives in a thread of its own, which is left behind where it hangs."""
    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future
