"""What somebody finds after a study is closed who has every link, the database with its files,
the site's key, and all that the server printed at its loudest: nothing that ties an expert to
answers.
"""

import json
import re
import statistics
import textwrap
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from tests.site import Site, own_database
from tests.surveys.simulated import Visitor
from tests.surveys.stored import Stored

EXPERTS = 50
#: Random orders of fifty are this far from the true one in all but one of some hundred thousand.
ALIKE = 0.7

SET_UP = """
    import json
    from surveys.running import fielding, invitations, rounds
    from tests.surveys.factories import make_study
    study = make_study(items=2, asks_combination=True, expertise=["law", "policy"])
    pairs = invitations.invite(study=study, addresses=[f"expert{{n:02}}@panel.example.org" for n in range({experts})])
    rounds.open_round(study=study)
    print(json.dumps(pairs))
"""
CLOSE = """
    import json
    from surveys.running import fielding, invitations, rounds
    from surveys.files.longform import exportable_rows
    from surveys.models import Answer, Invitation, Remark, Response, Study, StudySecret
    held = [*Invitation.objects.values_list("seed", flat=True), *StudySecret.objects.values_list("value", flat=True)]
    held += [*Response.objects.values_list("pseudonym", flat=True)]
    keys = [str(key) for model in (Answer, Response) for key in model.objects.values_list("pk", flat=True)]
    rounds.close_study(study=Study.objects.get())
    print(json.dumps({"held": held, "keys": keys, "answers": list(exportable_rows(Study.objects.get()))}))
"""


class Attack:
    """A site whose study is over, and all that is left of it."""

    def __init__(self, site: Site, database: dict[str, str]):
        self.site = site
        self.stored = Stored(database)
        self.links: list[tuple[str, str]] = []
        #: What was in the tables before, and the rows of raw answers that can be had after.
        self.before: dict[str, list] = {}

    def shell(self, script: str) -> str:
        return self.site.manage(
            "shell",
            "--no-imports",
            "-c",
            textwrap.dedent(script),
        )

    def run(self) -> None:
        self.links = json.loads(self.shell(SET_UP.format(experts=EXPERTS)))
        self.site.start()
        for number, (_, token) in enumerate(self.links):
            answer(self.site.url, f"/answer/{token}/", number)
        self.before = json.loads(self.shell(CLOSE))

    def rows(self, query: str) -> list[tuple]:
        return self.stored.rows(query)

    def files(self) -> dict[str, bytes]:
        """Every file of the database, journals too."""
        if connection.vendor == "sqlite":
            path = Path(self.stored.address)
            return {
                file.name: file.read_bytes()
                for file in path.parent.glob(f"{path.name}*")
            }
        with psycopg.connect(self.stored.address, autocommit=True) as opened:
            opened.execute("CHECKPOINT")
            stored = opened.execute(
                "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
                " WHERE relkind IN ('r', 'i', 't') AND pg_relation_filepath(oid) IS NOT NULL",
            )
            return {name: bytes(body) for name, body in stored}

    def orders(self) -> dict[str, list[str]]:
        """By name: responses in every order that the database keeps, whoever wrote it down."""
        place = "rowid" if connection.vendor == "sqlite" else "ctid"
        found = {
            "responses": f"SELECT id FROM surveys_response ORDER BY {place}",
            "keys": "SELECT id FROM surveys_response ORDER BY id",
        }
        for table in (
            "answer",
            "remark",
            "response_asked",
            "response_combination",
        ):
            found[f"place of {table}"] = (
                f"SELECT response_id FROM surveys_{table} ORDER BY {place}"
            )
            found[f"keys of {table}"] = (
                f"SELECT response_id FROM surveys_{table} ORDER BY id"
            )
        found["names"] = "SELECT id FROM surveys_response ORDER BY pseudonym"
        return {
            name: list(dict.fromkeys(str(key) for (key,) in self.rows(query)))
            for name, query in found.items()
        }

    def experts(self) -> dict[str, int]:
        """Whose each response is, which only their own words tell here."""
        rows = self.rows("SELECT response_id, body FROM surveys_remark")
        return {str(key): int(body.rpartition(" ")[2]) for key, body in rows}


def answer(url: str, path: str, number: int) -> None:
    """An expert consents, answers both measures, and submits."""
    expert = Visitor(url)
    shown = expert.send(path, {"consent": "yes", "expertise_area": "law"})
    for item in (1, 2):
        said = {
            "do": "a",
            "remark": f"By expert {number}" if item == 1 else "",
            "go": "on",
        }
        shown = expert.post(
            f"{path}{item}/",
            shown.text,
            {**fields(shown.text), **said},
        )
    combination = shown.text.partition('name="combination" value="')[
        2
    ].partition('"')[0]
    expert.post(
        f"{path}review/",
        shown.text,
        {**fields(shown.text), "combination": combination},
    ).raise_for_status()


def fields(form: str) -> dict[str, str]:
    """What a form says of itself, beside its token."""
    hidden = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"',
        form,
    )
    return {
        name: value for name, value in hidden if name != "csrfmiddlewaretoken"
    }


@pytest.fixture(scope="module")
def attack(tmp_path_factory, migrated):
    folder = tmp_path_factory.mktemp("site")
    with own_database(folder, migrated) as database:
        # The tests' key, so that what the site would make with it can be made here.
        loudest = {"DEBUG": "1", "LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json"}
        site = Site(
            folder,
            SECRET_KEY=settings.SECRET_KEY,
            **loudest,
            **database,
        )
        found = Attack(site, database)
        try:
            found.run()
            yield found
        finally:
            site.kill()


def test_every_expert_is_among_the_answers(attack):
    assert sorted(attack.experts().values()) == list(range(EXPERTS))


def test_no_link_is_tied_to_answers_by_the_key_of_the_site(attack):
    stored = {
        name
        for (name,) in attack.rows("SELECT pseudonym FROM surveys_response")
    }
    tied = []
    for _, token in attack.links:
        inner = salted_hmac(
            "surveys.pseudonym",
            token,
            algorithm="sha256",
        ).hexdigest()
        tied += {inner, token} & stored

    assert (len(stored), tied) == (EXPERTS, [])


def test_no_order_that_the_database_keeps_is_that_in_which_experts_answered(
    attack,
):
    experts = attack.experts()
    alike = {}
    for name, keys in attack.orders().items():
        arrived = [experts[key] for key in keys]
        assert sorted(arrived) == list(range(EXPERTS)), name
        alike[name] = statistics.correlation(range(EXPERTS), arrived)

    assert {name: one for name, one in alike.items() if abs(one) > ALIKE} == {}


def test_no_address_link_secret_or_earlier_name_is_in_a_file_of_the_database(
    attack,
):
    secrets = [text.encode() for link in attack.links for text in link]
    secrets += [text.encode() for text in attack.before["held"]]
    keys = [
        form
        for key in map(UUID, attack.before["keys"])
        for form in (key.bytes, key.hex.encode())
    ]
    files = attack.files()

    assert len(attack.before["held"]) == 2 * EXPERTS + 1
    assert any(b"By expert 49" in body for body in files.values())
    assert {
        name: one
        for name, body in files.items()
        for one in secrets
        if one in body
    } == {}
    # What PostgreSQL's planner remembers of keys that are no more ties nobody.
    files.pop("pg_statistic", None)
    assert {
        name: one
        for name, body in files.items()
        for one in keys
        if one in body
    } == {}


def test_what_the_server_printed_holds_no_link_and_no_moment_of_an_answer(
    attack,
):
    printed = attack.site.printed

    assert '"logger":"catalogue.requests"' in printed  # it was loud
    assert [
        link
        for link in attack.links
        if link[0] in printed or link[1] in printed
    ] == []
    assert "/answer/" not in printed
    assert "surveys_" not in printed


def test_what_is_left_gives_the_results_and_the_raw_answers(attack):
    counts = attack.rows(
        "SELECT t.count FROM surveys_tally t JOIN surveys_result r ON r.id = t.result_id"
        " WHERE t.count > 0 AND r.expertise_area_id IS NULL",
    )
    remarks = [
        row[-1] for row in attack.before["answers"] if row[4] == "comment"
    ]

    assert counts == [(EXPERTS,), (EXPERTS,)]
    assert sorted(remarks) == sorted(
        f"By expert {number}" for number in range(EXPERTS)
    )
