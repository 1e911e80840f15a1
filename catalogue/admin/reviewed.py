"""Records that become public only by review: what the save buttons do, withdrawing, and going
on with a proposal.
"""

from copy import copy

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse

from catalogue import revision
from catalogue.curation import (
    history,
    permissions,
    preview,
    snapshots,
    workflow,
)
from catalogue.fields import CleanedCharField, is_key
from catalogue.models import Proposal

from .versions import VersionedAdmin


class WithdrawForm(forms.Form):
    note = CleanedCharField(
        label="Why it is withdrawn",
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="Readers who follow an old link see this. One or two sentences.",
    )
    replaced_by = CleanedCharField(
        label="Replaced by",
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, *args, record, key, **kwargs):
        super().__init__(*args, **kwargs)
        self.record = record
        self.key = key
        field = self.fields["replaced_by"]
        field.help_text = (
            f"The {key} of what stands in its place. Empty: nothing does."
        )

    def clean_replaced_by(self):
        key = self.cleaned_data["replaced_by"].strip()
        if not key:
            return None
        rows = type(self.record).objects.filter(status=permissions.PUBLISHED)
        row = rows.filter(**{f"{self.key}__iexact": key}).first()
        if row is None or row == self.record:
            raise ValidationError(
                f"There is no other published one with the {self.key} “{key}”.",
            )
        return row


class BringBackForm(forms.Form):
    note = CleanedCharField(
        label="Why it is public again",
        max_length=100,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class ReviewedAdmin(VersionedAdmin):
    """An admin of a model that `permissions.REVIEW_RULES` knows."""

    change_form_template = "admin/catalogue/reviewed_change_form.html"
    #: What names a record to curators.
    key_field: str

    def may_write_at_once(self, request, record):
        return permissions.may_write(request.user, record)

    def continued(self, request, record):
        """The reader's own proposal that the address names."""
        key = request.GET.get("proposal", "")
        if not is_key(key):
            return None
        rows = Proposal.objects.about(record).open()
        rows = rows.exclude(kind=Proposal.Kind.PUBLICATION)
        return rows.filter(author=request.user, pk=key).first()

    def write(self, request, record, *, base, values, reason, proposal=None):
        return workflow.write_or_propose(
            record=record,
            user=request.user,
            base=base,
            values=values,
            reason=reason,
            proposal=proposal,
        )

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        is_proposed = obj is not None and not self.may_write_at_once(
            request,
            obj,
        )
        if is_proposed and "reason" in form.base_fields:
            field = form.base_fields["reason"] = copy(
                form.base_fields["reason"],
            )
            field.required = True
            proposal = self.continued(request, obj)
            field.initial = proposal.reason if proposal else None
        return form

    def changeform_view(
        self,
        request,
        object_id=None,
        form_url="",
        extra_context=None,
    ):
        record = proposal = None
        if object_id and request.GET.get("proposal"):
            record = self.get_object(request, object_id)
        if record:
            proposal = self.continued(request, record)
        if record and proposal is None:
            messages.info(
                request,
                "That proposal has been decided on, or is not yours: this is the record as it stands.",
            )
            return redirect(request.path)
        if proposal is None or request.method == "POST":
            return super().changeform_view(
                request,
                object_id,
                form_url,
                extra_context,
            )
        try:
            with snapshots.rolled_back():
                snapshots.apply(record, proposal.values, keeps_new_ids=True)
                response = super().changeform_view(
                    request,
                    object_id,
                    form_url,
                    extra_context,
                )
                return response.render()
        except ValidationError as error:
            messages.error(
                request,
                f"What you proposed no longer fits with what is there. {' '.join(error.messages)}",
            )
            return redirect(reverse("admin:review_detail", args=[proposal.pk]))

    def save_model(self, request, obj, form, change):
        if change:
            saved = type(obj)._base_manager.get(pk=obj.pk)
            if not self.may_write_at_once(request, saved):
                raise PermissionDenied("This change goes to a reviewer.")
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        """Where the button says so, what was just saved goes on to a reviewer, or to readers."""
        super().save_related(request, form, formsets, change)
        record = form.instance
        reason = form.cleaned_data.get("reason", "")
        if "_submit" in request.POST:
            workflow.submit_for_review(
                record=record,
                author=request.user,
                reason=reason,
            )
            messages.info(
                request,
                "It waits for a reviewer. Readers see it once it is approved.",
            )
        elif "_publish" in request.POST and not permissions.is_or_was_public(
            record,
        ):
            workflow.publish_record(
                record=record,
                user=request.user,
                reason=reason,
            )

    def render_change_form(
        self,
        request,
        context,
        add=False,
        change=False,
        form_url="",
        obj=None,
    ):
        may_save = self.may_save(request, obj)
        context["workflow_buttons"] = (
            self.buttons(request, obj) if may_save else []
        )
        if obj:
            proposals = Proposal.objects.about(obj).open()
            context["proposals"] = proposals.select_related(
                "author",
                "reviewer",
            )
            context["continued"] = self.continued(request, obj)
            context["waits"] = not self.may_write_at_once(request, obj)
            context["preview_url"] = preview.url(obj)
            context["is_or_was_public"] = permissions.is_or_was_public(obj)
            context["withdraw_url"] = ""
            if may_save and context["is_or_was_public"]:
                context["withdraw_url"] = self.page_url("withdraw", obj)
        return super().render_change_form(
            request,
            context,
            add,
            change,
            form_url,
            obj,
        )

    def buttons(self, request, obj):
        """(name, what it says it does) of each button that saves, the one that Enter presses
        first.
        """
        alone = permissions.decides_alone(request.user, self.model)
        if obj and permissions.is_or_was_public(obj):
            return [("_save", "Publish" if alone else "Submit for review")]
        buttons = [
            ("_save", "Save"),
            ("_continue", "Save and continue editing"),
        ]
        if not obj or self.is_submittable(obj):
            buttons.append(("_submit", "Submit for review"))
        if alone:
            buttons.append(("_publish", "Publish"))
        return buttons

    def is_submittable(self, obj):
        return obj.status == "draft"

    # Withdrawing

    def get_urls(self):
        name = f"{self.url_prefix}_withdraw"
        view = self.admin_site.admin_view(self.withdraw_view)
        return [
            path("<path:object_id>/withdraw/", view, name=name),
            *super().get_urls(),
        ]

    def withdraw_view(self, request, object_id):
        """Asks why, and what replaces it; of what is withdrawn, why it is to be public again."""
        record = self.get_object(request, object_id)
        if record is None or not permissions.is_or_was_public(record):
            raise Http404("Only what was published can be withdrawn.")
        if not self.has_withdraw_permission(request, record):
            raise PermissionDenied
        comes_back = record.status == permissions.WITHDRAWN
        data = request.POST or None
        if data and data.get("was", record.status) != record.status:
            messages.error(
                request,
                f"Somebody was faster: {record} is {record.get_status_display().lower()} now.",
            )
            return redirect(self.page_url("change", record))
        if comes_back:
            form = BringBackForm(data)
        else:
            form = WithdrawForm(data, record=record, key=self.key_field)
        if form.is_valid():
            try:
                return self._withdraw(
                    request,
                    record,
                    form.cleaned_data,
                    comes_back,
                )
            except ValidationError as error:
                form.add_error(None, error)
        alone = self.may_write_at_once(request, record)
        verb = "Publish again" if comes_back else "Withdraw"
        context = {
            "title": f"{verb}: {record}",
            "object": record,
            "opts": self.opts,
            "form": form,
            "verb": verb if alone else "Submit for review",
            "alone": alone,
            "comes_back": comes_back,
        }
        return self._render(request, "withdraw", context)

    def has_withdraw_permission(self, request, record):
        return self.has_change_permission(request, record)

    @revision.writing()
    def _withdraw(self, request, record, data, comes_back):
        base = snapshots.snapshot(record)
        reason = data["note"]
        if comes_back:
            values = workflow.brought_back(base)
            step = "Brought back"
            result = "Published again."
        else:
            values = workflow.withdrawn(base, **data)
            step = "Withdrawn"
            result = "Withdrawn. Its page says why."
        proposal = self.write(
            request,
            record,
            base=base,
            values=values,
            reason=reason,
        )
        self.log_change(request, record, f"{step}: {reason[:100]}")
        if proposal:
            result = "It waits for a reviewer."
        messages.success(request, result)
        return redirect(self.page_url("change", record))

    # History

    def restore(self, request, obj, entry, reason):
        """A version's words and parts come back as any change does; whether the record is
        public is not one of them.
        """
        base = snapshots.snapshot(obj)
        with snapshots.rolled_back():
            history.restore_version(entry, reason=reason)
            restored = snapshots.snapshot(obj)
        for name in ("status", "withdrawal_note", "replaced_by"):
            restored["fields"][name] = base["fields"][name]
        if restored == base:
            messages.info(request, "It is so already: nothing was changed.")
            return
        proposal = self.write(
            request,
            obj,
            base=base,
            values=restored,
            reason=reason,
        )
        self.log_change(request, obj, f"Restored: {reason}")
        if proposal:
            messages.success(
                request,
                "What you restored waits for a reviewer.",
            )
        else:
            messages.success(request, "Restored.")
