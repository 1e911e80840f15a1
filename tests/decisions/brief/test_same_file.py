"""The same brief is the same file, after a restart too."""

import hashlib
import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime

from django.conf import settings

from decisions.brief.pdf import as_pdf
from decisions.brief.rich import as_html
from decisions.brief.structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    References,
    Table,
)
from decisions.brief.texts import as_markdown, as_text
from decisions.brief.word import as_docx

#: Prints what each form of a brief hashes to, in a process that has made nothing before.
ELSEWHERE = """
import pickle, sys, django
django.setup()
from tests.decisions.brief.test_same_file import hashes_of
print(*hashes_of(pickle.load(sys.stdin.buffer)))
"""
BRIEF = Brief(
    "Before the release",
    [
        Heading(2, "The measures"),
        Paragraph("As in [1] and [2], see https://example.org/a."),
        Bullets(["One [2]", "Two"]),
        Table("In order.", ["Measure", "Said"], [["Audits [1]", "Yes"]]),
        References([(1, "Doe (2024)."), (2, "Roe (2025).")]),
    ],
    "https://example.org/ · release 3 · CC BY 4.0",
    "https://example.org/",
    "release 3",
    "CC BY 4.0",
    datetime(2026, 11, 30, 12, tzinfo=UTC),
    notes={1: "Doe (2024).", 2: "Roe (2025)."},
)


def hashes_of(brief: Brief) -> list[str]:
    texts = [as_markdown(brief), as_text(brief), as_html(brief)]
    files = [*(text.encode() for text in texts), as_pdf(brief), as_docx(brief)]
    return [hashlib.sha256(file).hexdigest() for file in files]


def test_another_process_makes_the_same_files():
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps(BRIEF),
        capture_output=True,
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"},
        check=True,
    )

    assert done.stdout.decode().split() == hashes_of(BRIEF)
