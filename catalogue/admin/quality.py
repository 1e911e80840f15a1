"""The quality desk's pages: every check with its count, the issues of one, and both as a file."""

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
from catalogue.curation.quality import (
    CHECKS,
    Check,
    Issue,
    desk,
    ordered_checks,
)
from catalogue.curation.quality.desk import JudgedIssue
from catalogue.files.exports.cells import guarded
from catalogue.models import Document, Mapping
from serving.problems import bad_address
from serving.strict import StrictForm

from .page import AdminPage

PER_PAGE = 25
#: (name in the address, label) of the issues of a check.
SHOWN = (("open", "Open"), ("dismissed", "Dismissed"))


class DeskPage(AdminPage):
    """Every check, with how many issues are open."""

    route = "quality/"
    name = "quality"
    permissions = ("catalogue.view_mitigation", "catalogue.change_mitigation")

    def get(self, request):
        counts = desk.counts(patience=float("inf"))
        rows = []
        for check, count in counts.rows:
            note = check.note and check.note()
            rows.append({"check": check, "count": count, "note": note})
        return self.page(
            "quality/desk",
            title="Quality desk",
            rows=rows,
            counts=counts,
        )


class IssueForm(StrictForm):
    """Which issues are shown: those of a document, or of a group. Either may have none left,
    and is no mistake then.
    """

    document = forms.CharField(required=False, strip=False)
    group = forms.CharField(required=False, strip=False)

    def takes(self, issue: Issue) -> bool:
        document = self.value("document")
        group = self.value("group")
        if document and issue.document != document:
            return False
        return not group or issue.group == group


class OneCheckForm(IssueForm):
    """What the page of a check takes."""

    show = forms.ChoiceField(choices=SHOWN, required=False)
    page = forms.CharField(required=False)

    @property
    def query_before_page(self) -> str:
        """All of the query string but the number of the page, to which that is added."""
        query = self.data.copy()
        query.pop("page", None)
        return f"{query.urlencode()}&" if query else ""


class IssuesFileForm(IssueForm):
    """What the file of issues takes."""

    check = forms.CharField(required=False)


class CheckPage(DeskPage):
    """The issues of one check: open ones, or those that were dismissed."""

    route = "quality/<slug:check_name>/"
    name = "quality_check"

    def dispatch(self, request, *args, check_name, **kwargs):
        if check_name not in CHECKS:
            raise Http404("There is no such check.")
        self.check = CHECKS[check_name]
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        filters = OneCheckForm(request.GET)
        if filters.problems:
            return bad_address(request, filters.problems)
        show = filters.value("show") or "open"
        judged = desk.judged_issues(self.check)
        by_state = {
            "open": [row for row in judged if row.is_open],
            "dismissed": [row for row in judged if not row.is_open],
        }
        rows = by_state[show]
        narrowed = [row for row in rows if filters.takes(row.issue)]
        documents = Counter(row.issue.document for row in rows)
        groups = Counter(row.issue.group for row in rows)
        paginator = Paginator(_with_proposals_last(narrowed), PER_PAGE)
        context = {
            "check": self.check,
            "note": self.check.note and self.check.note(),
            "show": show,
            "filters": {name: filters.value(name) for name in filters.names},
            "page_obj": paginator.get_page(filters.value("page")),
            "query": filters.query_before_page,
            "documents": [
                (row.slug, row.label, documents[row.slug])
                for row in Document.objects.filter(slug__in=documents)
            ],
            "groups": sorted(groups.items()) if len(groups) > 1 else [],
            "shown": [
                (key, label, len(by_state[key])) for key, label in SHOWN
            ],
            "relations": Mapping.Relation.choices,
            "is_unknown": not judged and self.check.is_unknown(),
            "can_act": request.user.has_perm("catalogue.change_mitigation"),
            "can_map": request.user.has_perm("catalogue.add_mapping"),
        }
        return self.page("quality/check", title=self.check.title, **context)

    def post(self, request):
        if not request.user.has_perm("catalogue.change_mitigation"):
            raise PermissionDenied
        try:
            if "dismiss" in request.POST:
                self._dismiss()
            elif "take_back" in request.POST:
                self._undo_dismissal()
            elif "map" in request.POST:
                self._map()
            elif "act" in request.POST:
                self._act()
            else:
                raise ValidationError(
                    "Nothing was done: the form does not say what to do.",
                )
        except ValidationError as error:
            self.refuse(error)
        return redirect(request.get_full_path())

    def _dismiss(self):
        ticked = self.request.POST.getlist("finding")
        if not ticked:
            raise ValidationError("Tick the findings to dismiss first.")
        for one in ticked[:PER_PAGE]:
            fingerprint, _, subject = one.partition(" ")
            desk.dismiss(
                check=self.check,
                subject=subject,
                fingerprint=fingerprint,
                reason=self.request.POST.get("reason", ""),
                curator=self.request.user,
            )
        if len(ticked) == 1:
            self.done("Dismissed. It comes back if what was found changes.")
        else:
            self.done(f"Dismissed {len(ticked)}.")

    def _undo_dismissal(self):
        subject = self.request.POST["take_back"]
        if not desk.undo_dismissal(check=self.check, subject=subject):
            raise ValidationError("It had been taken back already.")
        self.done("Taken back: the finding is open again.")

    def _map(self):
        """One click: the pair of an issue becomes a mapping."""
        user = self.request.user
        if not user.has_perm("catalogue.add_mapping"):
            raise PermissionDenied
        accessions, _, relation = self.request.POST["map"].rpartition(" ")
        mapping, proposal = map_pair(
            accessions=accessions.split(),
            relation=relation,
            by=user,
            asserted_by=name_of(user),
        )
        result = "Proposed, and waits for a reviewer" if proposal else "Mapped"
        self.done(
            f"{result}: {mapping.target} is {mapping.get_relation_display()}, as seen from {mapping.source}.",
        )

    def _act(self):
        if self.check.action is None:
            raise ValidationError("Nothing can be done about it from here.")
        _, act = self.check.action
        try:
            act(self.request.POST["act"], self.request.user)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        self.done("Done.")


def _with_proposals_last(rows: list[JudgedIssue]) -> list[JudgedIssue]:
    """With the proposal that would map a pair; those with one come after what is still to be
    done.
    """
    if not any("pair" in row.issue.details for row in rows):
        return rows
    proposed = proposed_pairs()
    with_proposals = []
    for row in rows:
        pair = row.issue.details.get("pair", ())
        proposal = proposed.get(
            frozenset(mitigation.pk for mitigation in pair),
        )
        with_proposals.append(replace(row, proposal=proposal))
    return sorted(with_proposals, key=lambda row: row.proposal is not None)


class IssuesFile(DeskPage):
    """Open issues as CSV: of all checks, or of one, narrowed as its page is."""

    route = "quality/findings.csv"
    name = "quality_file"

    def get(self, request):
        filters = IssuesFileForm(request.GET)
        if filters.problems:
            return bad_address(request, filters.problems)
        name = filters.value("check")
        if name and name not in CHECKS:
            raise Http404("There is no such check.")
        checks = [CHECKS[name]] if name else ordered_checks()
        site = request.build_absolute_uri("/").rstrip("/")
        rows = desk.rows_of_file(_issues_within(checks, filters), site)
        response = StreamingHttpResponse(
            _csv_lines(rows),
            content_type="text/csv; charset=utf-8",
        )
        filename = f"findings-{name}.csv" if name else "findings.csv"
        response["Content-Disposition"] = f'attachment; filename="{filename}"'
        return response


def _issues_within(
    checks: list[Check],
    filters: IssueForm,
) -> Iterator[tuple[Check, Issue]]:
    for check in checks:
        for issue in desk.open_issues(check):
            if filters.takes(issue):
                yield check, issue


class _Echo:
    """Gives back each line that the writer makes."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(rows: Iterator[list[str]]) -> Iterator[str]:
    # The mark by which Excel knows UTF-8.
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([guarded(value) for value in row])


#: Before the page of a check, whose address would take in that of the file.
PAGES = [DeskPage, IssuesFile, CheckPage]
