"""Set-up: the Makefile, the environment's variables, the server, and what no committed file may
say.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

from catalogue.management.commands.serve import (
    CatalogueServer,
    WrongAddress,
    asked_address,
    free_address,
)

from .site import Site, listening

ROOT = Path(settings.BASE_DIR)
READS_ENVIRONMENT = [
    "config/settings.py",
    "catalogue/management/commands/serve.py",
]
TARGETS = re.findall(
    r"^([a-z][a-z-]*):(?!=)",
    (ROOT / "Makefile").read_text(),
    re.MULTILINE,
)

#: Joined here, so that this file does not name them either.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("anaconda", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
    ]
]


def files_of_the_project():
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip(
            "This is no git checkout: nothing tells which files are committed.",
        )
    return [
        ROOT / name
        for name in listed.stdout.splitlines()
        if (ROOT / name).is_file()
    ]


# .env.example


def variables_read():
    sources = "".join((ROOT / name).read_text() for name in READS_ENVIRONMENT)
    return set(re.findall(r"\benv(?:\.[a-z_]+)?\(\s*\"([A-Z_]+)\"", sources))


def variables_listed():
    return re.findall(
        r"^#?([A-Z_]+)=",
        (ROOT / ".env.example").read_text(),
        re.MULTILINE,
    )


def test_env_example_lists_every_variable_once():
    listed = variables_listed()
    assert sorted(listed) == sorted(variables_read())
    assert {"DATA_DIR", "DATABASE_URL", "HOST", "WEB_CONCURRENCY"} < set(
        listed,
    )  # the patterns find something


def test_env_example_explains_every_variable():
    lines = (ROOT / ".env.example").read_text().splitlines()
    for above, line in zip(["", *lines], lines, strict=False):
        if re.match(r"#?[A-Z_]+=", line):
            assert re.fullmatch(r"# [A-Z].*[.]", above), line


def test_no_other_file_reads_the_environment_past_the_settings():
    readers = [
        str(path.relative_to(ROOT))
        for app in ("catalogue", "config", "decisions", "serving", "surveys")
        for path in (ROOT / app).rglob("*.py")
        if re.search(
            r"\benv(\.[a-z]+)?\(\s*\"|os\.environ(\.get\(|\[)|getenv",
            path.read_text(),
        )
    ]
    assert sorted(readers) == sorted(READS_ENVIRONMENT)


# The Makefile and the README


def test_makefile_has_what_the_readme_names():
    named = set(
        re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text()),
    ) & {
        *TARGETS,
        "serve",
        "test",
        "dev",
    }
    assert {"serve", "test"} <= named
    assert named <= set(TARGETS)
    assert {"serve", "dev", "test", "lint", "lock", "bench"} <= set(TARGETS)


def test_make_help_names_every_target():
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r"echo \"make ([a-z]+) ", makefile)
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert sorted([*named, "help"]) == sorted(phony[1].split())


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md")),
    ],
)
def test_pages_name_only_commands_that_exist(page):
    named = re.findall(r"manage\.py ([a-z_]+)", (ROOT / page).read_text())
    assert [name for name in named if name not in get_commands()] == []


@pytest.fixture
def make(tmp_path):
    """Runs a target of the real Makefile in an empty folder, with a Python that only writes
    down what it is asked.
    """
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text(
        '#!/bin/sh\necho "${DATABASE_URL%%:*} $*" >> asked\ncase "$DATABASE_URL" in $FAIL:*) exit 1;; esac\n',
    )
    python.chmod(0o755)
    (tmp_path / "requirements").mkdir()
    for name in (
        "requirements/base.txt",
        "requirements/dev.txt",
        ".venv/made",
        ".venv/base",
        ".venv/dev",
    ):
        (tmp_path / name).touch()

    def run(*arguments, **environment):
        own = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "MAKEFLAGS")
        }
        return subprocess.run(
            ["make", *arguments],
            cwd=tmp_path,
            env={**own, "FAIL": "none", **environment},
            capture_output=True,
            text=True,
        )

    run.asked = lambda: (tmp_path / "asked").read_text().splitlines()
    return run


ON_POSTGRESQL, ON_SQLITE = (
    ("postgres", True),
    ("sqlite", False),
)  # the engine, and whether only what depends on it


@pytest.mark.parametrize(
    ("environment", "asked", "is_green"),
    [
        ({}, [ON_SQLITE], True),
        ({"DATABASE_URL": "sqlite:///other"}, [ON_SQLITE], True),
        ({"DATABASE_URL": "postgres:///c"}, [ON_POSTGRESQL, ON_SQLITE], True),
        (
            {"DATABASE_URL": "postgres:///c", "FAIL": "postgres"},
            [ON_POSTGRESQL, ON_SQLITE],
            False,
        ),
        (
            {"DATABASE_URL": "postgres:///c", "FAIL": "sqlite"},
            [ON_POSTGRESQL, ON_SQLITE],
            False,
        ),
    ],
)
def test_make_test_runs_on_both_engines_and_fails_where_either_does(
    make,
    environment,
    asked,
    is_green,
):
    done = make("test", **environment)
    assert [
        (line.split()[0], line.endswith("-m engine"))
        for line in make.asked()
        if "-m pytest" in line
    ] == asked
    assert (done.returncode == 0) is is_green


def test_make_says_what_to_install_where_there_is_no_python(make, tmp_path):
    (tmp_path / ".venv/made").unlink()
    (tmp_path / ".venv/base").unlink()
    done = make("serve", "PYTHON=")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed: install it" in done.stdout


def test_two_who_serve_at_once_prepare_it_one_after_the_other(make, tmp_path):
    """The second finds the static files collected, and does not take them away from the first."""
    (tmp_path / ".venv/bin/python").write_text(
        f"""#!/bin/sh
        case "$1" in -c) exec {sys.executable} "$@";; esac
        echo "$2" >> asked
        case "$2" in serve) exit;; esac
        mkdir busy || exit 1
        sleep 0.1
        case "$2" in collectstatic) mkdir -p staticfiles; touch staticfiles/staticfiles.json;; esac
        rmdir busy
        """,
    )

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(make, ["serve", "serve"]))

    assert [one.returncode for one in done] == [0, 0], done
    assert [
        make.asked().count(name) for name in ("collectstatic", "migrate")
    ] == [1, 2]


# The server


def test_serves_at_127_0_0_1_8000_unless_told(monkeypatch):
    for name in ("HOST", "PORT"):
        monkeypatch.setenv(name, "")
    assert asked_address() == ("127.0.0.1", 8000)


def test_a_taken_port_is_one_line_that_says_what_to_do(monkeypatch, capsys):
    with listening() as port:
        monkeypatch.setenv("HOST", "127.0.0.1")
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(SystemExit) as stopped:
            call_command("serve")
    expected = f"Port {port} is taken: choose another with PORT={port % 65535 + 1} make serve\n"
    assert (stopped.value.code, capsys.readouterr().err) == (1, expected)


@pytest.mark.parametrize(
    ("host", "is_behind_proxy", "warns"),
    [
        ("0.0.0.0", False, True),
        ("0.0.0.0", True, False),
        ("127.0.0.1", False, False),
    ],
)
def test_the_server_warns_where_it_faces_the_network_bare(
    monkeypatch,
    settings,
    capsys,
    host,
    is_behind_proxy,
    warns,
):
    with listening() as port:
        pass  # free again
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setattr(
        CatalogueServer,
        "serve_until_stopped",
        lambda server: None,
    )
    settings.BEHIND_HTTPS_PROXY = is_behind_proxy

    call_command("serve")

    assert (
        "served to the network without a proxy" in capsys.readouterr().err
    ) is warns


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1", "80.5", "٣"])
def test_what_is_no_port_is_refused(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(WrongAddress, match=f"PORT={port} is no port: choose"):
        asked_address()


@pytest.mark.parametrize("host", ["203.0.113.9", "300.1.1.1"])
def test_an_address_of_another_machine_is_refused(host):
    with pytest.raises(
        WrongAddress,
        match=f"HOST={host} is no address of this machine: try HOST=127.0.0.1",
    ):
        free_address(host, 8000)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stops_cleanly(tmp_path, sent):
    site = Site(tmp_path)
    try:
        site.start()
        site.send(sent)
    finally:
        site.kill()

    assert site.process.returncode == 0, site.printed
    assert "Traceback" not in site.printed
    assert f"{site.url}/ (Ctrl-C stops it)" in site.printed
    assert "manage.py createsuperuser" in site.printed


# What no committed file may say


def test_no_committed_file_names_a_registry_host():
    naming = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in files_of_the_project()
        for host in REGISTRY_HOSTS
        if host.encode() in path.read_bytes()
    ]
    assert naming == []


@pytest.mark.parametrize(
    "name",
    sorted(path.name for path in (ROOT / "requirements").glob("*.txt")),
)
def test_locks_have_a_hash_for_every_package_and_name_no_host(name):
    lock = (ROOT / "requirements" / name).read_text()
    packages = re.findall(
        r"^[a-z0-9][^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)*",
        lock,
        re.MULTILINE,
    )
    assert packages
    assert [package for package in packages if "--hash" not in package] == []
    assert "://" not in lock
    assert "--index-url" not in lock


def test_no_file_holds_the_marks_of_a_merge_left_undone():
    marks = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)

    found = [
        str(path.relative_to(ROOT))
        for path in files_of_the_project()
        if marks.search(path.read_bytes())
    ]
    assert found == []
