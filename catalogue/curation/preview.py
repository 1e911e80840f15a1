"""A look at what is not published, by a signed link that needs no account.

A link holds for a number of days, and only as long as the state of what it shows stays what it
was. The page is the real one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import resolve, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from serving.registry import Registry

from ..models import Mitigation, Proposal
from . import snapshots, workflow

DAYS = 14
SALT = "catalogue.preview"
OVER = "This preview is over: it expired, or what it showed has been decided on. Ask who sent you the link for another."


class Over(Http404):
    """No such link, or not any more. `told` is for whoever followed it."""

    told = OVER


def _as_it_stands(record: Any) -> None:
    """Its page needs nothing that publishing would write."""


@dataclass(frozen=True)
class Kind:
    """What is particular to one model, whose page is a detail view at its `get_absolute_url()`,
    of rows `for_detail()`.
    """

    #: Whether a record that never was public can be looked at.
    can_show: Callable[[Any], bool]
    #: Writes what its page shows once it is published; all of it is undone. Raises ValidationError.
    prepare: Callable[[Any], None] = _as_it_stands


#: By model. Other apps add theirs when Django is ready.
KINDS: Registry[type[models.Model], Kind] = Registry("preview")
KINDS.register(
    Kind(
        lambda record: (
            record.status in (Mitigation.Status.DRAFT, Mitigation.Status.IN_REVIEW)
        )
    ),
    Mitigation,
)


def url(subject: Any) -> str:
    """A link to a record or a proposal in its present state, from now on. Empty: there is
    nothing to look at that is not public.
    """
    return reverse("preview", args=[_token(subject)]) if _can_show(subject) else ""


def _token(subject: Any) -> str:
    return signing.dumps(_stamp(subject), salt=SALT, compress=True)


def _can_show(subject: Any) -> bool:
    if not isinstance(subject, Proposal):
        return type(subject) in KINDS and KINDS[type(subject)].can_show(subject)
    if subject.state not in (Proposal.State.IN_REVIEW, Proposal.State.SENT_BACK):
        return False
    if subject.kind == Proposal.Kind.PUBLICATION:
        return _can_show(subject.record)
    return type(subject.record) in KINDS


def _stamp(subject: Any) -> list[Any]:
    """Names it and its state. To that of a record belongs what was last asked about its
    publication: a study that waits for review is closed as before, and a draft that was sent
    back is a draft again.
    """
    name = subject._meta.label_lower
    if isinstance(subject, Proposal):
        return [name, subject.pk, subject.state, subject.submitted_at.isoformat()]
    asked = (
        Proposal.objects.about(subject)
        .filter(kind=Proposal.Kind.PUBLICATION)
        .order_by("submitted_at", "pk")
        .last()
    )
    return [name, subject.pk, subject.status, *([_stamp(asked)] if asked else [])]


def _shown(token: str) -> Any:
    """Raises Over for a link that is none, is too old, or shows what has changed its state."""
    shown: list[Any] = [Proposal, *KINDS]
    known = {model._meta.label_lower: model for model in shown}
    try:
        stamp = signing.loads(token, salt=SALT, max_age=DAYS * 24 * 60 * 60)
        found = known[stamp[0]]._base_manager.get(pk=stamp[1])
    except (signing.BadSignature, KeyError, ObjectDoesNotExist):
        raise Over from None
    if _stamp(found) != stamp or not _can_show(found):
        raise Over
    return found


@never_cache
@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    subject = _shown(token)
    record = subject.record if isinstance(subject, Proposal) else subject
    # Written as proposed, shown, and undone: the very page that readers would see.
    with snapshots.rehearsed():
        try:
            _write(subject, record)
        except ValidationError:
            raise Over from None  # it no longer fits with what is there
        request.preview = _told(subject)  # type: ignore[attr-defined]  # every page has a place for it
        answer = _page(request, record)
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _told(subject: Any) -> str:
    if isinstance(subject, Proposal):
        return (
            f"So the page would look with what {subject.author or 'somebody'} proposes."
        )
    return f"It is {subject.get_status_display()}, and may still change."


def _write(subject: Any, record: Any) -> None:
    if isinstance(subject, Proposal) and subject.kind != Proposal.Kind.PUBLICATION:
        workflow.try_out(subject)
    else:
        KINDS[type(record)].prepare(record)


def _page(request: HttpRequest, record: Any) -> HttpResponse:
    """As the app shows it that shows most of it."""
    rows: Any = type(record)._default_manager
    address = resolve(record.get_absolute_url())
    detail: Any = address.func
    answer = detail.view_class.as_view(queryset=rows.for_detail())(
        request, *address.args, **address.kwargs
    )
    # What a narrowed page refuses comes rendered.
    return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer
