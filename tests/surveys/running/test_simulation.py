"""A whole study over real HTTP: set up, answered by fifty experts in two rounds while the
server is killed and started again, moderated and published.
"""

import html
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from itertools import groupby

import pytest

from tests.site import Site, own_database
from tests.surveys.simulated import Expert, Lead, Visitor, rows_of
from tests.surveys.stored import Stored

EXPERTS = 50
POINTS = ("cost", "trust")
REMARK = re.compile(
    r'name="shown" value="([^"]+)">.*?It depends on (cost|trust)',
    re.DOTALL,
)
PASSWORD = "a password of some length"


class Simulation:
    """What happened: the site, the lead, and the experts."""

    def __init__(self, site: Site, mail, stored: Stored):
        self.site, self.mail, self.stored = site, mail, stored
        self.lead = Lead(site.url)
        self.experts: list[Expert] = []

    def prepare(self) -> None:
        self.site.manage(
            "createsuperuser",
            "--noinput",
            "--username=lead",
            "--email=",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )
        self.site.start()
        self.lead.sign_in("lead", PASSWORD)

    def set_up(self) -> None:
        lead = self.lead
        points = [
            ("sd", -2, -1),
            ("d", -1, -1),
            ("n", 0, 0),
            ("a", 1, 1),
            ("sa", 2, 1),
        ]
        rows = [
            {
                "slug": slug,
                "label": f"Point {slug}",
                "position": n,
                "value": value,
                "side": side,
            }
            for n, (slug, value, side) in enumerate(points)
        ]
        rows.append(
            {
                "slug": "dk",
                "label": "Don’t know",
                "position": 9,
                "value": "",
                "side": 0,
                "is_dont_know": "on",
            },
        )
        scale = lead.add(
            "scale",
            {"slug": "agreement-of-five", "name": "Agreement in five steps"},
            points=rows,
        )
        areas = [
            lead.add(
                "expertisearea",
                {"slug": s, "name": s.title(), "position": 0},
            )
            for s in ("law", "engineering")
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
            {
                "position": 2,
                "name": "Feasible",
                "slug": "feasible",
                "question": "Can it be done?",
                "scale": scale,
            },
        ]
        listed = re.findall(
            r"/mitigation/(\d+)/change/",
            lead.open("/admin/catalogue/mitigation/").text,
        )
        measures = list(dict.fromkeys(listed))[:3]
        items = [
            {"position": n, "mitigation": key, "wording": f"Wording {n}"}
            for n, key in enumerate(measures, start=1)
        ]
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

    def page(self, rest: str) -> str:
        return f"/admin/surveys/study/{self.study}/{rest}"

    def run(self, step: str, **data) -> None:
        self.lead.send(
            self.page("run/"),
            {"step": step, "sure": step, **data},
        ).raise_for_status()

    def invite(self) -> None:
        self.run(
            "invite",
            addresses="\n".join(
                f"expert{n}@example.org" for n in range(EXPERTS)
            ),
        )
        links = []
        for path in sorted(self.mail.iterdir()):
            for text in re.split(rb"\n-{79}\n", path.read_bytes()):
                links += re.findall(
                    r"(/answer/[^/\s]+/)",
                    message_from_bytes(text).get_payload() or "",
                )
        self.experts = [
            Expert(self.site.url, link, number)
            for number, link in enumerate(links)
        ]

    def answer(self, round_: int, kill: bool = False) -> None:
        """All experts answer, eight at a time. The server is killed when a third of them have
        submitted.
        """
        with ThreadPoolExecutor(8) as pool:
            running = [
                pool.submit(expert.answer, round_) for expert in self.experts
            ]
            if kill:
                while sum(one.done() for one in running) < EXPERTS // 3:
                    time.sleep(0.05)
                self.site.kill()
                self.site.start()
            for one in running:
                one.result()

    def moderate(self) -> None:
        """On each measure two points, and every comment coded by the word that stands in it."""
        for item in re.findall(
            r'href="[^"]*/coding/(\d+)/"',
            self.lead.open(self.page("coding/")).text,
        ):
            path = self.page(f"coding/{item}/")
            for label in POINTS:
                self.lead.send(
                    path,
                    {
                        "new-label": label,
                        "new-body": f"It depends on {label}.",
                        "new-stance": 3,
                    },
                )
            summary = {
                "step": "save",
                "body": "{cost} look at what it costs, {trust} at trust.",
            }
            self.lead.send(f"{path}points/", summary).raise_for_status()
            for _ in range(EXPERTS):
                remarks = REMARK.findall(shown := self.lead.open(path).text)
                if not remarks:
                    break
                self.lead.post(
                    path,
                    shown,
                    dict(self._coded(remarks, shown)),
                ).raise_for_status()

    @staticmethod
    def _coded(remarks: list[tuple[str, str]], shown: str):
        yield "shown", [key for key, _ in remarks]
        for key, label in remarks:
            yield (
                f"{key}-points",
                re.search(
                    rf'name="{key}-points" value="(\d+)"[^>]*>\s*{label}',
                    shown,
                )[1],
            )

    def publish(self) -> None:
        self.lead.send(
            self.page("publish/"),
            {"sure": "yes", "step": "publish"},
        ).raise_for_status()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory, loaded):
    folder = tmp_path_factory.mktemp("site")
    mail = folder / "mail"
    with own_database(folder, loaded) as database:
        site = Site(
            folder,
            EMAIL_URL=f"filemail:///{mail}",
            DEBUG="1",
            SELF_APPROVAL="1",
            **database,
        )
        simulation = Simulation(site, mail, Stored(database))
        try:
            simulation.prepare()
            simulation.set_up()
            simulation.invite()
            for round_ in (1, 2):
                simulation.run("open", next=round_)
                simulation.answer(round_, kill=round_ == 1)
                simulation.run("close-round", round=round_)
            simulation.run("close-study", last=2, results=2)
            simulation.moderate()
            simulation.publish()
            yield simulation
        finally:
            site.kill()


@pytest.fixture(scope="module")
def names(simulated) -> dict[str, str]:
    """Accessions of the measures by what experts read above them."""
    asked = simulated.lead.open(
        "/api/v1/mitigations/?study=simulated&fields=accession,name",
    ).json()["results"]
    return {one["name"]: one["accession"] for one in asked}


def test_every_expert_got_a_link_of_their_own(simulated):
    assert len({expert.path for expert in simulated.experts}) == EXPERTS


def test_not_one_answer_is_lost_though_the_server_was_killed(simulated, names):
    stored = Counter()
    rows = rows_of(simulated.lead.open(simulated.page("answers.csv")).text)
    for (_, round_, area), own in groupby(
        rows,
        key=lambda row: (
            row["respondent"],
            row["round"],
            row["expertise_area"],
        ),
    ):
        stored[
            round_,
            area,
            tuple(
                sorted((r["item"], r["criterion"], r["answer"]) for r in own),
            ),
        ] += 1

    given = Counter(
        (str(round_), expert.area, tuple(sorted(expert.rows(round_, names))))
        for expert in simulated.experts
        for round_ in (1, 2)
    )
    assert stored == given


def test_published_counts_are_those_of_the_last_round(simulated, names):
    findings = simulated.lead.open("/api/v1/studies/simulated/results/").json()
    shown = {
        (one["mitigation"], one["criterion"], answer["point"]): answer["count"]
        for one in findings
        for answer in one["answers"]
        if answer["count"] and one["expertise_area"] is None
    }

    given = Counter(
        row
        for expert in simulated.experts
        for row in expert.rows(2, names)
        if row[2] and row[1] in ("do", "feasible")
    )
    assert shown == given


def test_points_count_the_experts_who_made_them(simulated, names):
    rows = simulated.lead.open(
        "/api/v1/comments/?study=simulated&page_size=500",
    ).json()["results"]

    made = {
        (accession, label)
        for expert in simulated.experts
        for round_ in (1, 2)
        for accession, criterion, said in expert.rows(round_, names)
        if criterion == "comment"
        for label in POINTS
        if f"depends on {label}" in said
    }
    assert {
        (row["mitigation"], row["body"].split()[-1].rstrip("."))
        for row in rows
    } == made


PUBLIC = [
    "/",
    "/studies/",
    "/studies/simulated/",
    "/studies/simulated/results.csv",
    "/studies/simulated/results.json",
    "/studies/simulated/frozen.json",
    "/mitigations/?study=simulated",
    "/api/v1/studies/simulated/",
    "/api/v1/studies/simulated/results/",
    "/api/v1/comments/?study=simulated&page_size=500",
    "/api/v1/mitigations/?include=evidence,comments",
]


def test_nothing_public_ties_a_person_to_an_answer(simulated, names):
    stranger = Visitor(simulated.site.url)
    rows = simulated.stored.rows(
        "SELECT pseudonym FROM surveys_response UNION ALL SELECT body FROM surveys_remark",
    )
    secrets = {secret for (secret,) in rows} | {"@example.org"}

    assert len(secrets) > EXPERTS
    for path in [
        *PUBLIC,
        *(f"/mitigations/{accession}/" for accession in names.values()),
    ]:
        answer = stranger.open(path)
        assert answer.status_code == 200, path
        assert [
            secret
            for secret in secrets
            if secret in html.unescape(answer.text)
        ] == [], path


def test_the_log_says_nothing_of_links_addresses_and_answers(simulated):
    printed = simulated.site.printed

    assert [
        expert.path
        for expert in simulated.experts
        if expert.path.split("/")[2] in printed
    ] == []
    assert "@example.org" not in printed
    assert "Traceback" not in printed


def test_of_two_submissions_at_once_one_is_taken_and_the_other_told(simulated):
    assert [expert.clicks[2] for expert in simulated.experts] == [
        [200, 409],
    ] * EXPERTS


def test_no_table_holds_an_address_or_a_link(simulated):
    tables = simulated.stored.everything()

    assert "Simulated 2026" in tables
    assert [
        expert.path
        for expert in simulated.experts
        if expert.path.split("/")[2] in tables
    ] == []
    assert "@example.org" not in tables


def test_no_stored_key_of_an_invitation_is_a_name_of_answers(simulated):
    links, names = (
        [
            {value for value in row if isinstance(value, str)}
            for row in simulated.stored.rows(f"SELECT * FROM {table}")
        ]
        for table in ("surveys_invitation", "surveys_response")
    )
    assert (len(links), len(names)) == (EXPERTS, 2 * EXPERTS)
    assert set.union(*links) & set.union(*names) <= {""}
