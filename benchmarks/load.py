"""Asking for one address over and over, on several connections at once: with wrk, or without it."""

import asyncio
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 8


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
        columns = zip(*((s.per_second, s.p50, s.p99) for s in speeds), strict=True)
        return cls(*map(statistics.median, columns))


def load_tool() -> str:
    return "wrk" if shutil.which("wrk") else "a Python client"


def measure(url: str, seconds: float) -> Speed:
    """Raises LoadFailed where an answer is no success."""
    return _with_wrk(url, seconds) if load_tool() == "wrk" else asyncio.run(_with_python(url, seconds))


def _with_wrk(url: str, seconds: float) -> Speed:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "--latency", url]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if re.search(r"Non-2xx|Socket errors", report):
        raise LoadFailed(f"{url} failed under load:\n{report}")
    return speed_in(report)


def speed_in(report: str) -> Speed:
    """The figures of a report of `wrk --latency`."""
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", report)
    latencies = {share: _milliseconds(report, share) for share in ("50%", "99%")}
    if rate is None:
        raise LoadFailed(f"wrk gave no rate:\n{report}")
    return Speed(float(rate[1]), latencies["50%"], latencies["99%"])


def _milliseconds(report: str, share: str) -> float:
    found = re.search(rf"^\s+{share}\s+([0-9.]+)(us|ms|s|m)\s*$", report, re.MULTILINE)
    if found is None:
        raise LoadFailed(f"wrk gave no latency for {share}:\n{report}")
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[found[2]]


async def _with_python(url: str, seconds: float) -> Speed:
    end = time.perf_counter() + seconds
    each = await asyncio.gather(*(_ask_until(url, end) for _ in range(CONNECTIONS)))
    times = sorted(duration for durations in each for duration in durations)
    percentiles = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return Speed(len(times) / seconds, 1000 * percentiles[49], 1000 * percentiles[98])


async def _ask_until(url: str, end: float) -> list[float]:
    """How long each answer took, in seconds, one after another on one connection."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    durations = []
    while (start := time.perf_counter()) < end:
        writer.write(request)
        await writer.drain()
        await _read_answer(reader, url)
        durations.append(time.perf_counter() - start)
    writer.close()
    return durations


async def _read_answer(reader: asyncio.StreamReader, url: str) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if not head.startswith("http/1.1 200"):
        raise LoadFailed(f"{url} failed under load: {head.splitlines()[0]}")
    if length := re.search(r"^content-length: *([0-9]+)", head, re.MULTILINE):
        await reader.readexactly(int(length[1]))
        return
    while size := int(await reader.readline(), 16):  # chunked
        await reader.readexactly(size + 2)
    await reader.readline()
