"""How fast the catalogue is, beside a plain DRF view set, Datasette, and a bare function, over
the same rows.

`python -m benchmarks.run` prints a table; docs/performance.md says how to read it.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

from . import export, servers
from .goals import BARE, COLD, DATASETTE, PLAIN, WARM, Asked, Goal, goals_at
from .load import CONNECTIONS, LoadFailed, Speed, load_tool, measure

SMALL, LARGE, LARGEST = 831, 100_000, 1_000_000
STARTERS = {
    WARM: servers.catalogue,
    COLD: servers.cold_catalogue,
    PLAIN: servers.plain_drf,
    DATASETTE: servers.datasette,
    BARE: servers.bare,
}
Speeds = dict[Asked, Speed]


def measure_all(
    asked: list[Asked],
    bases: dict[str, str],
    rounds: int,
    seconds: float,
) -> Speeds:
    """In each round every server once, so that a slow moment of the machine does not fall on
    one alone.
    """
    found: dict[Asked, list[Speed]] = {one: [] for one in asked}
    with tqdm(
        total=(rounds + 1) * len(asked),
        desc="Measuring",
        disable=not sys.stderr.isatty(),
    ) as bar:
        for number in range(rounds + 1):
            for one in asked:
                speed = measure(
                    [bases[one.server] + path for path in one.paths],
                    seconds if number else 1,
                    one.copy,
                )
                found[one] += [speed] if number else []  # the first warms up
                bar.update()
    return {one: Speed.median(speeds) for one, speeds in found.items()}


def at_size(
    folder: Path,
    size: int,
    options: argparse.Namespace,
) -> tuple[list[Goal], Speeds]:
    """Everything that is measured with so many mitigations."""
    print(f"{size:,} mitigations: filling a database", flush=True)
    servers.fill(folder, size)
    goals = goals_at(size, is_compared=size <= LARGE, is_small=size == SMALL)
    asked = list(
        dict.fromkeys(
            one for goal in goals for one in (goal.ours, goal.against) if one
        ),
    )
    with ExitStack() as stack:
        needed = dict.fromkeys(one.server for one in asked)
        bases = {
            server: stack.enter_context(STARTERS[server](folder))
            for server in needed
        }
        speeds = measure_all(asked, bases, options.rounds, options.seconds)
    for goal in goals:
        print(goal.line(speeds), flush=True)
    return goals, speeds


def growth(
    small: tuple[list[Goal], Speeds],
    large: tuple[list[Goal], Speeds],
) -> list[str]:
    """How much slower the same is with far more rows; the goal is five times at most."""
    lines, (goals, before), (_, after) = [], small, large
    for one in dict.fromkeys(
        goal.ours for goal in goals if goal.ours.server == COLD
    ):
        if one in after:
            ratio = before[one].per_second / after[one].per_second
            lines.append(
                f"{one.name:38}{ratio:8.1f} x slower, goal 5 at most{'' if ratio <= 5 else '  MISSED'}",
            )
    return lines


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        default=2,
        help="How long each is asked for in a round.",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="Figures are medians over so many rounds.",
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="*",
        default=[SMALL, LARGE, LARGEST],
        help="Numbers of mitigations.",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        help="A folder for the databases, to be used again.",
    )
    return parser.parse_args()


def main() -> None:
    options = arguments()
    print(
        f"With {load_tool()}, {CONNECTIONS} connections, one worker each, medians of {options.rounds}",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="catalogue-bench-") as name:
        folder = options.keep or Path(name)
        measured = {
            size: at_size(folder / str(size), size, options)
            for size in options.sizes
        }
        if LARGE in measured:
            print(*export.report(folder / str(LARGE)), sep="\n", flush=True)
    smallest, largest = min(measured), max(measured)
    if smallest != largest:
        print(f"{largest:,} mitigations against {smallest:,}, cold:")
        print(*growth(measured[smallest], measured[largest]), sep="\n")


if __name__ == "__main__":
    try:
        main()
    except (LoadFailed, servers.NotStarted) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
