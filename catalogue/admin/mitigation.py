"""Mitigations, with their classifications, identifiers and mappings."""

import hashlib
import json
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from catalogue import revision
from catalogue.curation.bulk import edit_in_bulk
from catalogue.curation.double_coding import name_of
from catalogue.database.searched import SEARCHED_NAMES
from catalogue.fields import is_key
from catalogue.files.importing import rules
from catalogue.models import (
    Category,
    Classification,
    ExternalIdentifier,
    ImportBatch,
    ImportRow,
    Mapping,
    Mitigation,
)
from catalogue.record.field_types import Choice, Moment, Terms
from catalogue.record.fields import of_type

from .bulk_edit import BulkEditForm
from .fieldsets import OF_MITIGATION, attributes_of
from .record import RecordAdmin
from .reviewed import ReviewedAdmin


class ClassificationFormSet(forms.BaseInlineFormSet):
    """Says what the database would refuse: two primary places in a taxonomy, a category twice."""

    def save(self, commit=True):
        """What stops being primary is saved before what becomes it: the database allows one at
        any moment.
        """
        rows = super().save(commit=False)
        if commit:
            for row in self.deleted_objects:
                row.delete()
            for row in sorted(rows, key=lambda row: row.is_primary):
                row.save()
        return rows

    def clean(self):
        super().clean()
        primaries = set()
        categories = set()
        for form in self.forms:
            category = (
                form.cleaned_data.get("category")
                if hasattr(form, "cleaned_data")
                else None
            )
            if category is None or form.cleaned_data.get("DELETE"):
                continue
            if category.pk in categories:
                form.add_error(
                    "category",
                    f"{category} stands here twice: remove one of them.",
                )
            categories.add(category.pk)
            if (
                form.cleaned_data.get("is_primary")
                and category.taxonomy_id in primaries
            ):
                form.add_error(
                    "is_primary",
                    f"Only one place in {category.taxonomy.short_title} is primary: untick one.",
                )
            if form.cleaned_data.get("is_primary"):
                primaries.add(category.taxonomy_id)


class ClassificationInline(admin.StackedInline):
    model = Classification
    formset = ClassificationFormSet
    autocomplete_fields = ["category"]
    extra = 0
    fields = [
        "category",
        "rationale",
        ("is_primary", "origin", "confidence", "coder"),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).for_display()

    def formfield_for_dbfield(self, field, request, **kwargs):
        found = super().formfield_for_dbfield(field, request, **kwargs)
        if field.name == "category":
            found.queryset = Category.objects.select_related("taxonomy")
            found.label_from_instance = lambda category: category.full_label
            for action in ("add", "change", "delete", "view"):
                setattr(found.widget, f"can_{action}_related", False)
        if field.name == "rationale":
            found.widget.attrs["rows"] = 3
        if field.name == "coder":
            found.initial = name_of(
                request.user,
            )  # of a new one; as an import has it
        return found


class MappingFormSet(forms.BaseInlineFormSet):
    def clean(self):
        super().clean()
        for name in ("target", "provision"):
            self._refuse_twice(name)

    def _refuse_twice(self, name):
        seen = set()
        for form in self.forms:
            values = getattr(form, "cleaned_data", {})
            other = values.get(name)
            if other is None or values.get("DELETE"):
                continue
            if other.pk in seen:
                form.add_error(
                    name,
                    f"{other} is mapped here twice: remove one of them.",
                )
            seen.add(other.pk)


class MappingInline(admin.StackedInline):
    """Mappings that this mitigation states."""

    model = Mapping
    formset = MappingFormSet
    fk_name = "source"
    autocomplete_fields = ["target", "provision"]
    extra = 0
    verbose_name_plural = "mappings from here"
    fields = [
        ("relation", "target"),
        ("provision", "force", "confidence"),
        ("framework", "framework_version", "entry", "entry_name"),
        "asserted_by",
        "note",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).for_display()


class MappingToInline(admin.TabularInline):
    """Mappings that other mitigations state; to be changed there."""

    model = Mapping
    fk_name = "target"
    extra = 0
    verbose_name_plural = "mappings to here, stated by others"
    readonly_fields = ["stated_by", "relation", "asserted_by", "note"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).for_display()

    @admin.display(description="mitigation")
    def stated_by(self, mapping):
        return mapping.source


class ExternalIdentifierInline(admin.TabularInline):
    model = ExternalIdentifier
    extra = 0
    formfield_overrides = RecordAdmin.formfield_overrides


class BranchFilter(admin.SimpleListFilter):
    """By the first two levels of the default taxonomy; each takes in what lies below."""

    title = parameter_name = "category"

    def lookups(self, request, model_admin):
        branches = Category.objects.filter(
            taxonomy__is_default=True,
            parent__parent=None,
        )
        return [
            (branch.code, str(branch)) for branch in branches.order_by("path")
        ]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return queryset.in_categories(
            Category.objects.filter(
                taxonomy__is_default=True,
                code=self.value(),
            ),
        )


class NeedsWorkFilter(admin.SimpleListFilter):
    title = "needs work"
    parameter_name = "lacks"

    def lookups(self, request, model_admin):
        return [(name, f"has no {name}") for name in Mitigation.GAPS]

    def queryset(self, request, queryset):
        if self.value() in Mitigation.GAPS:
            return queryset.lacking(self.value())
        return queryset


class ImportFilter(admin.SimpleListFilter):
    """What an import added or changed; the last few are offered."""

    title = parameter_name = "import"

    def lookups(self, request, model_admin):
        if not rules.may_import(request.user):
            return []
        done = ImportBatch.objects.filter(
            kind="mitigations",
            committed_at__isnull=False,
        )
        return [
            (str(batch.pk), str(batch)) for batch in done.order_by("-pk")[:10]
        ]

    def queryset(self, request, queryset):
        number = self.value() or ""
        if not is_key(number):
            return queryset
        rows = ImportRow.objects.filter(
            batch=number,
            verdict__in=[ImportRow.Verdict.ADDED, ImportRow.Verdict.CHANGED],
        )
        return queryset.filter(pk__in=rows.values("record"))


#: In the session of who added a mitigation last: the key of the record, and a digest of all
#: that the form said.
ADDED = "added_mitigation"


def digest_of(form: QueryDict) -> str:
    """Of all that a form says, whichever button sent it."""
    said = {
        name: values
        for name, values in form.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith("_")
    }
    return hashlib.sha256(
        json.dumps(said, sort_keys=True).encode(),
    ).hexdigest()


def made_by(request: HttpRequest) -> Mitigation | None:
    """The mitigation that was made last, where the very same form made it. The session is read
    anew: a moment ago it had not.
    """
    key, digest = type(request.session)(request.session.session_key).get(
        ADDED,
        (None, ""),
    )
    if digest == digest_of(request.POST):
        return Mitigation.objects.filter(pk=key).first()
    return None


@admin.register(Mitigation)
class MitigationAdmin(ReviewedAdmin, RecordAdmin):
    key_field = "accession"
    list_display = [
        "accession",
        "code",
        "name_and_state",
        "status",
        "terms",
        "document",
    ]
    list_display_links = ["accession", "name_and_state"]
    list_filter = [
        "status",
        "is_preliminary",
        NeedsWorkFilter,
        BranchFilter,
        *attributes_of(Choice, Terms),
        "document",
        ImportFilter,
    ]
    search_fields = [
        "accession",
        *SEARCHED_NAMES,
        "external_identifiers__value",
    ]
    search_help_text = (
        "Accession, name, description, or another catalogue’s id"
    )
    autocomplete_fields = ["document"]
    readonly_fields = ["accession", "status", *attributes_of(Moment)]
    inlines = [
        ClassificationInline,
        MappingInline,
        MappingToInline,
        ExternalIdentifierInline,
    ]
    actions = ["edit_in_bulk", "assign_for_coding"]
    fieldsets = OF_MITIGATION

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def changeform_view(
        self,
        request,
        object_id=None,
        form_url="",
        extra_context=None,
    ):
        if (
            object_id is not None
            or request.method != "POST"
            or not self.has_add_permission(request)
        ):
            return super().changeform_view(
                request,
                object_id,
                form_url,
                extra_context,
            )
        # Of two clicks on Save the second waits here until the first is through, and then finds
        # what it made.
        with revision.writing():
            twin = made_by(request)
            if twin is None:
                return super().changeform_view(
                    request,
                    object_id,
                    form_url,
                    extra_context,
                )
        messages.warning(
            request,
            f"This form was sent twice: {twin.accession} was made by it the first time, and is this.",
        )
        return redirect(
            reverse("admin:catalogue_mitigation_change", args=[twin.pk]),
        )

    def response_add(self, request, obj, post_url_continue=None):
        request.session[ADDED] = (obj.pk, digest_of(request.POST))
        request.session.save()  # with the record, for whoever waits for it
        return super().response_add(request, obj, post_url_continue)

    def formfield_for_manytomany(self, field, request, **kwargs):
        kwargs["widget"] = forms.CheckboxSelectMultiple
        found = super().formfield_for_manytomany(field, request, **kwargs)
        found.help_text = ""
        return found

    @admin.display(description="code")
    def code(self, mitigation):
        if mitigation.primary:
            return mitigation.primary.category.code
        return "–"

    @admin.display(description="name", ordering="name")
    def name_and_state(self, mitigation):
        return format_html(
            "{}{}",
            mitigation.name,
            " (preliminary)" if mitigation.is_preliminary else "",
        )

    @admin.display(description="; ".join(attributes_of(Terms)))
    def terms(self, mitigation):
        texts = []
        for one in of_type(Terms):
            carried = getattr(mitigation, one.stored_as).all()
            texts.append(", ".join(map(str, carried)) or "–")
        return "; ".join(texts)

    def view_on_site(self, obj):
        if obj.status == Mitigation.Status.PUBLISHED:
            return obj.get_absolute_url()
        return None

    def has_delete_permission(self, request, obj=None):
        """Only of drafts: what was published keeps its page."""
        is_draft = obj is None or obj.status == Mitigation.Status.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop(
            "delete_selected",
            None,
        )  # one by one, after a look at each
        if not request.user.has_perm("catalogue.publish_mitigation"):
            actions.pop("assign_for_coding", None)
        return actions

    @admin.action(description="Edit in bulk …", permissions=["change"])
    def edit_in_bulk(self, request, queryset):
        """Asks what to change, shows what that would do, and does it."""
        form = BulkEditForm(request.POST if "reason" in request.POST else None)
        result = None
        if form.is_bound and form.is_valid():
            dry_run = "apply" not in request.POST
            chosen = Mitigation.objects.filter(
                pk__in=queryset.values("pk"),
            ).order_by("accession")
            result = edit_in_bulk(
                mitigations=chosen,
                edit=form.edit(),
                reason=form.cleaned_data["reason"],
                dry_run=dry_run,
                by=request.user,
            )
            if not dry_run:
                return self._done_in_bulk(
                    request,
                    result,
                    form.cleaned_data["reason"],
                )
        context = {
            "title": "Edit in bulk",
            "form": form,
            "mitigations": queryset,
            "result": result,
            "opts": self.opts,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return self._render(request, "edit_in_bulk", context)

    @admin.action(description="Assign to coders …")
    def assign_for_coding(self, request, queryset):
        """Leads to the page where it is said to whom."""
        accessions = queryset.order_by("accession").values_list(
            "accession",
            flat=True,
        )[: self.list_per_page]
        return redirect(
            f"{reverse('admin:coding_assign')}?{urlencode({'accessions': ' '.join(accessions)})}",
        )

    def _done_in_bulk(self, request, result, reason):
        for mitigation in result.changed:
            self.log_change(request, mitigation, f"Edited in bulk: {reason}")
        told = [
            f"Changed {len(result.changed)}",
            f"{result.unchanged} were so already",
        ]
        told += (
            [f"{len(result.proposed)} wait for a reviewer"]
            if result.proposed
            else []
        )
        told += (
            [f"{len(result.refused)} were left as they are"]
            if result.refused
            else []
        )
        messages.success(request, "; ".join(told) + ".")
        return redirect(request.get_full_path())
