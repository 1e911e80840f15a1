"""The pages and files of releases: what each is, what changed between any two."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson
from django import forms
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from catalogue.files.exports.cells import as_text
from catalogue.files.exports.delivery import content_type
from catalogue.models import Release
from catalogue.pages.citing import citation_file, site_url
from catalogue.reading import one_state_of_the_database
from catalogue.record.citations import cite_catalogue
from serving.parameters import described
from serving.problems import bad_address, bad_parameters
from serving.sharing import FOR_EVER
from serving.strict import StrictForm

from ..releases import canonical, files
from ..releases.differences import (
    MOST_SHOWN,
    Change,
    Difference,
    Lately,
    Nothing,
    Released,
    State,
    difference,
    table_of,
)
from .told_changes import told_kinds

TODAY = "today"
BEFORE = "nothing"
#: More changes of one sort than that are folded, but for those of mitigations.
MOST_OPEN = 11


@require_safe
def release_list(request) -> HttpResponseBase:
    return redirect(f"{reverse('data')}#releases")


@require_safe
def release_detail(request, number) -> HttpResponseBase:
    release = get_object_or_404(Release, number=number)
    before = Release.objects.before(release)
    found = difference(
        Released(before) if before else Nothing(),
        Released(release),
    )
    context = {
        "told": release,
        "before": before,
        "downloads": release.files.filter(is_download=True),
        "counts": [
            (name, release.counts[kind])
            for kind, name in canonical.KINDS.items()
            if kind in release.counts
        ],
        "citation": cite_catalogue(
            release.revision,
            site_url(request),
            release=release,
        ),
        "table": table_of(found),
        "kinds": told_kinds(found, MOST_SHOWN) if before else [],
        "most": MOST_SHOWN,
        "most_open": MOST_OPEN,
    }
    return render(request, "catalogue/releases/detail.html", context)


@require_safe
def release_file(request, number, name) -> HttpResponseBase:
    """A download, byte for byte as it was when the release was cut; the records; or the
    checksums of all.
    """
    release = get_object_or_404(Release, number=number)
    if name == files.SUMS:
        return _for_ever(
            HttpResponse(
                files.sums(release),
                content_type="text/plain; charset=utf-8",
            ),
            release.checksum,
        )
    if name == files.RECORDS:
        answer = StreamingHttpResponse(
            files.lines_of_records(release),
            content_type="application/x-ndjson",
        )
        return _as_file(answer, release, name, release.checksum)
    file = release.files.filter(name=name, is_download=True).first()
    if file is None:
        raise Http404("This release has no such file.")
    answer = StreamingHttpResponse(
        files.stored_bytes(file),
        content_type=content_type(file.media_type),
    )
    answer["Content-Length"] = str(file.size)
    return _as_file(answer, release, name, file.sha256)


def _as_file(
    answer: HttpResponseBase,
    release: Release,
    name: str,
    sha256: str,
) -> HttpResponseBase:
    stem, _, suffix = name.rpartition(".")
    answer["Content-Disposition"] = (
        content_disposition_header(True, f"{stem}-{release.number}.{suffix}")
        or ""
    )
    return _for_ever(answer, sha256)


def _for_ever(answer: HttpResponseBase, sha256: str) -> HttpResponseBase:
    answer["Cache-Control"] = FOR_EVER
    answer["ETag"] = f'"{sha256}"'
    return answer


@require_safe
def release_cite(request, number, form) -> HttpResponse:
    release = get_object_or_404(Release, number=number)
    return citation_file(
        cite_catalogue(release.revision, site_url(request), release=release),
        form,
    )


# What changed between two


class DifferenceForm(StrictForm):
    """Two states by their names, `old` and `new`: numbers of releases, “today”, or “nothing”
    for before the first. `numbers` are those of all releases, the newest first.
    """

    def __init__(self, data: QueryDict):
        super().__init__(data)
        releases = Release.objects.newest_first()
        self.numbers = list(releases.values_list("number", flat=True))
        for name, special in (("from", BEFORE), ("to", TODAY)):
            choices = [(number, number) for number in (*self.numbers, special)]
            self.fields[name] = forms.ChoiceField(
                choices=choices,
                required=False,
            )

    @property
    def new(self) -> str:
        """Unless it is chosen the last release, where there is something to compare it with."""
        if chosen := self.value("to"):
            return chosen
        last = self.numbers[:1]
        if not last or self.value("from") in last:
            return TODAY
        return last[0]

    @property
    def old(self) -> str:
        """Unless it is chosen what came before `new`."""
        if chosen := self.value("from"):
            return chosen
        earlier = self.numbers
        if self.new != TODAY:
            earlier = self.numbers[self.numbers.index(self.new) + 1 :]
        return earlier[0] if earlier else BEFORE

    def difference(self) -> Difference:
        # Of today's records and what replaced which: all of one moment.
        with one_state_of_the_database():
            return difference(state(self.old), state(self.new))


def state(name: str) -> State:
    if name == TODAY:
        return Lately()
    if name == BEFORE:
        return Nothing()
    return Released(Release.objects.get(number=name))


@require_safe
def changes(request) -> HttpResponseBase:
    """What changed between two releases, or since one."""
    asked = DifferenceForm(request.GET)
    if asked.problems:
        return bad_address(request, asked.problems)
    found = asked.difference()
    context = {
        "asked": asked,
        "table": table_of(found),
        "kinds": told_kinds(found, MOST_SHOWN),
        "most": MOST_SHOWN,
        "most_open": MOST_OPEN,
        "query": f"from={asked.old}&to={asked.new}",
    }
    return render(request, "catalogue/releases/changes.html", context)


@require_safe
def changes_file(request, form) -> HttpResponseBase:
    """The same as a file: JSON with every record that changed, CSV with a row for every value."""
    asked = DifferenceForm(request.GET)
    if form not in ("json", "csv"):
        raise Http404("Changes come as json and csv.")
    if asked.problems:
        return bad_parameters(
            [described(problem) for problem in asked.problems],
        )
    found = asked.difference()
    answer: HttpResponseBase
    if form == "json":
        answer = HttpResponse(
            orjson.dumps(
                difference_payload(found),
                option=orjson.OPT_INDENT_2,
            ),
            content_type="application/json",
        )
    else:
        answer = StreamingHttpResponse(
            difference_lines(found),
            content_type="text/csv; charset=utf-8",
        )
    name = f"changes-{asked.old}-to-{asked.new}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def difference_payload(found: Difference) -> dict[str, Any]:
    same: dict[str, list[str]] = {}
    for key in found.same:
        same.setdefault(key.kind, []).append(key.name)
    return {
        "from": found.old.label,
        "to": found.new.label,
        "counts": found.counts(),
        "changes": [_change(change) for change in found.changes],
        "left_as_it_was": same,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.key.kind,
        "key": change.key.name,
        "name": change.name,
        "what": change.what.value,
        "fields": [
            {**one._asdict(), "path": list(one.path)} for one in change.fields
        ],
        "replaced_by": change.replaced_by or None,
        "note": change.note or None,
    }


COLUMNS = ["kind", "key", "name", "what", "field", "old", "new"]


def difference_lines(found: Difference) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow(COLUMNS)
    for change in found.changes:
        rows = [
            (one.label, _cell_value(one.old), _cell_value(one.new))
            for one in change.in_full
        ] or [("", "", "")]
        for values in rows:
            writer.writerow(
                map(
                    as_text,
                    [*change.key, change.name, change.what.value, *values],
                ),
            )
        yield _taken(text)
    for key in found.same:
        writer.writerow(map(as_text, [*key, "", "left as it was", "", "", ""]))
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece


def _cell_value(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float | list):
        return value
    return JsonResponse(value).content.decode()
