"""A variable that is wrong ends with one line: its name, its value, and what would be right."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
WRONG = [
    ("WEB_THREADS", "x", "WEB_THREADS=x", "a whole number, 1 or more"),
    ("WEB_THREADS", "0", "WEB_THREADS=0", "a whole number, 1 or more"),
    ("WEB_THREADS", "", "WEB_THREADS=", "a whole number, 1 or more"),
    ("NUM_PROXIES", "-1", "NUM_PROXIES=-1", "a whole number, 0 or more"),
    ("SESSION_HOURS", "1.5", "SESSION_HOURS=1.5", "a whole number, 1 or more"),
    ("DEBUG", "ture", "DEBUG=ture", "true or false"),
    ("RESPONSE_CACHE", "2", "RESPONSE_CACHE=2", "true or false"),
    ("LOG_FORMAT", "xml", "LOG_FORMAT=xml", "one of json, text"),
    ("LOG_LEVEL", "loud", "LOG_LEVEL=loud", "one of DEBUG, INFO, WARNING"),
    ("SITE_URL", "example.org", "SITE_URL=example.org", "https://"),
    ("SECRET_KEY_FILE", "/no/key", "SECRET_KEY_FILE=/no/key", "name a file"),
    ("DATA_DIR", "/dev/null/x", "DATA_DIR=/dev/null/x", "name a folder"),
]
WRONG_ADDRESSES = [
    ("DATABASE_URL", "mysql://u:word@h/n", "mysql://...", "postgres://"),
    (
        "DATABASE_URL",
        "postgres://u:word@h:x/n",
        "postgres://...",
        "sqlite:///",
    ),
    ("DATABASE_URL", "word", "no address", "postgres://"),
    ("DATABASE_URL", "", "no address", "postgres://"),
    ("CACHE_URL", "ftp://:word@h/0", "ftp://...", "redis://"),
    ("EMAIL_URL", "mail://u:word@h", "mail://...", "smtp+tls://"),
]


def read_settings(monkeypatch, folder, **environment):
    monkeypatch.setenv("DATA_DIR", str(folder))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "config/settings.py"))


@pytest.mark.parametrize(("name", "value", "named", "right"), WRONG)
def test_a_value_that_cannot_be_read_is_named_with_what_would_be_right(
    monkeypatch,
    tmp_path,
    name,
    value,
    named,
    right,
):
    with pytest.raises(ImproperlyConfigured) as refused:
        read_settings(monkeypatch, tmp_path, **{name: value})

    message = str(refused.value)
    assert message.startswith(f"{named} cannot be ")
    assert right in message
    assert "\n" not in message


@pytest.mark.parametrize(("name", "value", "named", "right"), WRONG_ADDRESSES)
def test_of_an_address_that_cannot_be_read_no_password_is_shown(
    monkeypatch,
    tmp_path,
    name,
    value,
    named,
    right,
):
    with pytest.raises(ImproperlyConfigured) as refused:
        read_settings(monkeypatch, tmp_path, **{name: value})

    message = str(refused.value)
    assert message.startswith(f"{name} holds {named}: it must be ")
    assert right in message
    assert value.count("word") == 0 or "word" not in message.replace(
        ":password@",
        "",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("on", True), ("YES", True), ("1", True), ("off", False), ("", False)],
)
def test_a_switch_takes_the_words_that_mean_on_or_off(
    monkeypatch,
    tmp_path,
    value,
    expected,
):
    read = read_settings(monkeypatch, tmp_path, SELF_APPROVAL=value)

    assert read["SELF_APPROVAL"] is expected


def test_a_command_ends_with_the_line_alone(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
    )

    expected = "LOG_FORMAT=xml cannot be read: set it to one of json, text, or unset it.\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_the_server_says_what_number_of_processes_it_takes(
    monkeypatch,
    capsys,
):
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("WEB_CONCURRENCY", "many")
    monkeypatch.setattr(
        "catalogue.management.commands.serve.asked_address",
        lambda: ("127.0.0.1", 0),
    )

    with pytest.raises(SystemExit) as stopped:
        call_command("serve")

    expected = "WEB_CONCURRENCY=many cannot be read: set it to a whole number, 1 or more, or unset it.\n"
    assert (stopped.value.code, capsys.readouterr().err) == (1, expected)
