"""Imports: a file is handed in, checked, looked at, imported, and can be undone."""

import re
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.text import slugify

from catalogue.fields import CleanedCharField
from catalogue.files.importing import reports, rules, running, services
from catalogue.files.importing.columns import Guess, checked, guess, guesses
from catalogue.files.importing.errors import FileError
from catalogue.files.importing.kinds import IMPORTERS, importer_for
from catalogue.files.importing.kinds.base import Importer, Options
from catalogue.files.importing.kinds.places import CONFIDENCES, ORIGINS
from catalogue.files.importing.opening import (
    KINDS_OF_FILE,
    LARGEST_FILE,
    file_type,
)
from catalogue.files.importing.reading import HowToRead
from catalogue.files.importing.text_files import ENCODINGS
from catalogue.files.importing.undoing import Undoing
from catalogue.models import Document, ImportBatch, ImportProfile, ImportRow, Mitigation

State, Verdict = ImportBatch.State, ImportRow.Verdict
ROWS_ON_PAGE = 50
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FIRST_SHOWN = (Verdict.REFUSED, Verdict.CHANGED, Verdict.ADDED, Verdict.LEFT)


class ReadingForm(forms.Form):
    """How a file is read, where that is not to be found from it."""

    sheet = forms.CharField(
        required=False,
        max_length=100,
        help_text="Of a workbook. Else the sheet that is visible and has most known column names.",
    )
    header_row = forms.IntegerField(
        label="Row of column names",
        required=False,
        min_value=1,
        max_value=1000,
        help_text="As the spreadsheet numbers it. Else it is found, and what stands above is passed over.",
    )
    encoding = forms.ChoiceField(
        required=False,
        choices=[("", "found from the file"), *ENCODINGS.items()],
        help_text="Of CSV and TSV. Choose it where letters with accents come out wrong.",
    )


class UploadForm(ReadingForm):
    """A file, how it is read, and what holds for all its rows."""

    field_order = ["kind", "file", "profile"]

    kind = forms.ChoiceField(label="What is in it")
    file = forms.FileField(
        help_text=f"{KINDS_OF_FILE}, at most {LARGEST_FILE // 2**20} MB."
    )
    profile = forms.ModelChoiceField(
        ImportProfile.objects.all(),
        required=False,
        empty_label="none: guess the columns",
        help_text="How the columns of such a file were read before.",
    )
    document = forms.ModelChoiceField(
        Document.objects.order_by("label"),
        required=False,
        to_field_name="slug",
        empty_label="as each row says",
        help_text="The source of all mitigations whose row names none.",
    )
    scheme = CleanedCharField(
        label="Scheme of keys",
        required=False,
        max_length=50,
        help_text="If the file numbers its rows: a short name for that list, such as acme-controls. Row 17 then gets the external "
        "identifier acme-controls:17, and the corrected file changes it instead of adding it again.",
    )
    coder = CleanedCharField(
        required=False,
        max_length=120,
        help_text="Who classified or mapped, where a row does not say so.",
    )
    rationale = CleanedCharField(
        label="Reason",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Of classifications that come without one, such as “Placed there by the source’s table 3.”",
    )
    origin = forms.ChoiceField(
        label="Who says so",
        required=False,
        choices=[("", "as each row says, or this project"), *ORIGINS.items()],
        help_text="Of classifications: whether the source itself published them, or this project judged so.",
    )
    confidence = forms.ChoiceField(
        label="How sure",
        required=False,
        choices=[("", "as each row says, or not reported"), *CONFIDENCES.items()],
        help_text="Of classifications that do not say it.",
    )
    publish = forms.BooleanField(
        label="Publish what is added",
        required=False,
        help_text="Otherwise additions are drafts, unless a row says otherwise.",
    )
    keep_accessions = forms.BooleanField(
        label="Take accessions from the file",
        required=False,
        help_text="For an export of this catalogue: mitigations that are missing here are added under the accessions they had.",
    )
    skip_same = forms.BooleanField(
        label="Leave out what is here already",
        required=False,
        help_text="Additions whose name the same document has already. Otherwise they are added, with a warning.",
    )
    empty_cells = forms.BooleanField(
        label="Empty cells empty the field",
        required=False,
        help_text="Otherwise an empty cell leaves what stands.",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [
            (k.name, k.label)
            for k in IMPORTERS.values()
            if rules.may_import_kind(user, k.name)
        ]  # type: ignore[attr-defined]
        self.fields["coder"].initial = user.get_full_name() or user.get_username()
        self.fields["profile"].label_from_instance = lambda one: (
            f"{one.name} ({IMPORTERS[one.kind].label.lower()})"
        )  # type: ignore[attr-defined]

    def clean_file(self):
        file = self.cleaned_data["file"]
        file_type(file.name)
        if file.size > LARGEST_FILE:
            raise ValidationError(
                f"It has {file.size / 2**20:.0f} MB; {LARGEST_FILE // 2**20} are possible: divide it."
            )
        return file

    def clean_scheme(self):
        return clean_scheme(self.cleaned_data["scheme"])

    def clean(self):
        cleaned = super().clean() or {}
        profile = cleaned.get("profile")
        if profile and cleaned.get("kind") and profile.kind != cleaned["kind"]:
            self.add_error(
                "profile",
                f"This profile is for {IMPORTERS[profile.kind].label.lower()}: choose another, or none.",
            )
        return cleaned

    @property
    def options(self) -> dict[str, Any]:
        names = [*Options.__dataclass_fields__, *HowToRead.__dataclass_fields__]
        given = {name: self.cleaned_data.get(name) for name in names}
        document = given.get("document")
        kept = {**given, "document": document.slug if document else ""}
        own = (
            self.cleaned_data["profile"].options
            if self.cleaned_data.get("profile")
            else {}
        )
        return {**own, **{name: value for name, value in kept.items() if value}}


def clean_scheme(text: str) -> str:
    if text and slugify(text) != text:
        raise ValidationError(
            f"A scheme is written like “{slugify(text) or 'acme-controls'}”: small letters, digits, hyphens."
        )
    return text


class ColumnsForm(forms.Form):
    """What each column of a file is. `pairs` has each column with its field of the form."""

    scheme = CleanedCharField(label="Scheme of keys", required=False, max_length=50)
    profile = CleanedCharField(
        label="Save as a profile called",
        required=False,
        max_length=80,
        help_text="To read the next such file in the same way.",
    )

    def __init__(self, *args, found: list[Guess], importer: Importer, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [
            ("", "– leave out –"),
            *(
                (one.name, f"{one.label} ({one.name})")
                for one in importer.fields.values()
            ),
        ]
        self.columns = [one.column for one in found]
        self.pairs = []
        for number, one in enumerate(found):
            name = f"column-{number}"
            self.fields[name] = forms.ChoiceField(
                choices=choices, required=False, initial=one.field, label=one.column
            )
            self.pairs.append((one, self[name]))
        if "scheme" not in importer.options:
            del self.fields["scheme"]

    def clean_scheme(self):
        return clean_scheme(self.cleaned_data["scheme"])

    @property
    def chosen(self) -> dict[str, str]:
        return {
            column: self.cleaned_data[f"column-{number}"]
            for number, column in enumerate(self.columns)
        }


@admin.register(ImportBatch)
class ImportBatchAdmin(admin.ModelAdmin):
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
        return IMPORTERS[batch.kind].label if batch.kind in IMPORTERS else batch.kind

    @admin.display(description="rows")
    def result(self, batch):
        told = [
            f"{batch.counts[v]:,} {Verdict(v).label}"
            for v in Verdict.values
            if batch.counts.get(v)
        ]
        return ", ".join(told) or "–"

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
        view, name = self.admin_site.admin_view, "catalogue_importbatch"
        return [
            path(
                "template/<slug:kind>.xlsx",
                view(self.template_view),
                name=f"{name}_template",
            ),
            path("<int:pk>/columns/", view(self.columns_view), name=f"{name}_columns"),
            path(
                "<int:pk>/report.<slug:form>",
                view(self.report_view),
                name=f"{name}_report",
            ),
            *super().get_urls(),
        ]

    def _page(self, request, template: str, **context) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/catalogue/{template}.html", shared)

    def _batch(self, request, pk) -> ImportBatch:
        batch = get_object_or_404(ImportBatch, pk=pk)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        return batch

    def add_view(self, request, form_url="", extra_context=None):
        """Takes a file in, checks it, and asks about its columns where a guess is not sure."""
        if not rules.may_import(request.user):
            raise PermissionDenied
        form = UploadForm(
            request.POST or None, request.FILES or None, user=request.user
        )
        if request.method == "POST" and form.is_valid():
            try:
                return self._take_in(request, form)
            except FileError as error:
                form.add_error("file", error)
        kinds = [
            (kind.label, kind.name)
            for kind in IMPORTERS.values()
            if rules.may_import_kind(request.user, kind.name)
        ]
        return self._page(
            request, "import_upload", title="Import a file", form=form, kinds=kinds
        )

    def _take_in(self, request, form: UploadForm) -> HttpResponse:
        asked = form.cleaned_data
        batch = services.hand_in(
            name=asked["file"].name,
            content=asked["file"],
            kind=asked["kind"],
            user=request.user,
            options=form.options,
        )
        importer = importer_for(batch.kind, batch.options)
        try:
            with services.opened_file(batch) as source:
                found = guess(source.columns, importer)
        except BaseException:
            batch.delete()  # not in one transaction with it: to read a workbook takes long, and nobody else could write
            raise
        given = asked["profile"].columns if asked["profile"] else {}
        batch.columns = {
            column: given.get(column, field) for column, (field, _) in found.items()
        }
        batch.state = State.CHECKED
        batch.save()
        used = set(batch.columns.values())
        is_sure = all(
            sure for column, (_, sure) in found.items() if column not in given
        )
        if (
            not is_sure
            or _lacks_columns(importer, batch.columns)
            or not used - {""}
            or ("key" in used and not batch.options.get("scheme"))
        ):
            return redirect("admin:catalogue_importbatch_columns", batch.pk)
        return self._start(request, batch, "check")

    def columns_view(self, request, pk):
        """What each column is; then the file is checked anew."""
        batch = self._batch(request, pk)
        why_not = rules.why_not_change_columns(request.user, batch)
        if batch.state not in ImportBatch.CAN_BE_CHECKED:
            why_not = (
                f"The columns are fixed: this import is {batch.get_state_display()}."
            )
        if why_not:
            messages.error(request, why_not)
            return self._to(batch)
        reading = ReadingForm(
            request.POST if "reread" in request.POST else None,
            initial=batch.options,
            prefix="reading",
        )
        if reading.is_bound and reading.is_valid():
            return self._read_anew(request, batch, reading)
        importer = importer_for(batch.kind, batch.options)
        form = None
        try:
            with services.opened_file(batch) as source:
                found = guesses(source, importer, batch.columns)
                form = ColumnsForm(
                    None if reading.is_bound else request.POST or None,
                    found=found,
                    importer=importer,
                    initial={"scheme": batch.options.get("scheme", "")},
                )
                if form.is_bound and form.is_valid():
                    if "key" in form.chosen.values() and not form.cleaned_data.get(
                        "scheme"
                    ):
                        raise FileError(
                            "A column is the key of its row: say in which scheme, below the columns."
                        )
                    checked(form.chosen, source, importer)
                    return self._check_with(request, batch, form)
        except FileError as error:
            if form is None or not form.is_bound:
                messages.error(request, error.messages[0])
                return self._to(batch)
            form.add_error(None, error)
        unsure = sum(not one.is_sure for one, _ in form.pairs)
        return self._page(
            request,
            "import_columns",
            title=f"Columns of {batch.file_name}",
            batch=batch,
            form=form,
            importer=importer,
            unsure=unsure,
            source=source,
            reading=reading,
        )

    def _read_anew(
        self, request, batch: ImportBatch, reading: ReadingForm
    ) -> HttpResponse:
        """Opens the file as is said now, and guesses its columns anew."""
        how = {name: value or "" for name, value in reading.cleaned_data.items()}
        try:
            services.read_anew(batch, how)
        except (services.NotNow, FileError) as refused:
            messages.error(request, " ".join(refused.messages))
        return redirect("admin:catalogue_importbatch_columns", batch.pk)

    def _check_with(
        self, request, batch: ImportBatch, form: ColumnsForm
    ) -> HttpResponse:
        options = {**batch.options, "scheme": form.cleaned_data.get("scheme", "")}
        if name := form.cleaned_data["profile"]:
            kept = {"columns": form.chosen, "options": options}
            ImportProfile.objects.update_or_create(
                name=name, kind=batch.kind, defaults=kept
            )
            messages.success(request, f"Saved as the profile “{name}”.")
        return self._start(
            request, batch, "check", columns=form.chosen, options=options
        )

    def _start(
        self, request, batch: ImportBatch, step: str, **values: Any
    ) -> HttpResponse:
        try:
            running.start_step(batch, step, request.user, **values)
        except (services.NotNow, FileError) as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            self._say_what_came_of(request, ImportBatch.objects.get(pk=batch.pk), step)
        return self._to(batch)

    def _say_what_came_of(self, request, batch: ImportBatch, step: str) -> None:
        """Of a step that was taken at once."""
        if step == "commit" and batch.state == State.COMMITTED:
            done = [
                f"{batch.counts[v]:,} {v}"
                for v in ("added", "changed")
                if batch.counts.get(v)
            ]
            messages.success(request, f"Imported: {', '.join(done)}.")
        elif step == "undo" and batch.state == State.UNDONE:
            messages.success(request, "Undone, all of it.")
        elif step == "undo" and batch.state in ImportBatch.STANDING:
            says = "Partly undone" if batch.state == State.PARTLY else "Not undone"
            messages.warning(request, f"{says}: what stays, and why, stands below.")

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
            "is_running": batch.state in ImportBatch.RUNNING and not is_broken_off,
            "is_broken_off": is_broken_off,
            "done": done,
            "total": total,
            "why_not_commit": rules.why_not_commit(request.user, batch),
            "why_not_columns": rules.why_not_change_columns(request.user, batch),
            "may_decide_on_undoing": not rules.why_not_undo(
                request.user, batch, is_public=True
            ),
            "may_take_back": not rules.why_not_take_back(request.user, batch),
            "refused": batch.counts.get("refused", 0),
            "sound": batch.counts.get("added", 0) + batch.counts.get("changed", 0),
            "is_open": batch.state in ImportBatch.CAN_BE_COMMITTED,
            "can_be_undone": batch.state in ImportBatch.STANDING,
            "left_out": [
                column for column, field in batch.columns.items() if not field
            ],
            "used": [
                (column, importer.fields[f].label)
                for column, f in batch.columns.items()
                if f in importer.fields
            ],
            **self._rows(request, batch, importer),
        }
        if "undo" in request.GET and batch.state in (
            *ImportBatch.STANDING,
            State.UNDO_WAITING,
        ):
            preview = Undoing(batch).preview()
            why_not = rules.why_not_undo(
                request.user, batch, is_public=preview.is_public
            )
            context |= {
                "preview": preview,
                "asks_to_undo": True,
                "why_not_undo": why_not,
            }
        return self._page(request, "import_batch", **context)

    def _tabs(self, batch: ImportBatch) -> list[tuple[str, str, int]]:
        found = [(v.value, v.label, batch.counts.get(v, 0)) for v in Verdict]
        return [*found, ("warned", "with a warning", batch.counts.get("warned", 0))]

    def _rows(self, request, batch: ImportBatch, importer: Importer) -> dict[str, Any]:
        known = [*Verdict.values, "warned"]
        # Of what was done, what was done comes first.
        order = (
            FIRST_SHOWN
            if batch.state in ImportBatch.CAN_BE_DISCARDED
            else (*FIRST_SHOWN[1:], FIRST_SHOWN[0])
        )
        first = next((v for v in order if batch.counts.get(v)), Verdict.LEFT)
        shown = request.GET.get("show") if request.GET.get("show") in known else first
        rows = (
            batch.rows.filter(is_warned=True)
            if shown == "warned"
            else batch.rows.filter(verdict=shown)
        )
        page = Paginator(rows.order_by("number"), ROWS_ON_PAGE).get_page(
            request.GET.get("page")
        )
        told = [_told(importer, row) for row in page]
        _link(told)
        return {
            "shown": shown,
            "page_obj": page,
            "query": f"show={shown}&",
            "rows": told,
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
        except services.NotNow as refused:
            messages.error(request, " ".join(refused.messages))
            still_there = ImportBatch.objects.filter(pk=batch.pk).exists()
            return (
                self._to(batch)
                if still_there
                else redirect("admin:catalogue_importbatch_changelist")
            )

    def _check(self, request, batch: ImportBatch) -> HttpResponse:
        return self._start(request, batch, "check")

    def _commit(self, request, batch: ImportBatch) -> HttpResponse:
        # Asked again in the transaction that writes; here so that no process is started for
        # nothing.
        if why_not := rules.why_not_commit(request.user, batch):
            raise services.NotNow(why_not)
        without_refused = request.POST.get("without_refused") == "yes"
        if batch.counts.get("refused") and not without_refused:
            raise services.NotNow(
                "Rows are refused: mend them, or tick that they are left out."
            )
        return self._start(request, batch, "commit", without_refused=without_refused)

    def _review(self, request, batch: ImportBatch) -> HttpResponse:
        services.send_for_review(batch, user=request.user)
        messages.success(request, "It waits for somebody who may publish.")
        return self._to(batch)

    def _send_back(self, request, batch: ImportBatch) -> HttpResponse:
        services.send_back_batch(
            batch, user=request.user, note=request.POST.get("note", "")
        )
        messages.success(request, "Sent back, with your note.")
        return self._to(batch)

    def _take_back(self, request, batch: ImportBatch) -> HttpResponse:
        services.take_back_batch(batch, user=request.user)
        messages.success(request, "Taken back: it waits for nobody any more.")
        return self._to(batch)

    def _ask_to_undo(self, request, batch: ImportBatch) -> HttpResponse:
        services.ask_to_undo(
            batch, user=request.user, reason=request.POST.get("reason", "")
        )
        messages.success(
            request,
            "It waits for somebody who may publish to undo it. Readers see no difference before.",
        )
        return self._to(batch)

    def _undo(self, request, batch: ImportBatch) -> HttpResponse:
        given = request.POST.get("reason", "").strip()[:500]
        return self._start(
            request, batch, "undo", **({"undo_reason": given} if given else {})
        )

    def _discard(self, request, batch: ImportBatch) -> HttpResponse:
        services.discard(batch, user=request.user)
        messages.success(
            request, f"{batch.file_name} was discarded. Nothing was imported."
        )
        return redirect("admin:catalogue_importbatch_changelist")

    # Files

    def report_view(self, request, pk, form):
        batch = self._batch(request, pk)
        if form not in MEDIA:
            raise Http404("A report comes as csv and xlsx.")
        name = f"import-{batch.pk}-{slugify(Path(batch.file_name).stem)}.{form}"
        return _made(
            name, form, lambda place: reports.write_report(reports.lines(batch), place)
        )

    def template_view(self, request, kind):
        if not rules.may_import_kind(request.user, kind):
            raise PermissionDenied
        return _made(
            f"{kind}.xlsx",
            "xlsx",
            lambda place: reports.write_template(importer_for(kind, {}), place),
        )


def _told(importer: Importer, row: ImportRow) -> dict[str, Any]:
    """A row as the page shows it."""
    told = row.told
    place = ""
    if row.record and row.verdict != Verdict.REFUSED:
        place = reverse(
            f"admin:{importer.model._meta.app_label}_{importer.model._meta.model_name}_change",
            args=[row.record],
        )
    return {
        "row": row,
        "changes": reports.changes_of_row(importer, told),
        "faults": told.get("faults", []),
        "warnings": told.get("warnings", []),
        "address": place,
    }


def _lacks_columns(importer: Importer, columns: dict[str, str]) -> bool:
    """Whether no column was found for what every new record needs, though some were left out in
    which it may stand.
    """
    used = set(columns.values())
    needed = {name for name, _ in importer.missing(importer.blank())}
    left_out = [
        column
        for column, field in columns.items()
        if not field and not importer.is_derived(column)
    ]
    return bool(left_out) and not needed <= used and importer.naming[0] not in used


ACCESSION = re.compile(r"\bM[0-9]{4,9}\b")


def _link(told: list[dict[str, Any]]) -> None:
    """Puts links into faults and warnings, where they name a mitigation that is here."""
    texts = [
        text
        for one in told
        for text in (*(message for _, message in one["faults"]), *one["warnings"])
    ]
    named = {accession for text in texts for accession in ACCESSION.findall(text)}
    if not named:
        return
    keys = dict(
        Mitigation.objects.filter(accession__in=named)
        .order_by()
        .values_list("accession", "pk")
    )
    for one in told:
        one["faults"] = [
            (column, _linked(message, keys)) for column, message in one["faults"]
        ]
        one["warnings"] = [_linked(text, keys) for text in one["warnings"]]


def _linked(text: str, keys: dict[str, int]) -> str:
    def link(found: re.Match[str]) -> str:
        if found[0] not in keys:
            return found[0]
        return f'<a href="{reverse("admin:catalogue_mitigation_change", args=[keys[found[0]]])}">{found[0]}</a>'

    return mark_safe(ACCESSION.sub(link, escape(text)))


def _made(name: str, form: str, write) -> FileResponse:
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

    has_view_permission = has_delete_permission = lambda self, request, obj=None: (
        rules.may_import(request.user)
    )

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
