"""Two who edit one record: the second is told, sees what each changed, and chooses. Nothing is
lost silently.
"""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.forms.formsets import all_valid
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timesince import timesince

from catalogue import revision
from catalogue.curation import history, snapshots
from catalogue.curation.comparison import MINE, THEIRS, Comparison
from catalogue.fields import CleanedCharField

from .choices import chosen_versions

OVERTAKEN = "Somebody saved this record after you had opened it. Save again to see both versions and choose."


class RecordForm(forms.ModelForm):
    """Carries the record as it was when the form was opened, and the reason for the change."""

    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = CleanedCharField(
        required=False,
        max_length=100,
        label="Reason for the change",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Stands in the history, for every reader to see.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            opened = snapshots.snapshot(self.instance)
            self.initial["opened"] = snapshots.sealed(opened, self.instance)

    def clean_opened(self):
        text = self.cleaned_data["opened"]
        if text and self.instance.pk:
            return _unsealed(text, self.instance)
        return None

    def clean(self):
        cleaned = super().clean()
        opened = (cleaned or {}).get("opened")
        if opened and self.instance.pk:
            # Whoever saves waits here for who is saving: what was compared a moment ago may be
            # old by now.
            _lock(self.instance)
            if snapshots.snapshot(self.instance) != opened:
                raise ValidationError(OVERTAKEN)
        return cleaned


def _lock(record: models.Model) -> Any:
    """The record as it is in the database, which nobody else writes until this is done."""
    return type(record)._base_manager.select_for_update().get(pk=record.pk)


def _unsealed(
    text: str,
    record: models.Model,
    purpose: str = snapshots.OPENED,
) -> Any:
    try:
        return snapshots.unsealed(text, record, purpose)
    except signing.BadSignature:
        raise ValidationError(
            "This form cannot be read any more: open the record again.",
        ) from None


class VersionedAdmin(admin.ModelAdmin):
    """Judges what was sent before Django saves it."""

    form = RecordForm

    def may_write_at_once(self, request, record) -> bool:
        return True

    def continued(self, request, record):
        """The proposal whose values the form shows in the place of the record's, if it is one."""
        return None

    def write(self, request, record, *, base, values, reason, proposal=None):
        """Writes values that were decided on. Gives a proposal where they wait for somebody
        else.
        """
        snapshots.apply(record, values, reason=reason, by=request.user)

    def get_fieldsets(self, request, obj=None):
        """Adds what every form of a record has: as what it was opened, and why it is changed."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if self.may_save(request, obj):
            fieldsets.append((None, {"fields": ["reason", "opened"]}))
        return fieldsets

    def get_fields(self, request, obj=None):
        names = super().get_fields(request, obj)
        return [name for name in names if name not in ("reason", "opened")]

    def may_save(self, request, obj):
        """Whether somebody may save this record; without one, whether they may add one."""
        if obj:
            return self.has_change_permission(request, obj)
        return self.has_add_permission(request)

    def save_model(self, request, obj, form, change):
        obj._change_reason = form.cleaned_data.get("reason") or None
        super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        for row in formset.forms:
            row.instance._change_reason = (
                form.cleaned_data.get("reason") or None
            )
        super().save_formset(request, form, formset, change)

    def changeform_view(
        self,
        request,
        object_id=None,
        form_url="",
        extra_context=None,
    ):
        if request.method != "POST":
            return super().changeform_view(
                request,
                object_id,
                form_url,
                extra_context,
            )
        if object_id is not None:
            with revision.writing():
                response = self._judge(request, unquote(object_id))
            if response is not None:
                return response
        try:
            # Two curators who save at once come one after the other, and the second is told of
            # the first.
            with revision.writing():
                return super().changeform_view(
                    request,
                    object_id,
                    form_url,
                    extra_context,
                )
        except IntegrityError:
            # A load was faster by a moment: judged again, the form says in words what the
            # database refused.
            return super().changeform_view(
                request,
                object_id,
                form_url,
                extra_context,
            )

    def _judge(self, request, key):
        """A response in the place of Django's own; None: it may go on."""
        record = self.get_object(request, key)
        if record is None or not self.has_change_permission(request, record):
            return None
        record = _lock(record)
        if "merge" in request.POST:
            return self._merge(request, record)
        try:
            opened = _unsealed(request.POST.get("opened", ""), record)
        except ValidationError:
            return None
        proposal = self.continued(request, record)
        saved = snapshots.snapshot(record)
        base = proposal.base if proposal else opened
        is_written_at_once = self.may_write_at_once(request, record)
        if saved == base and proposal is None and is_written_at_once:
            return None
        sent = self._sent_values(request, record, opened)
        if sent is None:
            return None  # the form says what is wrong with it
        values, reason = sent
        edit = {"base": base, "mine": values, "reason": reason}
        if saved != base:
            return self._compare(request, record, edit, saved)
        return self._write_merged(request, record, edit, saved, {})

    def _sent_values(self, request, record, opened):
        """The record as whoever sent the form wants it, as if nobody had saved meanwhile, and
        their reason; None where the form is not valid.
        """
        try:
            with snapshots.rolled_back():
                snapshots.apply(record, opened, keeps_new_ids=True)
                row = self.get_object(request, record.pk)
                fields = flatten_fieldsets(self.get_fieldsets(request, row))
                form_class = self.get_form(
                    request,
                    row,
                    change=True,
                    fields=fields,
                )
                form = form_class(request.POST, instance=row)
                is_valid = form.is_valid()
                row = form.instance
                if is_valid:
                    row = self.save_form(request, form, change=True)
                formsets, _ = self._create_formsets(request, row, change=True)
                if not (all_valid(formsets) and is_valid):
                    return None
                row.save()
                form.save_m2m()
                for formset in formsets:
                    self.save_formset(request, form, formset, change=True)
                values = snapshots.with_new_ids(
                    snapshots.snapshot(row),
                    opened,
                )
                return values, form.cleaned_data.get("reason", "")
        except (IntegrityError, ValidationError):
            return None

    def _merge(self, request, record):
        """What was chosen of a comparison. Shows it again where somebody saved once more, or a
        choice is missing.
        """
        try:
            edit = _unsealed(request.POST["merge"], record, snapshots.CHOSEN)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return HttpResponseRedirect(request.get_full_path())
        saved = snapshots.snapshot(record)
        if edit.pop("saved") != saved:
            message = "Somebody saved once more: this is how it stands now."
            return self._compare(request, record, edit, saved, message)
        choices = chosen_versions(request)
        return self._write_merged(request, record, edit, saved, choices)

    def _write_merged(self, request, record, edit, saved, choices):
        """Writes or proposes what was decided on; shows the versions where it cannot be."""
        comparison = Comparison(
            type(record),
            edit["base"],
            saved,
            edit["mine"],
            choices,
        )
        try:
            with transaction.atomic():
                values = comparison.merged()
                return self._write_values(
                    request,
                    record,
                    edit["reason"],
                    saved,
                    values,
                )
        except ValidationError as error:
            message = " ".join(error.messages)
        except IntegrityError:
            message = "The database refuses this combination."
        return self._compare(request, record, edit, saved, message, choices)

    def _write_values(self, request, record, reason, saved, values):
        if values == saved:
            messages.info(
                request,
                "Nothing was changed: the saved version stays.",
            )
            return HttpResponseRedirect(self._changelist_url())
        proposal = self.write(
            request,
            record,
            base=saved,
            values=values,
            reason=reason,
            proposal=self.continued(request, record),
        )
        if proposal is not None:
            messages.success(
                request,
                f"Your change to {record} waits for a reviewer. Readers see it once it is approved.",
            )
        else:
            self.log_change(request, record, "Saved a choice of two versions.")
            messages.success(request, f"{record} was saved.")
        return HttpResponseRedirect(self._changelist_url())

    @property
    def url_prefix(self):
        """With which the names of its pages begin."""
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _changelist_url(self):
        return reverse(f"admin:{self.url_prefix}_changelist")

    def page_url(self, name, obj):
        """Of one of the pages of a record, such as "change"."""
        return reverse(f"admin:{self.url_prefix}_{name}", args=[obj.pk])

    def _compare(self, request, record, edit, saved, error="", choices=None):
        choices = choices or {}
        comparison = Comparison(
            type(record),
            edit["base"],
            saved,
            edit["mine"],
            choices,
        )
        context = {
            "title": f"Two versions of {record}",
            "object": record,
            "opts": self.opts,
            "error": error,
            "who": "Somebody else",
            "when": "",
            "differences": comparison.differences,
            "merge": snapshots.sealed(
                {**edit, "saved": saved},
                record,
                snapshots.CHOSEN,
            ),
            "choices": choices,
            "mine": MINE,
            "theirs": THEIRS,
            "is_proposal": not self.may_write_at_once(request, record),
            "reason": edit["reason"],
        }
        for last in history.timeline(record)[:1]:
            context["who"] = last.record.history_user or "Somebody else"
            context["when"] = timesince(last.record.history_date)
        return self._render(
            request,
            "compare",
            context,
            status=HTTPStatus.CONFLICT,
        )

    def _render(self, request, template, context, **options):
        context = {**self.admin_site.each_context(request), **context}
        return render(
            request,
            f"admin/catalogue/{template}.html",
            context,
            **options,
        )
