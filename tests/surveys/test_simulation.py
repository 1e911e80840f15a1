"""A whole study over real HTTP: set up, answered by fifty experts in two rounds while the server is killed and started
again, moderated and published."""

import json
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes

import pytest

from tests.site import Site, own_database

from .simulated import Expert, Lead

EXPERTS = 50
NAMES = {"M0001", "M0002", "M0003"}
PASSWORD = "a password of some length"


class Simulation:
    """What happened: the site, the lead, the experts, and what the site printed."""

    def __init__(self, site: Site, mail):
        self.site, self.mail, self.printed = site, mail, ""
        self.lead = Lead(site.url)
        self.experts: list[Expert] = []

    def prepare(self) -> None:
        self.site.manage("migrate", "--verbosity", "0")
        self.site.manage("load_catalogue")
        self.site.manage(
            "createsuperuser", "--noinput", "--username=lead", "--email=", DJANGO_SUPERUSER_PASSWORD=PASSWORD
        )
        self.site.start()
        self.lead.sign_in("lead", PASSWORD)

    def set_up(self) -> None:
        lead = self.lead
        points = [("sd", -2, -1), ("d", -1, -1), ("n", 0, 0), ("a", 1, 1), ("sa", 2, 1)]
        rows = [
            {"slug": slug, "label": f"Point {slug}", "position": n, "value": value, "side": side}
            for n, (slug, value, side) in enumerate(points)
        ]
        rows.append({"slug": "dk", "label": "Don’t know", "position": 9, "value": "", "side": 0, "is_dont_know": "on"})
        scale = lead.add("scale", {"slug": "agreement-5", "name": "Agreement in five steps"}, points=rows)
        areas = [
            lead.add("expertisearea", {"slug": s, "name": s.title(), "position": 0}) for s in ("law", "engineering")
        ]
        criteria = [
            {
                "position": 1,
                "name": "Should be done",
                "slug": "do",
                "question": "Should it be done?",
                "scale": scale,
                "is_support": "on",
            },
            {"position": 2, "name": "Feasible", "slug": "feasible", "question": "Can it be done?", "scale": scale},
        ]
        items = [{"position": n, "mitigation": n, "wording": f"Wording {n}"} for n in (1, 2, 3)]
        fields = {
            "label": "Simulated 2026",
            "slug": "simulated",
            "title": "What experts think of three measures",
            "year": 2026,
            "method": "Experts were asked.",
            "limits": "It says what these experts think.",
            "consent_text": "I take part.",
            "items_per_expert": 2,
            "expertise_areas": areas,
            "asks_combination": "on",
            "combination_limit": 2,
            "min_cell_size": 5,
            "consensus_percent": 75,
        }
        self.study = lead.add("study", fields, criteria=criteria, items=items)

    def run(self, step: str, **data) -> str:
        return self.lead.send(f"/admin/surveys/study/{self.study}/run/", {"step": step, **data}).text

    def invite(self) -> None:
        self.run("invite", addresses="\n".join(f"expert{n}@example.org" for n in range(EXPERTS)))
        links = []
        for path in sorted(self.mail.iterdir()):
            for text in re.split(rb"\n-{79}\n", path.read_bytes()):
                links += re.findall(r"(/answer/[^/\s]+/)", message_from_bytes(text).get_payload() or "")
        self.experts = [Expert(self.site.url, link, number) for number, link in enumerate(links)]

    def answer(self, round_: int, kill: bool = False) -> None:
        """All experts answer, eight at a time. The server is killed when a third of them have submitted."""
        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(expert.answer, round_) for expert in self.experts]
            if kill:
                while sum(one.done() for one in running) < EXPERTS // 3:
                    time.sleep(0.05)
                self.printed += self.site.send(signal.SIGKILL)
                self.site.start()
            for one in running:
                one.result()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    mail = folder / "mail"
    with own_database(folder) as database:
        site = Site(folder, EMAIL_URL=f"filemail:///{mail}", DEBUG="1", **database)
        simulation = Simulation(site, mail)
        try:
            simulation.prepare()
            simulation.set_up()
            simulation.invite()
            for round_ in (1, 2):
                simulation.run("open")
                simulation.answer(round_, kill=round_ == 1)
                simulation.run("close-round")
            simulation.run("close-study")
            yield simulation
        finally:
            site.kill()


def test_every_expert_got_a_link_of_their_own(simulated):
    assert len({expert.path for expert in simulated.experts}) == EXPERTS


def test_of_two_submissions_at_once_one_is_taken_and_the_other_told(simulated):
    assert [expert.clicks[2] for expert in simulated.experts] == [[200, 409]] * EXPERTS


def test_no_table_holds_an_address_or_a_link(simulated):
    tables = simulated.site.manage("dumpdata")

    assert "Simulated 2026" in tables
    assert [expert.path for expert in simulated.experts if expert.path.split("/")[2] in tables] == []
    assert "@example.org" not in tables


def test_no_stored_key_of_an_invitation_is_a_name_of_answers(simulated):
    records = json.loads(simulated.site.manage("dumpdata", "surveys.invitation", "surveys.response"))

    stored = [{value for value in one["fields"].values() if isinstance(value, str)} for one in records]
    links = [row for one, row in zip(records, stored, strict=True) if one["model"] == "surveys.invitation"]
    names = [row for one, row in zip(records, stored, strict=True) if one["model"] == "surveys.response"]
    assert (len(links), len(names)) == (EXPERTS, 2 * EXPERTS)
    assert set.union(*links) & set.union(*names) <= {""}
