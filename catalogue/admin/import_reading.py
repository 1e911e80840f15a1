"""Pages on which a file is handed in, and on which is said what its columns are."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from catalogue.files.importing import rules, services
from catalogue.files.importing.columns import checked, guess, guesses
from catalogue.files.importing.errors import FileError
from catalogue.files.importing.kinds import importer_for
from catalogue.files.importing.kinds.base import Importer
from catalogue.models import ImportBatch, ImportProfile

from .import_forms import ColumnsForm, ReadingForm, UploadForm, kind_choices

State = ImportBatch.State


class ReadingPages:
    """Those pages of the admin of imports, in which `_batch`, `_page`, `_start` and `_to` are."""

    _batch: Callable[..., ImportBatch]
    _page: Callable[..., HttpResponse]
    _start: Callable[..., HttpResponse]
    _to: Callable[..., HttpResponse]

    def add_view(self, request, form_url="", extra_context=None):
        """Takes a file in, checks it, and asks about its columns where a guess is not sure."""
        if not rules.may_import(request.user):
            raise PermissionDenied
        form = UploadForm(
            request.POST or None,
            request.FILES or None,
            user=request.user,
        )
        if request.method == "POST" and form.is_valid():
            try:
                return self._take_in(request, form)
            except FileError as error:
                form.add_error("file", error)
        kinds = [(label, name) for name, label in kind_choices(request.user)]
        return self._page(
            request,
            "import_upload",
            title="Import a file",
            form=form,
            kinds=kinds,
        )

    def _take_in(self, request, form: UploadForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        batch = services.hand_in(
            name=file.name,
            content=file,
            kind=form.cleaned_data["kind"],
            user=request.user,
            options=form.options,
        )
        importer = importer_for(batch.kind, batch.options)
        try:
            with services.opened_file(batch) as source:
                guessed = guess(source.columns, importer)
        except BaseException:
            # Not in one transaction with it: to read a workbook takes long, and nobody else
            # could write.
            batch.delete()
            raise
        profile = form.cleaned_data["profile"]
        known = profile.columns if profile else {}
        batch.columns = {}
        is_sure = True
        for column, (field, is_sure_of_column) in guessed.items():
            batch.columns[column] = known.get(column, field)
            is_sure = is_sure and (is_sure_of_column or column in known)
        batch.state = State.CHECKED
        batch.save()
        used = set(batch.columns.values())
        lacks_scheme = "key" in used and not batch.options.get("scheme")
        if (
            not is_sure
            or lacks_scheme
            or _lacks_columns(importer, batch.columns)
        ):
            return redirect("admin:catalogue_importbatch_columns", batch.pk)
        return self._start(request, batch, "check")

    def columns_view(self, request, pk):
        """What each column is; then the file is checked anew."""
        batch = self._batch(request, pk)
        obstacle = rules.why_not_change_columns(request.user, batch)
        if batch.state not in ImportBatch.CAN_BE_CHECKED:
            obstacle = f"The columns are fixed: this import is {batch.get_state_display()}."
        if obstacle:
            messages.error(request, obstacle)
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
                form = ColumnsForm(
                    None if reading.is_bound else request.POST or None,
                    guesses=guesses(source, importer, batch.columns),
                    importer=importer,
                    initial={"scheme": batch.options.get("scheme", "")},
                )
                if form.is_bound and form.is_valid():
                    self._require_scheme(form)
                    checked(form.chosen, source, importer)
                    return self._check_with(request, batch, form)
        except FileError as error:
            if form is None or not form.is_bound:
                messages.error(request, error.messages[0])
                return self._to(batch)
            form.add_error(None, error)
        return self._page(
            request,
            "import_columns",
            title=f"Columns of {batch.file_name}",
            batch=batch,
            form=form,
            importer=importer,
            unsure=sum(not one.is_sure for one, _ in form.pairs),
            source=source,
            reading=reading,
        )

    def _require_scheme(self, form: ColumnsForm) -> None:
        if "key" in form.chosen.values() and not form.cleaned_data.get(
            "scheme",
        ):
            raise FileError(
                "A column is the key of its row: say in which scheme, below the columns.",
            )

    def _read_anew(
        self,
        request,
        batch: ImportBatch,
        reading: ReadingForm,
    ) -> HttpResponse:
        """Opens the file as is said now, and guesses its columns anew."""
        how_to_read = {
            name: value or "" for name, value in reading.cleaned_data.items()
        }
        try:
            services.read_anew(batch, how_to_read)
        except (services.NotNow, FileError) as error:
            messages.error(request, " ".join(error.messages))
        return redirect("admin:catalogue_importbatch_columns", batch.pk)

    def _check_with(
        self,
        request,
        batch: ImportBatch,
        form: ColumnsForm,
    ) -> HttpResponse:
        options = {
            **batch.options,
            "scheme": form.cleaned_data.get("scheme", ""),
        }
        if name := form.cleaned_data["profile"]:
            ImportProfile.objects.update_or_create(
                name=name,
                kind=batch.kind,
                defaults={"columns": form.chosen, "options": options},
            )
            messages.success(request, f"Saved as the profile “{name}”.")
        return self._start(
            request,
            batch,
            "check",
            columns=form.chosen,
            options=options,
        )


def _lacks_columns(importer: Importer, columns: dict[str, str]) -> bool:
    """Whether no column was found for what every new record needs, though some were left out in
    which it may stand; or whether no column was found at all.
    """
    used = set(columns.values())
    if used <= {""}:
        return True
    needed = {name for name, _ in importer.missing(importer.blank())}
    if needed <= used or importer.naming[0] in used:
        return False
    left_out = [column for column, field in columns.items() if not field]
    return not all(importer.is_derived(column) for column in left_out)
