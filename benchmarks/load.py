"""Asking for one address over and over, on several connections at once: with wrk, or without it."""

import asyncio
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

CONNECTIONS = 8
#: For so many seconds an address is asked for, at most, until there is an answer.
LONGEST = 60


class LoadFailed(Exception):
    """The address did not answer as it should. The message names it."""


@dataclass(frozen=True)
class Speed:
    """Answers per second over all connections, and how long one takes, in milliseconds."""

    per_second: float
    p50: float
    p99: float

    @classmethod
    def median(cls, speeds: list["Speed"]) -> "Speed":
        """Of each figure by itself."""
        columns = zip(
            *((s.per_second, s.p50, s.p99) for s in speeds),
            strict=True,
        )
        return cls(*map(statistics.median, columns))


def load_tool() -> str:
    return "wrk" if shutil.which("wrk") else "a Python client"


def measure(urls: Sequence[str], seconds: float, copy: bool = False) -> Speed:
    """Asks for the addresses of one server in turn; with `copy`, sending the ETag of the first.
    Raises LoadFailed where an answer is neither a success nor, then, 304, or where none comes
    within `LONGEST`.
    """
    etag = check(urls, copy)
    for span in (
        seconds,
        4 * seconds,
        max(seconds, LONGEST),
    ):  # one answer may take longer than all the first
        speed = (
            _with_wrk(urls, span, etag)
            if load_tool() == "wrk"
            else asyncio.run(_with_python(urls, span, etag))
        )
        if speed.per_second:
            return speed
    raise LoadFailed(f"{urls[0]} gave no answer within {LONGEST} seconds.")


def check(urls: Sequence[str], copy: bool) -> str:
    """Raises LoadFailed where an address is not there, before anything is measured. The ETag,
    where it is asked for.
    """
    etag = ""
    for url in urls:
        try:
            with urllib.request.urlopen(url, timeout=120) as answer:
                etag = etag or answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            raise LoadFailed(
                f"{url} answers {error.code}: {error.read()[:300]!r}",
            ) from error
    if copy and not holds(urls[0], etag):
        raise LoadFailed(
            f"{urls[0]} does not answer 304 to a reader who has {etag or 'no ETag'}.",
        )
    return etag if copy else ""


def holds(url: str, etag: str) -> bool:
    """Whether the server says, with 304, that the copy of this ETag holds."""
    try:
        urllib.request.urlopen(
            urllib.request.Request(url, headers={"If-None-Match": etag}),
            timeout=120,
        ).close()
    except urllib.error.HTTPError as error:
        return error.code == HTTPStatus.NOT_MODIFIED
    return False


SCRIPT = """
local paths, place = {%s}, 0
request = function() place = place %% #paths + 1; return wrk.format("GET", paths[place]) end
"""


def _with_wrk(urls: Sequence[str], seconds: float, etag: str) -> Speed:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % ", ".join(f"[[{_path(url)}]]" for url in urls))
        script.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "60s",
            "--latency",
        ]
        command += [
            "-s",
            script.name,
            *(["-H", f"If-None-Match: {etag}"] if etag else []),
            urls[0],
        ]
        report = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    # wrk takes 304 for a failure.
    if re.search(
        r"Socket errors" if etag else r"Non-2xx|Socket errors",
        report,
    ):
        raise LoadFailed(f"{urls[0]} failed under load:\n{report}")
    return speed_in(report)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def speed_in(report: str) -> Speed:
    """The figures of a report of `wrk --latency`."""
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", report)
    latencies = {
        share: _milliseconds(report, share) for share in ("50%", "99%")
    }
    if rate is None:
        raise LoadFailed(f"wrk gave no rate:\n{report}")
    return Speed(float(rate[1]), latencies["50%"], latencies["99%"])


def _milliseconds(report: str, share: str) -> float:
    found = re.search(
        rf"^\s+{share}\s+([0-9.]+)(us|ms|s|m)\s*$",
        report,
        re.MULTILINE,
    )
    if found is None:
        raise LoadFailed(f"wrk gave no latency for {share}:\n{report}")
    return (
        float(found[1])
        * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[found[2]]
    )


async def _with_python(
    urls: Sequence[str],
    seconds: float,
    etag: str,
) -> Speed:
    end = time.perf_counter() + seconds
    each = await asyncio.gather(
        *(_ask_until(urls, end, etag) for _ in range(CONNECTIONS)),
    )
    times = sorted(duration for durations in each for duration in durations)
    percentiles = (
        statistics.quantiles(times, n=100, method="inclusive")
        if len(times) > 1
        else times * 99
    )
    return Speed(
        len(times) / seconds,
        1000 * percentiles[49],
        1000 * percentiles[98],
    )


async def _ask_until(
    urls: Sequence[str],
    end: float,
    etag: str,
) -> list[float]:
    """How long each answer took, in seconds, one after another on one connection."""
    parts = urlsplit(urls[0])
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    copy = f"If-None-Match: {etag}\r\n" if etag else ""
    durations: list[float] = []
    while (start := time.perf_counter()) < end:
        url = urls[len(durations) % len(urls)]
        writer.write(
            f"GET {_path(url)} HTTP/1.1\r\nHost: {parts.netloc}\r\n{copy}\r\n".encode(),
        )
        await writer.drain()
        await _read_answer(reader, url)
        durations.append(time.perf_counter() - start)
    writer.close()
    return durations


async def _read_answer(reader: asyncio.StreamReader, url: str) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if head.startswith("http/1.1 304"):
        return
    if not head.startswith("http/1.1 200"):
        raise LoadFailed(f"{url} failed under load: {head.splitlines()[0]}")
    if length := re.search(r"^content-length: *([0-9]+)", head, re.MULTILINE):
        await reader.readexactly(int(length[1]))
        return
    while size := int(await reader.readline(), 16):  # chunked
        await reader.readexactly(size + 2)
    await reader.readline()
