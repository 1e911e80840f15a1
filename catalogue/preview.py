"""A look at what is not published, by a signed link that needs no account.

A link holds for a number of days, and only as long as the state of what it shows stays what it was. The page is the real one.
"""

from typing import Any

from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import snapshots
from .models import Mitigation, Proposal

DAYS = 14
SALT = "catalogue.preview"
OVER = "This preview is over: it expired, or what it showed has been decided on. Ask who sent you the link for another."


def token(subject: Mitigation | Proposal) -> str:
    """Names a draft or a proposal, in its present state, from now on."""
    return signing.dumps(_stamp(subject), salt=SALT, compress=True)


def url(subject: Mitigation | Proposal) -> str:
    return reverse("preview", args=[token(subject)])


def can_show(subject: Any) -> bool:
    """Whether there is anything to look at that is not public."""
    if isinstance(subject, Proposal):
        is_open = subject.state in (Proposal.State.IN_REVIEW, Proposal.State.SENT_BACK)
        return is_open and isinstance(subject.record, Mitigation)
    return isinstance(subject, Mitigation) and subject.status in (Mitigation.Status.DRAFT, Mitigation.Status.IN_REVIEW)


def _stamp(subject: Mitigation | Proposal) -> list[Any]:
    if isinstance(subject, Proposal):
        return ["proposal", subject.pk, subject.state, subject.submitted_at.isoformat()]
    return ["mitigation", subject.pk, subject.status]


def _shown(text: str) -> Mitigation | Proposal:
    """Raises Http404 for a link that is none, is too old, or shows what has changed its state."""
    models: dict[str, Any] = {"proposal": Proposal, "mitigation": Mitigation}
    try:
        stamp = signing.loads(text, salt=SALT, max_age=DAYS * 24 * 60 * 60)
        found = models[stamp[0]].objects.get(pk=stamp[1])
    except (signing.BadSignature, ObjectDoesNotExist):
        raise Http404(OVER) from None
    if _stamp(found) != stamp or not can_show(found):
        raise Http404(OVER)
    return found


@never_cache
@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    subject = _shown(token)
    is_proposal = isinstance(subject, Proposal)
    record: Any = subject.record if isinstance(subject, Proposal) else subject
    detail: Any = resolve(record.get_absolute_url()).func
    detail = detail.view_class  # of the app that shows most of it
    view = detail.as_view(
        queryset=Mitigation.objects.for_detail(), extra_context={"preview": subject, "is_proposal": is_proposal}
    )
    # Written as proposed, shown, and undone: the very page that readers would see.
    with snapshots.rehearsed():
        if isinstance(subject, Proposal) and subject.values:
            try:
                snapshots.put(record, subject.values)
            except ValidationError as refused:
                raise Http404(f"What is proposed no longer fits: {' '.join(refused.messages)}") from None
        answer = view(request, accession=record.accession).render()
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
