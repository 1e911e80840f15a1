"""A study lead and experts who know nothing but the addresses of pages: each click is a request
over HTTP.
"""

import csv
import html
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor

import requests

FIELD = re.compile(
    r'<input type="(?:radio|checkbox)" name="([^"]+)" value="([^"]*)"',
)
#: What a form says that it showed.
KNOWN = re.compile(r'<input type="hidden" name="(was-[^"]+)" value="([^"]*)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
#: How long a visitor tries again while the site does not answer.
PATIENCE = 60
#: What nobody else is told who answers: all visitors here are at one address, from which the
#: site reads two forms at a time.
CROWDED = "More is being sent from where you are than is read at once."


class Visitor:
    """A browser without JavaScript: keeps cookies, sends forms, and tries again where the site
    does not answer.
    """

    def __init__(self, url: str):
        self.url, self.session = url, requests.Session()

    def open(self, path: str) -> requests.Response:
        return self._asked("GET", path)

    def send(
        self,
        path: str,
        data: dict,
        files: dict | None = None,
    ) -> requests.Response:
        """Opens the page of a form, fills it in, and sends it."""
        return self.post(path, self.open(path).text, data, files)

    def post(
        self,
        path: str,
        form: str,
        data: dict,
        files: dict | None = None,
    ) -> requests.Response:
        token = TOKEN.search(form)
        assert token, f"{path} has no form"
        headers = {"Referer": self.url + path}
        known: dict[str, list[str]] = {}
        for name, value in KNOWN.findall(form):
            known.setdefault(name, []).append(html.unescape(value))
        sent = {"csrfmiddlewaretoken": token[1], **known, **data}
        return self._asked(
            "POST",
            path,
            data=sent,
            files=files,
            headers=headers,
        )

    def _asked(self, method: str, path: str, **sent) -> requests.Response:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.session.request(
                    method,
                    self.url + path,
                    timeout=30,
                    **sent,
                )
            except requests.RequestException:
                if time.monotonic() > end:
                    raise
            else:
                is_crowded = (
                    answer.status_code == 503 and CROWDED in answer.text
                )
                if not is_crowded or time.monotonic() > end:
                    return answer
            time.sleep(0.2)


class Expert(Visitor):
    """Answers by chance, the same for the same number; remembers everything that the site said
    it had saved.
    """

    def __init__(self, url: str, path: str, number: int):
        super().__init__(url)
        self.path, self.chance = path, random.Random(number)
        self.saved: dict[int, dict[str, dict[str, str]]] = {}
        self.combined: dict[int, list[str]] = {}
        self.area = ""
        self.clicks: dict[int, list[int]] = {}

    def answer(self, round_: int) -> None:
        """One whole round: consent, each measure, the overview, submission. Each page is the one
        that the page before led to.
        """
        reached = self._consent()
        given = self.saved[round_] = {}
        while "review" not in reached.url:
            reached = self._answer_item(reached, round_, given)
        self._submit(reached.text, round_)

    def rows(
        self,
        round_: int,
        names: dict[str, str],
    ) -> list[tuple[str, str, str]]:
        """(item, criterion, answer) of all that was saved, as the long format has it. `names`
        gives accessions.
        """
        found = []
        for heading, chosen in self.saved[round_].items():
            accession = names[heading]
            found += [
                (accession, "comment" if name == "remark" else name, said)
                for name, said in chosen.items()
            ]
            found.append(
                (
                    accession,
                    "combination",
                    "yes" if accession in self.combined[round_] else "no",
                ),
            )
        return found

    def _consent(self) -> requests.Response:
        shown = self.open(self.path).text
        areas = re.findall(r'<option value="([^"]+)"', shown)
        self.area = self.area or (self.chance.choice(areas) if areas else "")
        reached = self.post(
            self.path,
            shown,
            {"consent": "yes", "expertise_area": self.area},
        )
        reached.raise_for_status()
        first = f"{self.path}1/"
        # Whoever had to send it twice is led to where they left.
        return reached if reached.url.endswith(first) else self.open(first)

    def _answer_item(
        self,
        page: requests.Response,
        round_: int,
        given: dict,
    ) -> requests.Response:
        shown = page.text
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", shown)[1]
        choices: dict[str, list[str]] = {}
        for name, value in FIELD.findall(shown):
            choices.setdefault(name, []).append(value)
        chosen = {
            name: self.chance.choice(values)
            for name, values in choices.items()
        }
        before = self.saved.get(round_ - 1, {}).get(html.unescape(heading), {})
        if "remark" in before:  # It stands in the form, and is sent along.
            chosen["remark"] = before["remark"]
        if self.chance.random() < 0.3:
            chosen["remark"] = (
                f"It depends on {self.chance.choice(['cost', 'trust'])}, says {self.chance.random()}"
            )
        self._sees_earlier_answers(shown, given_before=before)
        path = page.url.removeprefix(self.url)
        reached = self.post(path, shown, {**chosen, "go": "on"})
        assert reached.status_code == 200, reached.text
        given[html.unescape(heading)] = chosen
        return reached

    def _sees_earlier_answers(
        self,
        shown: str,
        given_before: dict | None,
    ) -> None:
        earlier = re.findall(
            r'name="([^"]+)" value="([^"]+)"(?: checked)?> <span>[^<]*<b[^>]*>\(your earlier',
            shown,
        )
        answered = {
            name: value
            for name, value in (given_before or {}).items()
            if value and name != "remark"
        }
        assert dict(earlier) == answered

    def _submit(self, form: str, round_: int) -> None:
        """They know that they skipped questions. In the second round they click twice at the
        same moment.
        """
        path, clicks = f"{self.path}review/", round_
        offered = [
            value
            for name, value in FIELD.findall(form)
            if name == "combination"
        ]
        self.combined[round_] = sorted(
            self.chance.sample(offered, min(2, len(offered))),
        )
        with ThreadPoolExecutor(clicks) as pool:
            data = {"combination": self.combined[round_], "sure": "99"}
            sent = [
                pool.submit(self.post, path, form, data) for _ in range(clicks)
            ]
        self.clicks[round_] = sorted(one.result().status_code for one in sent)
        assert "your answers are in" in self.open(self.path).text


class Lead(Visitor):
    """Somebody with an account for the admin."""

    def sign_in(self, name: str, password: str) -> None:
        self.send(
            "/admin/login/?next=/admin/",
            {"username": name, "password": password},
        ).raise_for_status()

    def add(self, model: str, fields: dict, **rows: list[dict]) -> str:
        """Adds a record with inline rows, by prefix, in the admin. Returns its key."""
        path = f"/admin/surveys/{model}/add/"
        data = dict(fields)
        for prefix, inline in rows.items():
            data |= {
                f"{prefix}-TOTAL_FORMS": len(inline),
                f"{prefix}-INITIAL_FORMS": 0,
            }
            data |= {
                f"{prefix}-{n}-{name}": value
                for n, row in enumerate(inline)
                for name, value in row.items()
            }
        reached = self.send(path, {**data, "_continue": "1"})
        found = re.search(
            rf"/admin/surveys/{model}/(\d+)/change/",
            reached.url,
        )
        assert found, re.findall(
            r'class="errorlist[^"]*"[^>]*>(.*?)</ul>',
            reached.text,
        )
        return found[1]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
