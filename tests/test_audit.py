"""What `make audit` says of known vulnerabilities."""

import datetime

from benchmarks.audit import ACCEPTED, Accepted, accepted, verdict

TODAY = datetime.date(2026, 11, 25)
CLEAN = {"name": "django", "version": "5.2", "vulns": []}
BAD = {
    "name": "old",
    "version": "1.0",
    "vulns": [
        {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]},
    ],
}
UNKNOWN = {"name": "django", "skip_reason": "Dependency not found on PyPI"}


def audit(*packages, known=()):
    lines, code = verdict({"dependencies": list(packages)}, list(known), TODAY)
    return "\n".join(lines), code


def accept(until=TODAY):
    return Accepted("CVE-1", "Not called here.", until)


def test_a_known_vulnerability_fails_and_says_what_to_do():
    text, code = audit(CLEAN, BAD)

    assert code == 1
    assert "old 1.0: CVE-1, PYSEC-1 (fixed in 1.1: make lock)" in text


def test_what_was_accepted_passes_until_its_day():
    assert audit(CLEAN, BAD, known=[accept()])[1] == 0
    assert (
        audit(CLEAN, BAD, known=[accept(TODAY - datetime.timedelta(days=1))])[
            1
        ]
        == 1
    )


def test_what_is_accepted_and_gone_is_told():
    assert (
        "CVE-1 is accepted and no longer found"
        in audit(CLEAN, known=[accept()])[0]
    )


def test_it_never_passes_off_silence_as_a_clean_bill():
    assert audit(UNKNOWN) == (
        "The advisory service knows none of 1 packages, or cannot be reached from here: NOTHING WAS AUDITED.",
        0,
    )
    assert "NOT AUDITED" in audit(CLEAN, UNKNOWN)[0]


def test_every_accepted_one_has_a_reason(tmp_path):
    (tmp_path / "some.toml").write_text(
        '[[accepted]]\nid = "CVE-1"\nreason = "Not called here."\nuntil = 2026-11-25\n',
    )

    assert accepted(tmp_path / "some.toml") == [accept()]
    assert all(one.reason for one in accepted(ACCEPTED))
