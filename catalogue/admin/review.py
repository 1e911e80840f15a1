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

from .choices import chosen_versions

#: So many of those decided last are listed.
LATELY = 20


def urls(site: Any) -> list[Any]:
    def view(function: Any) -> Any:
        return site.admin_view(
            lambda request, **kwargs: function(site, request, **kwargs),
        )

    return [
        path("review/", view(queue), name="review"),
        path("review/<int:pk>/", view(detail), name="review_detail"),
    ]


@dataclass(frozen=True)
class ReviewEntry:
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


def visible_proposals(user: Any) -> list[Proposal]:
    """What is open or was decided lately, of records that this user may look at; the longest
    waiting first.
    """
    decided = Proposal.objects.exclude(pk__in=Proposal.objects.open())
    lately = decided.order_by("-decided_at", "-pk").values_list(
        "pk",
        flat=True,
    )
    proposals = Proposal.objects.for_display()
    rows = [*proposals.open(), *proposals.filter(pk__in=list(lately[:LATELY]))]
    return [
        row
        for row in rows
        if row.record is not None and permissions.may_see(user, row.record)
    ]


def sorted_for(user: Any) -> dict[str, list[ReviewEntry]]:
    """What this user may decide on, what came back to them, what others have to decide, and
    what was decided: imports too.
    """
    lists: dict[str, list[ReviewEntry]] = {name: [] for name in LISTS}
    proposals = visible_proposals(user)
    written_by = permissions.authors(proposals)
    for proposal in proposals:
        name = _list_of_proposal(user, proposal, written_by[proposal.pk])
        lists[name].append(_proposal_entry(proposal))
    for batch in _waiting_imports(user):
        lists[_list_of_import(user, batch)].append(_import_entry(batch))
    for name, entries in lists.items():
        entries.sort(key=lambda entry: entry.at, reverse=name == "decided")
    return lists


def _list_of_proposal(
    user: Any,
    proposal: Proposal,
    written_by: set[int],
) -> str:
    if proposal.is_in_review:
        obstacle = permissions.obstacle_to_deciding(user, proposal, written_by)
        return "waiting" if obstacle else "to_decide"
    if proposal.state == Proposal.State.SENT_BACK:
        if proposal.author_id == user.pk:
            return "came_back"
        return "sent_back"
    return "decided"


def _proposal_entry(proposal: Proposal) -> ReviewEntry:
    state = ""
    if not proposal.is_in_review:
        state = proposal.get_state_display()
        if proposal.reviewer and proposal.state != Proposal.State.TAKEN_BACK:
            state = f"{state} by {proposal.reviewer}"
    at = proposal.submitted_at
    if proposal.decided_at is not None and not proposal.is_open:
        at = proposal.decided_at
    return ReviewEntry(
        url=reverse("admin:review_detail", args=[proposal.pk]),
        title=str(proposal.record),
        kind=proposal.get_kind_display(),
        by=proposal.author,
        at=at,
        text=proposal.reason,
        state=state,
        note=proposal.review_note,
    )


def _waiting_imports(user: Any) -> list[ImportBatch]:
    """Those that wait for somebody, of records that this user may import."""
    waits = (
        ImportBatch.State.WAITING,
        ImportBatch.State.UNDO_WAITING,
        ImportBatch.State.SENT_BACK,
    )
    batches = ImportBatch.objects.filter(state__in=waits)
    batches = batches.select_related("uploaded_by", "undo_asked_by")
    return [
        batch for batch in batches if rules.may_import_kind(user, batch.kind)
    ]


def _list_of_import(user: Any, batch: ImportBatch) -> str:
    if batch.state == ImportBatch.State.SENT_BACK:
        if batch.uploaded_by_id == user.pk:
            return "came_back"
        return "sent_back"
    if batch.state == ImportBatch.State.UNDO_WAITING:
        obstacle = rules.why_not_undo(user, batch, is_public=True)
    else:
        obstacle = rules.why_not_commit(user, batch)
    return "waiting" if obstacle else "to_decide"


def _import_entry(batch: ImportBatch) -> ReviewEntry:
    url = reverse("admin:catalogue_importbatch_change", args=[batch.pk])
    if batch.state == ImportBatch.State.UNDO_WAITING:
        return ReviewEntry(
            url=f"{url}?undo=1",
            title=str(batch),
            kind="to be undone",
            by=batch.undo_asked_by,
            at=batch.undo_asked_at or batch.created_at,
            text=batch.undo_reason,
        )
    counts = [
        f"{batch.counts[name]:,} {name}"
        for name in ("added", "changed")
        if batch.counts.get(name)
    ]
    note = ""
    if batch.state == ImportBatch.State.SENT_BACK and batch.notes:
        note = batch.notes[0]["detail"]
    return ReviewEntry(
        url=url,
        title=str(batch),
        kind="to be imported",
        by=batch.uploaded_by,
        at=batch.created_at,
        text=", ".join(counts),
        state=batch.get_state_display() if note else "",
        note=note,
    )


def queue(site: Any, request: HttpRequest) -> HttpResponse:
    shared = site.each_context(request)
    context = {**shared, "title": "Review", **sorted_for(request.user)}
    return render(request, "admin/catalogue/review.html", context)


def detail(site: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """What is proposed beside what stands, and what a reviewer or its author can do with it."""
    proposal = get_object_or_404(Proposal.objects.for_display(), pk=pk)
    record = proposal.record
    if record is None or not permissions.may_see(request.user, record):
        raise PermissionDenied
    error = ""
    if request.method == "POST":
        try:
            return _take_step(request, proposal)
        except ValidationError as problem:
            error = " ".join(problem.messages)
        except IntegrityError:
            error = "Another record has the same now, which can be there once: send it back, and say so."
        proposal = get_object_or_404(Proposal.objects.for_display(), pk=pk)
    now = snapshots.snapshot(record)
    comparison = _comparison(proposal, now)
    context = {
        **site.each_context(request),
        "title": f"Review: {record}",
        "proposal": proposal,
        "object": record,
        "opts": record._meta,
        "error": error,
        "differences": comparison.differences,
        "clashes": comparison.clashes,
        "seen": workflow.seal(now),
        "is_open": proposal.is_open,
        "is_new": proposal.is_publication,
        "is_stale": proposal.is_open and proposal.base not in (None, now),
        "why_not": permissions.obstacle_to_deciding(request.user, proposal),
        "is_own": proposal.author_id == request.user.pk,
        "note": request.POST.get("note", ""),
        "choices": chosen_versions(request),
        "mine": MINE,
        "theirs": THEIRS,
        "edit_url": _edit_url(proposal),
        "may_edit": permissions.may_change_record(request.user, record),
        "preview_url": preview.url(proposal),
        "preview_days": preview.DAYS,
    }
    return render(request, "admin/catalogue/review_detail.html", context)


def _comparison(proposal: Proposal, now: snapshots.Snapshot) -> Comparison:
    model = type(proposal.record)
    if proposal.is_publication:
        return Comparison(model, snapshots.EMPTY, snapshots.EMPTY, now)
    # What was decided is shown as it was decided on, whatever became of the record since.
    saved = now if proposal.is_open else proposal.base
    return Comparison(model, proposal.base, saved, proposal.values)


def _edit_url(proposal: Proposal) -> str:
    opts = proposal.record._meta
    page = f"admin:{opts.app_label}_{opts.model_name}_change"
    address = reverse(page, args=[proposal.record_id])
    if proposal.is_publication:
        return address
    return f"{address}?proposal={proposal.pk}"


def _result(proposal: Proposal) -> str:
    if proposal.kind == Proposal.Kind.WITHDRAWAL:
        return "is withdrawn, and its address says why"
    if proposal.is_publication:
        return "is public"
    before = proposal.base["fields"].get("status")
    after = proposal.values["fields"].get("status")
    if before == permissions.WITHDRAWN != after:
        return "is public again"
    return "is public as it was proposed"


def _take_step(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    """Does what a button says. Raises ValidationError."""
    user = request.user
    note = request.POST.get("note", "")
    if "approve" in request.POST:
        workflow.approve(
            proposal=proposal,
            reviewer=user,
            seen=request.POST.get("seen", ""),
            choices=chosen_versions(request),
        )
        messages.success(
            request,
            f"Approved: {proposal.record} {_result(proposal)}.",
        )
    elif "send_back" in request.POST:
        workflow.send_back_proposal(
            proposal=proposal,
            reviewer=user,
            note=note,
        )
        messages.success(
            request,
            f"Sent back to {proposal.author or 'its author'}, with your note.",
        )
    elif "take_back" in request.POST:
        workflow.take_back_proposal(proposal=proposal, author=user)
        messages.success(request, "Taken back.")
    else:
        raise ValidationError("Choose a button.")
    return redirect("admin:review")
