"""Raw answers, for the lead alone: out of the site in the long format, and into it from a
survey that ran elsewhere.
"""

import tempfile

from django import forms
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, StreamingHttpResponse

from catalogue.files.importing.errors import FileError
from serving.attachments import attached
from surveys.files import longform
from surveys.files.mapping import read_mapping
from surveys.files.reading import read_answers
from surveys.files.storing import importable, store_answers
from surveys.files.tables import LARGEST_FILE, read_table
from surveys.models import Study

from .page import StudyPage

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_MAPPING = 2**20
MOST_SHOWN = 200


class ImportForm(forms.Form):
    file = forms.FileField(
        label="CSV or XLSX file",
        help_text=f"At most {LARGEST_FILE // 2**20} MB.",
    )
    mapping = forms.FileField(
        required=False,
        label="Mapping file",
        help_text="YAML. Only for a wide file, which has a column for each question.",
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise ValidationError(
                f"It has {file.size / 2**20:.0f} MB; {LARGEST_FILE // 2**20} are possible: divide it by respondent.",
            )
        return file

    def clean_mapping(self):
        file = self.cleaned_data["mapping"]
        if file is None:
            return None
        if file.size > LARGEST_MAPPING:
            raise ValidationError("A mapping of more than 1 MB is none.")
        try:
            return read_mapping(file.read().decode())
        except UnicodeDecodeError as error:
            raise ValidationError("The mapping is not UTF-8 text.") from error


class AnswersPage(StudyPage):
    """Both ways, with what stands against each."""

    name = "answers"
    label = "Raw answers"

    def get(self, request, form=None, faults=(), report=None):
        context = {
            "form": form or ImportForm(),
            "faults": faults[:MOST_SHOWN],
            "more": max(0, len(faults) - MOST_SHOWN),
            "report": report,
            "why_not": importable(self.study),
            "exports": self.study.status
            in (Study.Status.CLOSED, Study.Status.PUBLISHED),
        }
        return self.page("answers", **context)

    def post(self, request):
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.get(request, form)
        is_dry = request.POST.get("step") != "import"
        file = form.cleaned_data["file"]
        try:
            given = read_answers(
                self.study,
                read_table(file.name, file.read()),
                form.cleaned_data["mapping"],
            )
            report = store_answers(
                study=self.study,
                given=given,
                dry_run=is_dry,
            )
        except ValidationError as refused:
            return self.get(request, ImportForm(), _faults(refused))
        if is_dry:
            return self.get(request, ImportForm(), report=report)
        self.done(f"Imported. Respondents: {report}.")
        return self.back()


def _faults(refused: ValidationError) -> list[FileError]:
    return [
        error if isinstance(error, FileError) else FileError(error.messages[0])
        for error in refused.error_list
    ]


class ExportPage(StudyPage):
    """A file of raw answers."""

    name = "answers_file"
    label = "Export"
    route = "answers.<str:form>"

    def get(self, request, form):
        if form not in ("csv", "xlsx"):
            raise Http404("Raw answers come as csv and xlsx.")
        try:
            rows = longform.exportable_rows(self.study)
        except ValidationError as refused:
            self.refuse(refused)
            page = AnswersPage(study_admin=self.study_admin)
            page.study = self.study
            return page.back()
        name = f"{self.study.slug}-answers.{form}"
        if form == "csv":
            answer = StreamingHttpResponse(
                longform.answer_csv_lines(rows),
                content_type="text/csv; charset=utf-8",
            )
            return attached(answer, name)
        # A workbook is finished at its end: it grows on the disk, not in memory.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        longform.write_xlsx(rows, file)
        file.seek(0)
        return FileResponse(
            file,
            as_attachment=True,
            filename=name,
            content_type=XLSX,
        )
