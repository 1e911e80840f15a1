"""Whether experts can answer while somebody imports a large file, on SQLite: `python -m
benchmarks.answering [--rows 140000]`.

Fifty experts answer a study over HTTP, each after a pause of up to four seconds, while a file
is checked, imported and undone in a process of its own, as the admin does it. What is printed
of each step are its time, how many answers were sent meanwhile, how many of them were refused,
and the longest that one took; and in the end how many answers the site said it had saved, and
has not.
"""

import argparse
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from subprocess import run
from typing import Any

from . import importing, servers

EXPERTS, ITEMS = 50, 8
#: How long an expert looks at a page, at most.
SECONDS_OF_A_PAUSE = 4
#: How long a browser waits for an answer.
SECONDS_OF_PATIENCE = 120
OK = HTTPStatus.OK
#: What a form says that it showed.
KNOWN = re.compile(r'<input type="hidden" name="(was-[^"]+)" value="([^"]*)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
STEPS = ("check", "commit", "undo")
#: Who imports what somebody else handed in.
REVIEWER = "reviewer"
#: Of a description: more would make a file of so many rows longer than the site takes.
WORDS = 30


class Meanwhile:
    """What experts were answered, and how long they waited, in the step that is under way."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.longest = 0.0

    def note(self, status: int, seconds: float) -> None:
        with self.lock:
            self.statuses[status] += 1
            self.longest = max(self.longest, seconds)

    def line(self) -> str:
        refused = sum(
            count for status, count in self.statuses.items() if status != 200
        )
        sent = sum(self.statuses.values())
        return f"{sent} answers sent, {refused} refused {dict(self.statuses)}, the longest wait {self.longest:.1f} s"


def prepare(folder: Path, rows: int) -> tuple[Any, list[str]]:
    """A file that was handed in, and the links of experts to a study that is open."""
    os.environ.update(
        servers.environment(folder),
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    import django

    django.setup()
    from django.contrib.auth import get_user_model

    from catalogue.files.importing import services
    from surveys.running import rounds

    user = get_user_model().objects.create_superuser("bench")
    get_user_model().objects.create_superuser(REVIEWER)
    path = folder / "measures.csv"
    importing.write_file(path, rows, words=WORDS)
    with path.open("rb") as content:
        batch = services.hand_in(
            name=path.name,
            content=content,
            kind="mitigations",
            user=user,
            options={"scheme": "bench", "coder": "Bench", "publish": True},
        )
    factories: Any = import_module("tests.surveys.factories")  # untyped
    study = factories.make_study(items=ITEMS)
    links = [factories.make_token(study) for _ in range(EXPERTS)]
    rounds.open_round(study=study)
    return batch, links


def expert(
    base: str,
    link: str,
    number: int,
    until: threading.Event,
    seen: Meanwhile,
    saved: dict[Any, str],
) -> None:
    """Consents, and answers one item after the other, over and over. `saved`: what the site
    last said it had, by link and item.
    """
    import requests

    chance, browser = random.Random(number), requests.Session()

    def ask(method: str, path: str, **sent: str) -> tuple[int, str]:
        """The status and the page. Status 0: no answer in the time that a browser waits."""
        headers = {"Referer": base + path}
        try:
            answer = browser.request(
                method,
                base + path,
                data=sent or None,
                headers=headers,
                timeout=SECONDS_OF_PATIENCE,
            )
        except requests.RequestException:
            return 0, ""
        return answer.status_code, answer.text

    def send(path: str, **chosen: str) -> int:
        """Opens the page of a form, looks at it for a while, and sends it; what is asked for is
        what is counted.
        """
        status, page = ask("GET", path)
        if status == OK:
            time.sleep(chance.uniform(0, SECONDS_OF_A_PAUSE))
            began = time.monotonic()
            known = dict(KNOWN.findall(page))
            status, _ = ask(
                "POST",
                path,
                **known,
                **chosen,
                csrfmiddlewaretoken=TOKEN.findall(page)[0],
            )
            seen.note(status, time.monotonic() - began)
        return status

    while not until.is_set() and send(f"/answer/{link}/", consent="yes") != OK:
        pass
    item = 0
    while not until.is_set():
        item = item % ITEMS + 1
        answer = chance.choice(("sd", "d", "n", "a", "sa"))
        status = send(f"/answer/{link}/{item}/", do=answer)
        if status == OK:
            saved[link, item] = answer
        elif not status:
            saved.pop(
                (link, item),
                None,
            )  # whether it was saved the expert was not told


def take(folder: Path, batch: Any, step: str) -> float:
    """Takes a step as the admin does, in a process of its own: its seconds."""
    from catalogue.files.importing import running

    batch.refresh_from_db()
    running.claim(
        batch,
        step,
        **({"undo_reason": "It was a trial."} if step == "undo" else {}),
    )
    began = time.monotonic()
    command = [
        sys.executable,
        "manage.py",
        "import_records",
        "--batch",
        str(batch.pk),
        "--step",
        step,
        "--user",
        REVIEWER,
    ]
    run(command, cwd=servers.ROOT, env=servers.environment(folder), check=True)
    return time.monotonic() - began


def lost(saved: dict[Any, str]) -> int:
    """How many answers do not stand as the site last said it had saved them."""
    from surveys.models import Answer
    from surveys.running import secrecy

    stands = {
        (
            answer.response.pseudonym,
            answer.item.position + 1,
        ): answer.point.slug
        for answer in Answer.objects.select_related(
            "response",
            "item",
            "point",
        )
    }
    return sum(
        stands.get((secrecy.pseudonym(link), item)) != answer
        for (link, item), answer in saved.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=140_000)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        servers.fill(folder, 0)
        batch, links = prepare(folder, options.rows)
        seen, until, saved = Meanwhile(), threading.Event(), {}
        with servers.catalogue(folder) as base:
            threads = [
                threading.Thread(
                    target=expert,
                    args=(base, link, number, until, seen, saved),
                )
                for number, link in enumerate(links)
            ]
            for thread in threads:
                thread.start()
            for step in options.steps:
                seen.begin()
                seconds = take(folder, batch, step)
                batch.refresh_from_db()
                print(
                    f"{step}, {options.rows:,} rows: {seconds:.0f} s, then {batch.state}; {seen.line()}",
                    *batch.notes,
                    flush=True,
                )
            until.set()
            for thread in threads:
                thread.join()
        print(
            f"Of {len(saved)} answers that were said to be saved last, {lost(saved)} are lost.",
        )


if __name__ == "__main__":
    main()
