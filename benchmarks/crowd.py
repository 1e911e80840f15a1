"""Whether readers are still answered while others send slowly and take every file: `python -m
benchmarks.crowd`.

Twenty bodies stay open, and sixteen clients ask for the addresses under /data/ again and again.
Meanwhile a reader asks for pages, and another for /healthz. What is printed are the times of
these two, first alone and then in the crowd, and what everybody was answered. The same time
without the crowd says how much of it is the machine's.
"""

import argparse
import http.client
import socket
import statistics
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from . import servers

SLOW_BODIES, CLIENTS = 20, 16
FILES = (
    "/data/",
    "/data/catalogue.sqlite3",
    "/data/dataset.jsonld",
    "/data/dictionary.json",
    "/data/mappings.ttl",
    "/data/mappings.jsonld",
    "/data/taxonomies/mitigations-v2.ttl",
    "/data/changes.csv",
    "/data/changes/",
)
PAGES = (
    "/",
    "/mitigations/",
    "/mitigations/M0001/",
    "/documents/",
    "/api/v1/mitigations/",
)
#: Between two requests of a reader, in seconds: who reads does not ask as fast as they are
#: answered.
PAUSE = 0.05
#: What p99 of other readers, and the longest answer of /healthz, should stay under, in seconds.
GOAL_OF_READERS, GOAL_OF_HEALTH = 0.5, 1.0


def slow_body(port: int) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", port))
    wire.sendall(
        b"POST /feedback/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\na",
    )
    return wire


def ask(port: int, path: str, source: str) -> int:
    """The status; 0 where there is no answer."""
    connection = http.client.HTTPConnection(
        "127.0.0.1",
        port,
        timeout=60,
        source_address=(source, 0),
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        while answer.read(65_536):
            pass
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def loop(port: int, path: str, until: float, answers: Counter[str]) -> None:
    while time.monotonic() < until:
        answers[f"{path} {ask(port, path, '127.0.0.1')}"] += 1


def timed(
    port: int,
    paths: tuple[str, ...],
    until: float,
    times: list[float],
    answers: Counter[str],
) -> None:
    while time.monotonic() < until:
        for path in paths:
            began = time.monotonic()
            status = ask(port, path, "127.0.0.2")
            times.append(time.monotonic() - began)
            answers[str(status)] += 1
            time.sleep(PAUSE)


def measure(base: str, seconds: float, is_crowded: bool) -> None:
    port = urlsplit(base).port or 0
    slow = [slow_body(port) for _ in range(SLOW_BODIES)] if is_crowded else []
    until = time.monotonic() + seconds
    taken: Counter[str] = Counter()
    read: Counter[str] = Counter()
    pages: list[float] = []
    health: list[float] = []
    threads = [
        threading.Thread(
            target=loop,
            args=(port, FILES[number % len(FILES)], until, taken),
        )
        for number in range(CLIENTS if is_crowded else 0)
    ]
    threads.append(
        threading.Thread(target=timed, args=(port, PAGES, until, pages, read)),
    )
    threads.append(
        threading.Thread(
            target=timed,
            args=(port, ("/healthz",), until, health, read),
        ),
    )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for wire in slow:
        wire.close()
    p99 = statistics.quantiles(pages, n=100)[-1]
    print("In the crowd" if is_crowded else "Alone")
    print(
        f"  pages: {len(pages)}, median {statistics.median(pages):.3f} s, p99 {p99:.3f} s (goal {GOAL_OF_READERS})",
    )
    print(
        f"  /healthz: {len(health)}, longest {max(health):.3f} s (goal {GOAL_OF_HEALTH})",
    )
    print(
        f"  answers of readers: {dict(read)}; of those who take files: {dict(sorted(taken.items()))}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mitigations", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--folder",
        type=Path,
        help="Where the database is, or is made; a temporary one unless given.",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        servers.fill(folder, options.mitigations)
        with servers.catalogue(folder) as base:
            for is_crowded in (False, True):
                measure(base, options.seconds, is_crowded)


if __name__ == "__main__":
    main()
