"""The quality desk's pages: every check with its count, the findings of one, and both as a file."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect

from catalogue.curation.double_coding import name_of
from catalogue.curation.pairs import map_pair, proposed_pairs
from catalogue.curation.quality import CHECKS, Check, Finding, desk
from catalogue.files.exports.cells import guarded
from catalogue.models import Document, Mapping
from serving.problems import bad_address
from serving.strict import StrictForm

from .page import AdminPage

PER_PAGE = 25
#: (name in the address, label) of the findings of a check.
SHOWN = (("open", "Open"), ("dismissed", "Dismissed"))


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


class FindingForm(StrictForm):
    """Which findings are shown: those of a document, or of a group. Either may have none left,
    and is no mistake then.
    """

    document = forms.CharField(required=False, strip=False)
    group = forms.CharField(required=False, strip=False)

    def takes(self, finding: Finding) -> bool:
        document, group = self.value("document"), self.value("group")
        if document and finding.document != document:
            return False
        return not group or finding.group == group


class OneCheckForm(FindingForm):
    """What the page of a check takes."""

    show = forms.ChoiceField(choices=SHOWN, required=False)
    page = forms.CharField(required=False)

    @property
    def query_before_page(self) -> str:
        """All of the query string but the number of the page, to which that is added."""
        query = self.data.copy()
        query.pop("page", None)
        return f"{query.urlencode()}&" if query else ""


class FindingsFileForm(FindingForm):
    """What the file of findings takes."""

    check = forms.CharField(required=False)


class CheckPage(DeskPage):
    """The findings of one check: open ones, or those that were dismissed."""

    route, name = "quality/<slug:check_name>/", "quality_check"

    def dispatch(self, request, *args, check_name, **kwargs):
        if check_name not in CHECKS:
            raise Http404("There is no such check.")
        self.check = CHECKS[check_name]
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        filters = OneCheckForm(request.GET)
        if filters.problems:
            return bad_address(request, filters.problems)
        judged = desk.judged(self.check)
        show = filters.value("show") or "open"
        rows = [row for row in judged if row.is_open == (show == "open")]
        found = _those_in_review_last(
            [row for row in rows if filters.takes(row.finding)]
        )
        documents = Counter(row.finding.document for row in rows)
        groups = Counter(row.finding.group for row in rows)
        context = {
            "check": self.check,
            "note": self.check.note and self.check.note(),
            "show": show,
            "filters": {name: filters.value(name) for name in filters.names},
            "page_obj": Paginator(found, PER_PAGE).get_page(filters.value("page")),
            "query": filters.query_before_page,
            "documents": [
                (row.slug, row.label, documents[row.slug])
                for row in Document.objects.filter(slug__in=documents)
            ],
            "groups": sorted(groups.items()) if len(groups) > 1 else [],
            "shown": [
                (key, label, sum(row.is_open == (key == "open") for row in judged))
                for key, label in SHOWN
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


class FindingsFile(DeskPage):
    """Open findings as CSV: of all checks, or of one, narrowed as its page is."""

    route, name = "quality/findings.csv", "quality_file"

    def get(self, request):
        filters = FindingsFileForm(request.GET)
        if filters.problems:
            return bad_address(request, filters.problems)
        wanted = filters.value("check")
        if wanted and wanted not in CHECKS:
            raise Http404("There is no such check.")
        rows = desk.rows_of_file(
            _findings(wanted, filters), request.build_absolute_uri("/").rstrip("/")
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


def _findings(wanted: str, filters: FindingForm) -> Iterator[tuple[Check, Finding]]:
    for name, check in CHECKS.items():
        if wanted in ("", name):
            yield from (
                (check, one) for one in desk.open_findings(check) if filters.takes(one)
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
