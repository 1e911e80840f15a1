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


class PreviewOver(Http404):
    """No such link, or not any more. `message` is for whoever followed it."""

    message = OVER


def _needs_nothing(record: Any) -> None:
    """Its page needs nothing that publishing would write."""


@dataclass(frozen=True)
class Previewing:
    """What is particular to one model, whose page is a detail view at its `get_absolute_url()`,
    of rows `for_detail()`.
    """

    #: Whether a record that never was public can be looked at.
    can_show: Callable[[Any], bool]
    #: Writes what its page shows once it is published; all of it is undone. Raises ValidationError.
    prepare: Callable[[Any], None] = _needs_nothing


#: By model. Other apps add theirs when Django is ready.
PREVIEWED: Registry[type[models.Model], Previewing] = Registry("preview")
PREVIEWED.register(
    Previewing(
        lambda record: (
            record.status
            in (Mitigation.Status.DRAFT, Mitigation.Status.IN_REVIEW)
        ),
    ),
    Mitigation,
)


def url(subject: Any) -> str:
    """A link to a record or a proposal in its present state, from now on. Empty: there is
    nothing to look at that is not public.
    """
    if not _can_show(subject):
        return ""
    token = signing.dumps(_state(subject), salt=SALT, compress=True)
    return reverse("preview", args=[token])


def _can_show(subject: Any) -> bool:
    if not isinstance(subject, Proposal):
        previewing = PREVIEWED.get(type(subject))
        return previewing is not None and previewing.can_show(subject)
    if not subject.is_open:
        return False
    if subject.is_publication:
        return _can_show(subject.record)
    return type(subject.record) in PREVIEWED


def _state(subject: Any) -> list[Any]:
    """Names it and its state. To that of a record belongs what was last asked about its
    publication: a study that waits for review is closed as before, and a draft that was sent
    back is a draft again.
    """
    name = subject._meta.label_lower
    if isinstance(subject, Proposal):
        return [
            name,
            subject.pk,
            subject.state,
            subject.submitted_at.isoformat(),
        ]
    state = [name, subject.pk, subject.status]
    publications = Proposal.objects.about(subject).publications()
    if last := publications.order_by("submitted_at", "pk").last():
        state.append(_state(last))
    return state


def _subject_of(token: str) -> Any:
    """Raises PreviewOver for a link that is none, is too old, or shows what has changed its
    state.
    """
    previewed: list[Any] = [Proposal, *PREVIEWED]
    by_label = {model._meta.label_lower: model for model in previewed}
    try:
        state = signing.loads(token, salt=SALT, max_age=DAYS * 24 * 60 * 60)
        subject = by_label[state[0]]._base_manager.get(pk=state[1])
    except (signing.BadSignature, KeyError, ObjectDoesNotExist):
        raise PreviewOver from None
    if _state(subject) != state or not _can_show(subject):
        raise PreviewOver
    return subject


@never_cache
@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    subject = _subject_of(token)
    record = subject.record if isinstance(subject, Proposal) else subject
    # Written as proposed, shown, and undone: the very page that readers would see.
    with snapshots.rolled_back():
        try:
            _write_as_proposed(subject, record)
        except ValidationError:
            raise PreviewOver from None  # it no longer fits with what is there
        # Every page has a place for it.
        request.preview = _explanation(subject)  # type: ignore[attr-defined]
        response = _detail_page(request, record)
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _explanation(subject: Any) -> str:
    if isinstance(subject, Proposal):
        author = subject.author or "somebody"
        return f"So the page would look with what {author} proposes."
    return f"It is {subject.get_status_display()}, and may still change."


def _write_as_proposed(subject: Any, record: Any) -> None:
    if isinstance(subject, Proposal) and not subject.is_publication:
        workflow.try_out(subject)
    else:
        PREVIEWED[type(record)].prepare(record)


def _detail_page(request: HttpRequest, record: Any) -> HttpResponse:
    """As the app shows it that shows most of it."""
    address = resolve(record.get_absolute_url())
    view: Any = address.func
    rows: Any = type(record)._default_manager
    show_detail = view.view_class.as_view(queryset=rows.for_detail())
    response = show_detail(request, *address.args, **address.kwargs)
    if isinstance(response, SimpleTemplateResponse):
        response.render()  # what a narrowed page refuses comes rendered
    return response
