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
            self.initial["opened"] = snapshots.sealed(
                snapshots.snapshot(self.instance), self.instance
            )

    def clean_opened(self):
        text = self.cleaned_data["opened"]
        return _unsealed(text, self.instance) if text and self.instance.pk else None

    def clean(self):
        cleaned = super().clean()
        opened = (cleaned or {}).get("opened")
        # Whoever saves waits here for who is saving: what was compared a moment ago may be old
        # by now.
        if opened and self.instance.pk:
            type(self.instance)._base_manager.select_for_update().get(
                pk=self.instance.pk
            )
            if snapshots.snapshot(self.instance) != opened:
                raise ValidationError(OVERTAKEN)
        return cleaned


def _unsealed(text: str, record: models.Model, purpose: str = snapshots.OPENED) -> Any:
    try:
        return snapshots.unsealed(text, record, purpose)
    except signing.BadSignature:
        raise ValidationError(
            "This form cannot be read any more: open the record again."
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
        may_save = (
            self.has_change_permission(request, obj)
            if obj
            else self.has_add_permission(request)
        )
        also = [(None, {"fields": ["reason", "opened"]})] if may_save else []
        return [*super().get_fieldsets(request, obj), *also]

    def get_fields(self, request, obj=None):
        return [
            name
            for name in super().get_fields(request, obj)
            if name not in ("reason", "opened")
        ]

    def save_model(self, request, obj, form, change):
        obj._change_reason = form.cleaned_data.get("reason") or None
        super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        for row in formset.forms:
            row.instance._change_reason = form.cleaned_data.get("reason") or None
        super().save_formset(request, form, formset, change)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and object_id is not None:
            with revision.writing():
                answer = self._judged(request, unquote(object_id))
            if answer is not None:
                return answer
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            # Two curators who save at once come one after the other, and the second is told of
            # the first.
            with revision.writing():
                return super().changeform_view(
                    request, object_id, form_url, extra_context
                )
        except IntegrityError:
            # A load was faster by a moment: judged again, the form says in words what the
            # database refused.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _judged(self, request, key):
        """An answer in the place of Django's own; None: it may go on."""
        record = self.get_object(request, key)
        if record is None or not self.has_change_permission(request, record):
            return None
        record = type(record)._base_manager.select_for_update().get(pk=record.pk)
        if "merge" in request.POST:
            return self._merge(request, record)
        try:
            opened = _unsealed(request.POST.get("opened", ""), record)
        except ValidationError:
            return None
        proposal, now = self.continued(request, record), snapshots.snapshot(record)
        base = proposal.base if proposal else opened
        if now == base and proposal is None and self.may_write_at_once(request, record):
            return None
        sent = self._as_sent(request, record, opened)
        if sent is None:
            return None  # the form says what is wrong with it
        values, reason = sent
        asked = {"base": base, "mine": values, "reason": reason}
        if now != base:
            return self._compare(request, record, asked, now)
        return self._settled(request, record, asked, now, {})

    def _as_sent(self, request, record, opened):
        """The record as whoever sent the form wants it, as if nobody had saved meanwhile, and
        their reason; None where the form is not valid.
        """
        try:
            with snapshots.rolled_back():
                snapshots.apply(record, opened, keeps_new_ids=True)
                row = self.get_object(request, record.pk)
                fields = flatten_fieldsets(self.get_fieldsets(request, row))
                form = self.get_form(request, row, change=True, fields=fields)(
                    request.POST, instance=row
                )
                is_valid = form.is_valid()
                row = (
                    self.save_form(request, form, change=True)
                    if is_valid
                    else form.instance
                )
                formsets, _ = self._create_formsets(request, row, change=True)
                if not (all_valid(formsets) and is_valid):
                    return None
                row.save()
                form.save_m2m()
                for formset in formsets:
                    self.save_formset(request, form, formset, change=True)
                return snapshots.with_new_ids(
                    snapshots.snapshot(row), opened
                ), form.cleaned_data.get("reason", "")
        except (IntegrityError, ValidationError):
            return None

    def _merge(self, request, record):
        """What was chosen of a comparison. Shows it again where somebody saved once more, or a
        choice is missing.
        """
        try:
            asked = _unsealed(request.POST["merge"], record, snapshots.CHOSEN)
        except ValidationError as refused:
            messages.error(request, refused.messages[0])
            return HttpResponseRedirect(request.get_full_path())
        saved, now = asked.pop("saved"), snapshots.snapshot(record)
        if saved != now:
            return self._compare(
                request,
                record,
                asked,
                now,
                "Somebody saved once more: this is how it stands now.",
            )
        choices = {
            name.removeprefix("choice:"): request.POST[name]
            for name in request.POST
            if name.startswith("choice:")
        }
        return self._settled(request, record, asked, now, choices)

    def _settled(self, request, record, asked, now, choices):
        """Writes or proposes what was decided on; shows the versions where it cannot be."""
        try:
            with transaction.atomic():
                values = Comparison(
                    type(record), asked["base"], now, asked["mine"], choices
                ).merged()
                return self._written(request, record, asked["reason"], now, values)
        except ValidationError as refused:
            return self._compare(
                request, record, asked, now, " ".join(refused.messages), choices
            )
        except IntegrityError:
            return self._compare(
                request,
                record,
                asked,
                now,
                "The database refuses this combination.",
                choices,
            )

    def _written(self, request, record, reason, now, values):
        proposal = self.continued(request, record)
        made = None
        if values == now:
            messages.info(request, "Nothing was changed: the saved version stays.")
        else:
            made = self.write(
                request,
                record,
                base=now,
                values=values,
                reason=reason,
                proposal=proposal,
            )
        if made is not None:
            messages.success(
                request,
                f"Your change to {record} waits for a reviewer. Readers see it once it is approved.",
            )
        elif values != now:
            self.log_change(request, record, "Saved a choice of two versions.")
            messages.success(request, f"{record} was saved.")
        return HttpResponseRedirect(self._after(request))

    def _after(self, request):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _compare(self, request, record, asked, now, error="", choices=None):
        last = next(iter(history.timeline(record)), None)
        comparison = Comparison(
            type(record), asked["base"], now, asked["mine"], choices or {}
        )
        context = {
            "title": f"Two versions of {record}",
            "object": record,
            "opts": self.opts,
            "error": error,
            "who": (last and last.record.history_user) or "Somebody else",
            "when": timesince(last.record.history_date) if last else "",
            "differences": comparison.differences,
            "merge": snapshots.sealed(
                {**asked, "saved": now}, record, snapshots.CHOSEN
            ),
            "choices": choices or {},
            "mine": MINE,
            "theirs": THEIRS,
            "is_proposal": not self.may_write_at_once(request, record),
            "reason": asked["reason"],
        }
        return self._render(request, "compare", context, status=HTTPStatus.CONFLICT)

    def _render(self, request, template, context, **options):
        shared = self.admin_site.each_context(request)
        return render(
            request,
            f"admin/catalogue/{template}.html",
            {**shared, **context},
            **options,
        )
