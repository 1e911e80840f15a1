"""The quality desk's pages: every check with its count, the findings of one, and both as a file."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect

from catalogue.curation.coding import name_of
from catalogue.curation.quality import CHECKS, Check, Finding, desk
from catalogue.curation.services import map_pair, proposed_pairs
from catalogue.files.exports.cells import guarded
from catalogue.models import Document, Mapping

from .page import AdminPage

PER_PAGE = 25


class DeskPage(AdminPage):
    """Every check, with how many findings are open."""

    route, name = "quality/", "quality"
    permissions = ("catalogue.view_mitigation", "catalogue.change_mitigation")

    def get(self, request):
        counts = desk.counts(patience=float("inf"))
        rows = [
            {"check": check, "count": count, "note": check.note and check.note()}
            for check, count in counts.rows
        ]
        return self.page("quality/desk", title="Quality desk", rows=rows, counts=counts)


class CheckPage(DeskPage):
    """The findings of one check: open ones, or those that were dismissed."""

    route, name = "quality/<slug:check_name>/", "quality_check"
    #: (name in the address, label)
    SHOWN = (("open", "Open"), ("dismissed", "Dismissed"))

    def dispatch(self, request, *args, check_name, **kwargs):
        if check_name not in CHECKS:
            raise Http404("There is no such check.")
        self.check = CHECKS[check_name]
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        judged = desk.judged(self.check)
        show = (
            request.GET.get("show")
            if request.GET.get("show") in dict(self.SHOWN)
            else "open"
        )
        asked = {name: request.GET.get(name, "") for name in ("document", "group")}
        rows = [row for row in judged if row.is_open == (show == "open")]
        found = _those_in_review_last(
            [row for row in rows if _is_asked(row.finding, asked)]
        )
        documents = Counter(row.finding.document for row in rows)
        groups = Counter(row.finding.group for row in rows)
        kept = request.GET.copy()
        kept.pop("page", None)
        context = {
            "check": self.check,
            "note": self.check.note and self.check.note(),
            "show": show,
            "asked": asked,
            "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
            "query": f"{kept.urlencode()}&" if kept else "",
            "documents": [
                (row.slug, row.label, documents[row.slug])
                for row in Document.objects.filter(slug__in=documents)
            ],
            "groups": sorted(groups.items()) if len(groups) > 1 else [],
            "shown": [
                (key, label, sum(row.is_open == (key == "open") for row in judged))
                for key, label in self.SHOWN
            ],
            "relations": Mapping.Relation.choices,
            "is_unknown": not judged
            and self.check.is_known
            and not self.check.is_known(),
            "can_act": request.user.has_perm("catalogue.change_mitigation"),
            "can_map": request.user.has_perm("catalogue.add_mapping"),
        }
        return self.page("quality/check", title=self.check.title, **context)

    def post(self, request):
        if not request.user.has_perm("catalogue.change_mitigation"):
            raise PermissionDenied
        steps = {
            "dismiss": self._dismiss,
            "take_back": self._take_back,
            "map": self._map,
            "act": self._act,
        }
        step = next(
            (step for name, step in steps.items() if name in request.POST), None
        )
        try:
            if step is None:
                raise ValidationError(
                    "Nothing was done: the form does not say what to do."
                )
            step()
        except ValidationError as refused:
            self.refuse(refused)
        return redirect(request.get_full_path())

    def _dismiss(self):
        ticked = self.request.POST.getlist("finding")
        if not ticked:
            raise ValidationError("Tick the findings to dismiss first.")
        reason, curator = self.request.POST.get("reason", ""), self.request.user
        for one in ticked[:PER_PAGE]:
            fingerprint, _, subject = one.partition(" ")
            desk.dismiss(
                check=self.check,
                subject=subject,
                fingerprint=fingerprint,
                reason=reason,
                curator=curator,
            )
        self.done(
            "Dismissed. It comes back if what was found changes."
            if len(ticked) == 1
            else f"Dismissed {len(ticked)}."
        )

    def _take_back(self):
        if not desk.take_back(check=self.check, subject=self.request.POST["take_back"]):
            raise ValidationError("It had been taken back already.")
        self.done("Taken back: the finding is open again.")

    def _map(self):
        """One click: the pair of a finding becomes a mapping."""
        if not self.request.user.has_perm("catalogue.add_mapping"):
            raise PermissionDenied
        accessions, _, relation = self.request.POST["map"].rpartition(" ")
        user = self.request.user
        mapping, proposal = map_pair(
            accessions=accessions.split(),
            relation=relation,
            by=user,
            asserted_by=name_of(user),
        )
        told = f"{mapping.target} is {mapping.get_relation_display()}, as seen from {mapping.source}."
        self.done(
            f"Proposed, and waits for a reviewer: {told}"
            if proposal
            else f"Mapped: {told}"
        )

    def _act(self):
        if self.check.action is None:
            raise ValidationError("Nothing can be done about it from here.")
        _, act = self.check.action
        try:
            act(self.request.POST["act"], self.request.user)
        except ValueError as refused:
            raise ValidationError(str(refused)) from refused
        self.done("Done.")


def _those_in_review_last(rows: list[desk.Judged]) -> list[desk.Judged]:
    """With the proposal that would map a pair; those with one come after what is still to be
    done.
    """
    proposed = (
        proposed_pairs() if any("pair" in row.finding.shown for row in rows) else {}
    )
    if not proposed:
        return rows
    told = [replace(row, proposal=proposed.get(_pair(row.finding))) for row in rows]
    return sorted(told, key=lambda row: row.proposal is not None)


def _pair(finding: Finding) -> frozenset[int]:
    return frozenset(mitigation.pk for mitigation in finding.shown.get("pair", ()))


def _is_asked(finding: Finding, asked: dict[str, str]) -> bool:
    return all(
        not value or getattr(finding, name) == value for name, value in asked.items()
    )


class FindingsFile(DeskPage):
    """Open findings as CSV: of all checks, or of one, narrowed as its page is."""

    route, name = "quality/findings.csv", "quality_file"

    def get(self, request):
        wanted = request.GET.get("check", "")
        if wanted and wanted not in CHECKS:
            raise Http404("There is no such check.")
        asked = {name: request.GET.get(name, "") for name in ("document", "group")}
        rows = desk.rows_of_file(
            _findings(wanted, asked), request.build_absolute_uri("/").rstrip("/")
        )
        writer = csv.writer(_Echo())
        lines = (writer.writerow([guarded(value) for value in row]) for row in rows)
        answer = StreamingHttpResponse(
            _marked(lines), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = (
            f'attachment; filename="findings{f"-{wanted}" if wanted else ""}.csv"'
        )
        return answer


def _findings(wanted: str, asked: dict[str, str]) -> Iterator[tuple[Check, Finding]]:
    for name, check in CHECKS.items():
        if wanted in ("", name):
            yield from (
                (check, one)
                for one in desk.open_findings(check)
                if _is_asked(one, asked)
            )


class _Echo:
    """Gives back each line that the writer makes."""

    def write(self, line: str) -> str:
        return line


def _marked(lines: Iterator[str]) -> Iterator[str]:
    """With the mark by which Excel knows UTF-8."""
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    yield from lines


#: Before the page of a check, whose address would take in that of the file.
PAGES = [DeskPage, FindingsFile, CheckPage]
