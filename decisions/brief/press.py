"""Sets one brief as PDF, in a process of its own: `python press.py`, which reads what to set and
writes the PDF.

What setting takes of memory and time is given back with the process, and cannot be more than
this one may have. It knows nothing of the site, so that it starts quickly.
"""

import resource
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import typst

#: Of memory, and of processor time.
LIMITS = {
    resource.RLIMIT_AS: 2 * 1024**3,
    resource.RLIMIT_CPU: 30,
}
TEMPLATE = Path(__file__).with_name("brief.typ")


def set_in_type(job: dict[str, Any]) -> bytes:
    """`brief`: what `brief.typ` takes. `scales`: how large letters may be, the first with which
    it fits one page, or else the last. `moment`: when it says that it was made.
    """
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=job["fonts"],
    )
    *larger, smallest = job["scales"]
    for scale in larger:
        compiler = _compiler(job, fonts, scale)
        if _page_count(compiler) == 1:
            break
    else:
        compiler = _compiler(job, fonts, smallest)
    made = compiler.compile(
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=datetime.fromisoformat(job["moment"]),
    )
    assert isinstance(made, bytes)
    return made


def _compiler(
    job: dict[str, Any],
    fonts: typst.Fonts,
    scale: float,
) -> typst.Compiler:
    brief = {**job["brief"], "scale": scale}
    return typst.Compiler(
        TEMPLATE,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"brief": orjson.dumps(brief).decode()},
    )


def _page_count(compiler: typst.Compiler) -> int:
    return int(compiler.query("<pages>", field="value", one=True))


if __name__ == "__main__":
    for kind, limit in LIMITS.items():
        with suppress(ValueError, OSError):  # not every system has each
            resource.setrlimit(kind, (limit, limit))
    sys.stdout.buffer.write(set_in_type(orjson.loads(sys.stdin.buffer.read())))
