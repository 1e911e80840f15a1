"""Known vulnerabilities of what is locked: `make audit`. By itself, since it needs nothing of
Django.

Exit code 1 where there is one that nobody has accepted, with a reason, in
`.ci/accepted-vulnerabilities.toml`; 0 where there is none, and where the advisory service
cannot be asked, which it says.
"""

import datetime
import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / ".ci/accepted-vulnerabilities.toml"
PROGRAM = ROOT / ".venv-audit/bin/pip-audit"
#: What the site runs on is part of what its tests run on.
LOCK = ROOT / "requirements/dev.txt"
#: For all packages together; pip-audit itself waits for each answer for as long as SECONDS_FOR_ONE.
SECONDS, SECONDS_FOR_ONE = 180, 10


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that does not concern this site, says `reason`, or not yet: `until` a
    day, on which it fails again.
    """

    id: str
    reason: str
    until: datetime.date


@dataclass(frozen=True)
class Found:
    package: str
    ids: frozenset[str]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        remedy = (
            f"fixed in {', '.join(self.fixed_in)}: make lock"
            if self.fixed_in
            else "not fixed yet"
        )
        return f"{self.package}: {', '.join(sorted(self.ids))} ({remedy})"


def accepted(path: Path = ACCEPTED) -> list[Accepted]:
    entries = (
        tomllib.loads(path.read_text()).get("accepted", [])
        if path.exists()
        else []
    )
    return [
        Accepted(entry["id"], entry["reason"], entry["until"])
        for entry in entries
    ]


def found_in(report: dict[str, Any]) -> tuple[list[Found], int, int]:
    """What pip-audit's JSON says: what it found, how many packages it looked up, and how many
    it could not.
    """
    found, asked, skipped = [], 0, 0
    for package in report["dependencies"]:
        if "skip_reason" in package:
            skipped += 1
            continue
        asked += 1
        for one in package["vulns"]:
            ids = frozenset([one["id"], *one.get("aliases", [])])
            found.append(
                Found(
                    f"{package['name']} {package['version']}",
                    ids,
                    tuple(one.get("fix_versions", ())),
                ),
            )
    return found, asked, skipped


def verdict(
    report: dict[str, Any],
    known: list[Accepted],
    today: datetime.date,
) -> tuple[list[str], int]:
    """What to print, and the exit code."""
    found, asked, skipped = found_in(report)
    if not asked:
        return [
            f"The advisory service knows none of {skipped} packages, or cannot be reached from here: NOTHING WAS AUDITED.",
        ], 0
    valid = {one.id for one in known if one.until >= today}
    bad = [one for one in found if not one.ids & valid]
    lines = [
        f"Looked up {asked} packages: {len(found)} known vulnerabilities, {len(found) - len(bad)} of them accepted.",
    ]
    if skipped:
        lines.append(
            f"NOT AUDITED, since the service does not know them: {skipped} packages.",
        )
    lines += [f"  {one}" for one in bad]
    every: frozenset[str] = frozenset().union(*(one.ids for one in found))
    lines += [
        f"  {one.id} is accepted and no longer found: take it out of {ACCEPTED.name}."
        for one in known
        if one.id not in every
    ]
    return lines, int(bool(bad))


def ask(lock: Path) -> dict[str, Any] | None:
    """pip-audit's report on a lock file; None where the service cannot be asked."""
    command = [
        str(PROGRAM),
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "--format",
        "json",
        "--timeout",
        str(SECONDS_FOR_ONE),
        "--requirement",
        str(lock),
    ]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None


def main() -> int:
    report = ask(LOCK)
    if report is None:
        print(
            "The advisory service cannot be reached from here: NOTHING WAS AUDITED.",
        )
        return 0
    lines, code = verdict(report, accepted(), datetime.date.today())
    print(*lines, sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
