"""Imports: a file is handed in, checked, looked at, imported, and can be undone."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.text import slugify

from catalogue.files.importing import reports, rules, running, services
from catalogue.files.importing.errors import FileError
from catalogue.files.importing.kinds import IMPORTERS, importer_for
from catalogue.files.importing.kinds.base import Importer
from catalogue.files.importing.undoing import Undoing
from catalogue.models import ImportBatch, ImportProfile, ImportRow

from .import_reading import ReadingPages
from .import_rows import rows_for_page

State = ImportBatch.State
Verdict = ImportRow.Verdict
ROWS_ON_PAGE = 50
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CAN_ASK_TO_UNDO = (*ImportBatch.STANDING, State.UNDO_WAITING)
FIRST_SHOWN = (Verdict.REFUSED, Verdict.CHANGED, Verdict.ADDED, Verdict.LEFT)


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadingPages, admin.ModelAdmin):
    list_display = [
        "file_name",
        "records",
        "state",
        "result",
        "uploaded_by",
        "created_at",
        "committed_by",
    ]
    list_filter = ["state", "kind"]
    search_fields = ["file_name"]
    list_select_related = ["uploaded_by", "committed_by"]
    list_per_page = 50
    actions = None

    @admin.display(description="records", ordering="kind")
    def records(self, batch):
        if batch.kind in IMPORTERS:
            return IMPORTERS[batch.kind].label
        return batch.kind

    @admin.display(description="rows")
    def result(self, batch):
        return _counts_text(batch, {v.value: v.label for v in Verdict}) or "–"

    # Who

    def has_module_permission(self, request):
        return rules.may_import(request.user)

    def has_view_permission(self, request, obj=None):
        return rules.may_import(request.user) and (
            obj is None or rules.may_import_kind(request.user, obj.kind)
        )

    has_add_permission = has_module_permission

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # Pages

    def get_urls(self):
        view = self.admin_site.admin_view
        name = "catalogue_importbatch"
        return [
            path(
                "template/<slug:kind>.xlsx",
                view(self.template_view),
                name=f"{name}_template",
            ),
            path(
                "<int:pk>/columns/",
                view(self.columns_view),
                name=f"{name}_columns",
            ),
            path(
                "<int:pk>/report.<slug:form>",
                view(self.report_view),
                name=f"{name}_report",
            ),
            *super().get_urls(),
        ]

    def _page(self, request, template: str, **context) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            **context,
        }
        return render(request, f"admin/catalogue/{template}.html", shared)

    def _batch(self, request, pk) -> ImportBatch:
        batch = get_object_or_404(ImportBatch, pk=pk)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        return batch

    def _start(
        self,
        request,
        batch: ImportBatch,
        step: str,
        **values: Any,
    ) -> HttpResponse:
        try:
            running.start_step(batch, step, request.user, **values)
        except (services.NotNow, FileError) as error:
            messages.error(request, " ".join(error.messages))
        else:
            batch.refresh_from_db()
            self._report_step(request, batch, step)
        return self._to(batch)

    def _report_step(self, request, batch: ImportBatch, step: str) -> None:
        """Says what came of a step that was taken at once."""
        if step == "commit" and batch.state == State.COMMITTED:
            counts = _counts_text(
                batch,
                {"added": "added", "changed": "changed"},
            )
            messages.success(request, f"Imported: {counts}.")
        elif step == "undo" and batch.state == State.UNDONE:
            messages.success(request, "Undone, all of it.")
        elif step == "undo" and batch.state in ImportBatch.STANDING:
            result = (
                "Partly undone"
                if batch.state == State.PARTLY
                else "Not undone"
            )
            messages.warning(
                request,
                f"{result}: what stays, and why, stands below.",
            )

    def _to(self, batch: ImportBatch) -> HttpResponse:
        return redirect("admin:catalogue_importbatch_change", batch.pk)

    # A batch

    def change_view(self, request, object_id, form_url="", extra_context=None):
        batch = self._batch(request, object_id)
        if request.method == "POST":
            return self._act(request, batch)
        importer = importer_for(batch.kind, batch.options)
        done, total, is_broken_off = running.progress_of(batch)
        context = {
            "title": batch.file_name,
            "batch": batch,
            "kind": importer,
            "tabs": self._tabs(batch),
            "is_running": batch.state in ImportBatch.RUNNING
            and not is_broken_off,
            "is_broken_off": is_broken_off,
            "done": done,
            "total": total,
            "why_not_commit": rules.why_not_commit(request.user, batch),
            "why_not_columns": rules.why_not_change_columns(
                request.user,
                batch,
            ),
            "may_decide_on_undoing": not rules.why_not_undo(
                request.user,
                batch,
                is_public=True,
            ),
            "may_take_back": not rules.why_not_take_back(request.user, batch),
            "refused": batch.counts.get("refused", 0),
            "sound": batch.counts.get("added", 0)
            + batch.counts.get("changed", 0),
            "is_open": batch.state in ImportBatch.CAN_BE_COMMITTED,
            "can_be_undone": batch.state in ImportBatch.STANDING,
            "left_out": [
                column for column, field in batch.columns.items() if not field
            ],
            "used": [
                (column, importer.fields[field].label)
                for column, field in batch.columns.items()
                if field in importer.fields
            ],
            **self._rows(request, batch, importer),
        }
        if "undo" in request.GET and batch.state in CAN_ASK_TO_UNDO:
            preview = Undoing(batch).preview()
            context["preview"] = preview
            context["asks_to_undo"] = True
            context["why_not_undo"] = rules.why_not_undo(
                request.user,
                batch,
                is_public=preview.is_public,
            )
        return self._page(request, "import_batch", **context)

    def _tabs(self, batch: ImportBatch) -> list[tuple[str, str, int]]:
        tabs = [(v.value, v.label, batch.counts.get(v, 0)) for v in Verdict]
        return [
            *tabs,
            ("warned", "with a warning", batch.counts.get("warned", 0)),
        ]

    def _rows(
        self,
        request,
        batch: ImportBatch,
        importer: Importer,
    ) -> dict[str, Any]:
        shown = request.GET.get("show")
        if shown not in (*Verdict.values, "warned"):
            shown = _first_tab(batch)
        if shown == "warned":
            rows = batch.rows.filter(is_warned=True)
        else:
            rows = batch.rows.filter(verdict=shown)
        paginator = Paginator(rows.order_by("number"), ROWS_ON_PAGE)
        page = paginator.get_page(request.GET.get("page"))
        return {
            "shown": shown,
            "page_obj": page,
            "query": f"show={shown}&",
            "rows": rows_for_page(importer, page),
        }

    def _act(self, request, batch: ImportBatch) -> HttpResponse:
        step = request.POST.get("step", "")
        acts = {
            "check": self._check,
            "commit": self._commit,
            "review": self._review,
            "back": self._send_back,
            "take_back": self._take_back,
            "ask_undo": self._ask_to_undo,
            "undo": self._undo,
            "discard": self._discard,
        }
        if step not in acts:
            raise Http404("There is no such step.")
        try:
            return acts[step](request, batch)
        except services.NotNow as error:
            messages.error(request, " ".join(error.messages))
            if ImportBatch.objects.filter(pk=batch.pk).exists():
                return self._to(batch)
            return redirect("admin:catalogue_importbatch_changelist")

    def _check(self, request, batch: ImportBatch) -> HttpResponse:
        return self._start(request, batch, "check")

    def _commit(self, request, batch: ImportBatch) -> HttpResponse:
        # Judged again in the transaction that writes; here so that no process is started for
        # nothing.
        if why_not := rules.why_not_commit(request.user, batch):
            raise services.NotNow(why_not)
        services.give_reason(batch, request.POST.get("reason", ""))
        without_refused = request.POST.get("without_refused") == "yes"
        if batch.counts.get("refused") and not without_refused:
            raise services.NotNow(
                "Rows are refused: mend them, or tick that they are left out.",
            )
        return self._start(
            request,
            batch,
            "commit",
            without_refused=without_refused,
            change_reason=batch.change_reason,
        )

    def _review(self, request, batch: ImportBatch) -> HttpResponse:
        services.send_for_review(
            batch,
            user=request.user,
            reason=request.POST.get("reason", ""),
        )
        messages.success(request, "It waits for somebody who may publish.")
        return self._to(batch)

    def _send_back(self, request, batch: ImportBatch) -> HttpResponse:
        services.send_back_batch(
            batch,
            user=request.user,
            note=request.POST.get("note", ""),
        )
        messages.success(request, "Sent back, with your note.")
        return self._to(batch)

    def _take_back(self, request, batch: ImportBatch) -> HttpResponse:
        services.take_back_batch(batch, user=request.user)
        messages.success(request, "Taken back: it waits for nobody any more.")
        return self._to(batch)

    def _ask_to_undo(self, request, batch: ImportBatch) -> HttpResponse:
        services.ask_to_undo(
            batch,
            user=request.user,
            reason=request.POST.get("reason", ""),
        )
        messages.success(
            request,
            "It waits for somebody who may publish to undo it. Readers see no difference before.",
        )
        return self._to(batch)

    def _undo(self, request, batch: ImportBatch) -> HttpResponse:
        values = {}
        if reason := request.POST.get("reason", "").strip()[:500]:
            values["undo_reason"] = reason
        return self._start(request, batch, "undo", **values)

    def _discard(self, request, batch: ImportBatch) -> HttpResponse:
        services.discard(batch, user=request.user)
        messages.success(
            request,
            f"{batch.file_name} was discarded. Nothing was imported.",
        )
        return redirect("admin:catalogue_importbatch_changelist")

    # Files

    def report_view(self, request, pk, form):
        batch = self._batch(request, pk)
        if form not in MEDIA:
            raise Http404("A report comes as csv and xlsx.")
        name = (
            f"import-{batch.pk}-{slugify(Path(batch.file_name).stem)}.{form}"
        )
        return _file_response(
            name,
            form,
            lambda place: reports.write_report(reports.lines(batch), place),
        )

    def template_view(self, request, kind):
        if not rules.may_import_kind(request.user, kind):
            raise PermissionDenied
        return _file_response(
            f"{kind}.xlsx",
            "xlsx",
            lambda place: reports.write_template(
                importer_for(kind, {}),
                place,
            ),
        )


def _first_tab(batch: ImportBatch) -> str:
    """The first with rows; of what was done, what was done comes first."""
    order = FIRST_SHOWN
    if batch.state not in ImportBatch.CAN_BE_DISCARDED:
        order = (*FIRST_SHOWN[1:], FIRST_SHOWN[0])
    return next((v for v in order if batch.counts.get(v)), Verdict.LEFT)


def _counts_text(batch: ImportBatch, labels: dict[str, str]) -> str:
    """Such as “1,200 added, 3 changed”, of the verdicts that `labels` name."""
    counts = [
        f"{batch.counts[verdict]:,} {label}"
        for verdict, label in labels.items()
        if batch.counts.get(verdict)
    ]
    return ", ".join(counts)


def _file_response(name: str, form: str, write) -> FileResponse:
    """A file that is made whole before it is sent, on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        write(place)
        return FileResponse(
            place.open("rb"),
            as_attachment=True,
            filename=name,
            content_type=MEDIA[form],
        )


@admin.register(ImportProfile)
class ImportProfileAdmin(admin.ModelAdmin):
    list_display = ["name", "kind"]
    fields = ("kind", "columns", "options")
    readonly_fields = ("kind", "columns", "options")

    def has_module_permission(self, request):
        return rules.may_import(request.user)

    has_view_permission = has_delete_permission = (
        lambda self, request, obj=None: rules.may_import(request.user)
    )

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
