"""The queue of what waits for review, and the page on which a reviewer decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from catalogue.curation import permissions, preview, snapshots, workflow
from catalogue.curation.comparison import MINE, THEIRS, Comparison
from catalogue.files.importing import rules
from catalogue.models import ImportBatch, Proposal

#: So many of those decided last are listed.
LATELY = 20


def urls(site: Any) -> list[Any]:
    def view(function: Any) -> Any:
        return site.admin_view(
            lambda request, **kwargs: function(site, request, **kwargs)
        )

    return [
        path("review/", view(queue), name="review"),
        path("review/<int:pk>/", view(detail), name="review_detail"),
    ]


@dataclass(frozen=True)
class Entry:
    """One line of the queue: a proposal, or an import that waits to be done or undone. `note`
    is what a reviewer wrote.
    """

    url: str
    title: str
    kind: str
    by: Any
    at: datetime
    text: str
    state: str = ""
    note: str = ""


#: The lists of the queue, in their order.
LISTS = ("to_decide", "came_back", "waiting", "sent_back", "decided")


def visible(user: Any) -> list[Proposal]:
    """What is open or was decided lately, of records that this user may look at; the longest
    waiting first.
    """
    lately = Proposal.objects.exclude(pk__in=Proposal.objects.open()).order_by(
        "-decided_at", "-pk"
    )[:LATELY]
    rows = [
        *Proposal.objects.open().for_display(),
        *Proposal.objects.for_display().filter(
            pk__in=list(lately.values_list("pk", flat=True))
        ),
    ]
    return [
        row
        for row in rows
        if row.record is not None and permissions.may_see(user, row.record)
    ]


def sorted_for(user: Any) -> dict[str, list[Entry]]:
    """What this user may decide on, what came back to them, what others have to decide, and
    what was decided: imports too.
    """
    found: dict[str, list[Entry]] = {name: [] for name in LISTS}
    rows = visible(user)
    written_by = permissions.authors(rows)
    for row in rows:
        own = row.author_id == user.pk
        if row.state == Proposal.State.IN_REVIEW:
            name = (
                "waiting"
                if permissions.obstacle_to_deciding(user, row, written_by[row.pk])
                else "to_decide"
            )
        elif row.state == Proposal.State.SENT_BACK:
            name = "came_back" if own else "sent_back"
        else:
            name = "decided"
        found[name].append(_of_proposal(row))
    for batch in _imports(user):
        found[_list_of_import(user, batch)].append(_of_import(batch))
    for name in LISTS:
        found[name].sort(key=lambda entry: entry.at, reverse=name == "decided")
    return found


def _of_proposal(row: Proposal) -> Entry:
    is_open = row.state == Proposal.State.IN_REVIEW
    by = (
        f" by {row.reviewer}"
        if row.reviewer and row.state != Proposal.State.TAKEN_BACK
        else ""
    )
    return Entry(
        reverse("admin:review_detail", args=[row.pk]),
        str(row.record),
        row.get_kind_display(),
        row.author,
        row.submitted_at
        if row.decided_at is None or is_open or row.state == Proposal.State.SENT_BACK
        else row.decided_at,
        row.reason,
        "" if is_open else f"{row.get_state_display()}{by}",
        row.review_note,
    )


def _imports(user: Any) -> list[ImportBatch]:
    """Those that wait for somebody, of records that this user may import."""
    waits = (
        ImportBatch.State.WAITING,
        ImportBatch.State.UNDO_WAITING,
        ImportBatch.State.SENT_BACK,
    )
    rows = ImportBatch.objects.filter(state__in=waits).select_related(
        "uploaded_by", "undo_asked_by"
    )
    return [row for row in rows if rules.may_import_kind(user, row.kind)]


def _list_of_import(user: Any, batch: ImportBatch) -> str:
    if batch.state == ImportBatch.State.SENT_BACK:
        return "came_back" if batch.uploaded_by_id == user.pk else "sent_back"
    if batch.state == ImportBatch.State.UNDO_WAITING:
        why_not = rules.why_not_undo(user, batch, is_public=True)
    else:
        why_not = rules.why_not_commit(user, batch)
    return "waiting" if why_not else "to_decide"


def _of_import(batch: ImportBatch) -> Entry:
    url = reverse("admin:catalogue_importbatch_change", args=[batch.pk])
    if batch.state == ImportBatch.State.UNDO_WAITING:
        at = batch.undo_asked_at or batch.created_at
        return Entry(
            f"{url}?undo=1",
            str(batch),
            "to be undone",
            batch.undo_asked_by,
            at,
            batch.undo_reason,
        )
    counts = [
        f"{batch.counts[name]:,} {name}"
        for name in ("added", "changed")
        if batch.counts.get(name)
    ]
    note = (
        batch.notes[0]["detail"]
        if batch.state == ImportBatch.State.SENT_BACK and batch.notes
        else ""
    )
    state = batch.get_state_display() if note else ""
    return Entry(
        url,
        str(batch),
        "to be imported",
        batch.uploaded_by,
        batch.created_at,
        ", ".join(counts),
        state,
        note,
    )


def queue(site: Any, request: HttpRequest) -> HttpResponse:
    context = {"title": "Review", **sorted_for(request.user)}
    return render(
        request,
        "admin/catalogue/review.html",
        {**site.each_context(request), **context},
    )


def detail(site: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """What is proposed beside what stands, and what a reviewer or its author can do with it."""
    proposal = get_object_or_404(Proposal.objects.for_display(), pk=pk)
    record = proposal.record
    if record is None or not permissions.may_see(request.user, record):
        raise PermissionDenied
    error = ""
    if request.method == "POST":
        try:
            return _done(request, proposal)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        except IntegrityError:
            error = "Another record has the same now, which can be there once: send it back, and say so."
        proposal = get_object_or_404(Proposal.objects.for_display(), pk=pk)
    now = snapshots.snapshot(record)
    comparison = _comparison(proposal, now)
    context = {
        "title": f"Review: {record}",
        "proposal": proposal,
        "object": record,
        "opts": record._meta,
        "error": error,
        "differences": comparison.differences,
        "clashes": comparison.clashes,
        "seen": workflow.seal(now),
        "is_open": proposal.state
        in (Proposal.State.IN_REVIEW, Proposal.State.SENT_BACK),
        "is_new": proposal.kind == Proposal.Kind.PUBLICATION,
        "is_stale": _is_stale(proposal, now),
        "why_not": permissions.obstacle_to_deciding(request.user, proposal),
        "is_own": proposal.author_id == request.user.pk,
        "note": request.POST.get("note", ""),
        "choices": _choices(request),
        "mine": MINE,
        "theirs": THEIRS,
        "edit_url": _edit_url(proposal),
        "may_edit": permissions.may_change_record(request.user, record),
        "preview_url": preview.url(proposal),
        "preview_days": preview.DAYS,
    }
    return render(
        request,
        "admin/catalogue/review_detail.html",
        {**site.each_context(request), **context},
    )


def _comparison(proposal: Proposal, now: snapshots.Snapshot) -> Comparison:
    model = type(proposal.record)
    if proposal.kind == Proposal.Kind.PUBLICATION:
        return Comparison(model, snapshots.EMPTY, snapshots.EMPTY, now)
    # What was decided is shown as it was decided on, whatever became of the record since.
    saved = (
        now
        if proposal.state in (Proposal.State.IN_REVIEW, Proposal.State.SENT_BACK)
        else proposal.base
    )
    return Comparison(model, proposal.base, saved, proposal.values)


def _is_stale(proposal: Proposal, now: snapshots.Snapshot) -> bool:
    is_open = proposal.state in (Proposal.State.IN_REVIEW, Proposal.State.SENT_BACK)
    return is_open and proposal.base is not None and proposal.base != now


def _choices(request: HttpRequest) -> dict[str, str]:
    return {
        name.removeprefix("choice:"): request.POST[name]
        for name in request.POST
        if name.startswith("choice:")
    }


def _edit_url(proposal: Proposal) -> str:
    opts = proposal.record._meta
    address = reverse(
        f"admin:{opts.app_label}_{opts.model_name}_change", args=[proposal.record_id]
    )
    return (
        address
        if proposal.kind == Proposal.Kind.PUBLICATION
        else f"{address}?proposal={proposal.pk}"
    )


def _what_came_of(proposal: Proposal) -> str:
    if proposal.kind == Proposal.Kind.WITHDRAWAL:
        return "is withdrawn, and its address says why"
    if proposal.kind == Proposal.Kind.PUBLICATION:
        return "is public"
    was, is_now = (
        each["fields"].get("status") for each in (proposal.base, proposal.values)
    )
    return (
        "is public again"
        if was == permissions.WITHDRAWN != is_now
        else "is public as it was proposed"
    )


def _done(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    """Does what a button says. Raises ValidationError."""
    user, note = request.user, request.POST.get("note", "")
    if "approve" in request.POST:
        workflow.approve(
            proposal=proposal,
            reviewer=user,
            seen=request.POST.get("seen", ""),
            choices=_choices(request),
        )
        messages.success(
            request, f"Approved: {proposal.record} {_what_came_of(proposal)}."
        )
    elif "send_back" in request.POST:
        workflow.send_back_proposal(proposal=proposal, reviewer=user, note=note)
        messages.success(
            request, f"Sent back to {proposal.author or 'its author'}, with your note."
        )
    elif "take_back" in request.POST:
        workflow.take_back_proposal(proposal=proposal, author=user)
        messages.success(request, "Taken back.")
    else:
        raise ValidationError("Choose a button.")
    return redirect("admin:review")
