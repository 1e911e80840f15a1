"""Which files of the project a request for the list of mitigations passes: `python -m benchmarks.walk`
prints those whose code runs once the index is made and nothing is kept of answers, with the
functions that run in each.

`python -m benchmarks.walk /mitigations/?q=audits` prints those of another address. The database
is that of the settings.
"""

import os
import sys
from collections import defaultdict
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = "/mitigations/?phase=deploy"
#: So many names of functions are printed of a file.
MOST_NAMES = 8


def functions_by_file(address: str) -> dict[Path, list[str]]:
    """The functions of each file that run while `address` is asked for, in the order in which
    the request comes to them.
    """
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.get(address)  # makes the index, and draws what is drawn once
    found: dict[Path, list[str]] = defaultdict(list)

    def note(frame: FrameType, event: str, _: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event != "call" or not path.is_relative_to(ROOT):
            return
        name = frame.f_code.co_name
        if ".venv" not in path.parts and name not in found[path]:
            found[path].append(name)

    sys.setprofile(note)
    response = client.get(address)
    sys.setprofile(None)
    if response.status_code != 200:
        sys.exit(f"{address} answers {response.status_code}.")
    return {path: names for path, names in found.items() if names}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["RESPONSE_CACHE"] = "off"
    import django

    django.setup()
    found = functions_by_file(sys.argv[1] if sys.argv[1:] else ADDRESS)
    lines = 0
    for path, names in found.items():
        length = len(path.read_text().splitlines())
        lines += length
        shown = ", ".join(name for name in names if name[0] != "<")
        listed = shown.split(", ")[:MOST_NAMES]
        print(f"{length:5} {path.relative_to(ROOT)}: {', '.join(listed)}")
    print(f"{len(found)} files, {lines:,} lines")


if __name__ == "__main__":
    main()
