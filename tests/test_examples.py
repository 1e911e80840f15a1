"""The code that the site and its documentation give to analysts runs as it stands."""

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path

import pandas
import pytest
from django.conf import settings
from django.http import QueryDict

from catalogue.files.exports.address import ListAddress
from catalogue.files.exports.snippets import snippets

pytestmark = pytest.mark.any_engine

DOCS = (Path(settings.BASE_DIR) / "docs/analysts.md").read_text() + (
    Path(settings.BASE_DIR) / "docs/api.md"
).read_text()
IN_DOCS = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


@pytest.fixture
def served(live_server, loaded):
    """The real catalogue behind a server."""
    loaded.restore()
    return live_server.url


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_python(code: str) -> str:
    """What it prints. Nothing is there but what it imports itself; a process of its own would
    spend most of its time on that.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "example", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def of_view(base: str, language: str) -> str:
    """The code for a view whose query has signs that would end a quotation."""
    address = ListAddress(
        base,
        "/api/v1/mitigations/",
        QueryDict('phase=deploy&q=model\'s "risk"&view='),
    )
    return next(
        snippet.code
        for snippet in snippets(address)
        if snippet.language == language
    )


def test_code_and_command_line_of_a_view_fetch_it(
    served,
    tmp_path,
    monkeypatch,
):
    monkeypatch.chdir(tmp_path)
    run(["sh", "-c", of_view(served, "sh")], tmp_path)
    code = f"{of_view(served, 'python')}\nmitigations.to_pickle('read.pickle')"
    run_python(code)

    by_curl = pandas.read_csv(tmp_path / "mitigations.csv")
    assert len(by_curl) > 0
    assert list(by_curl["phases"].str.contains("deploy").unique()) == [True]
    pandas.testing.assert_frame_equal(
        pandas.read_pickle(tmp_path / "read.pickle"),
        by_curl,
    )


def test_python_in_the_documentation_runs(served, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = blocks("python")
    assert len(examples) >= 5

    for number, example in enumerate(examples):
        assert IN_DOCS in example
        printed = run_python(example.replace(IN_DOCS, served))
        assert printed or "print" not in example, (
            f"example {number} printed nothing"
        )


@pytest.mark.skipif(
    not shutil.which("Rscript"),
    reason="There is no Rscript: install R to run its examples.",
)
def test_r_of_a_view_and_of_the_documentation_runs(served, tmp_path):
    run(
        [
            "Rscript",
            "-e",
            f"{of_view(served, 'r')}; stopifnot(nrow(mitigations) > 0, is.logical(mitigations$preliminary))",
        ],
        tmp_path,
    )

    for example in blocks("r"):
        if "library(" not in example:
            run(["Rscript", "-e", example.replace(IN_DOCS, served)], tmp_path)
