"""Feedback of readers: what is taken, what is held back as spam, and how it is settled.

Spam is kept out without a puzzle, a cookie, or anybody else's service. What looks like it is
held for a curator to see, never thrown away; only haste, a form that was open for a day, and
too many messages from one client are refused, and say so.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPException
from typing import Any
from urllib.parse import unquote_plus, urlencode

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from simple_history.models import HistoricalRecords

from serving.gate import times_within_hour
from serving.logs import is_secret
from serving.registry import Registry

from .. import reading, revision
from ..fields import is_key
from ..models import Feedback, FeedbackChange, Mitigation
from . import mail

logger = logging.getLogger(__name__)

#: By the name of a parameter that holds what a reader wrote: what is stored of a value; empty:
#: nothing. Other apps register theirs when Django is ready.
OWN_WORDS: Registry[str, Callable[[str], str]] = Registry(
    "parameter with words",
)
#: In characters.
LONGEST_ADDRESS = 500
SALT = "catalogue.feedback"
#: Between which ages a form is taken. Nobody reads it and writes an answer in less; a page that
#: is older is shown anew.
LEAST_SECONDS = 3
MOST_SECONDS = 24 * 3600
#: Beyond this a message is held: people cite a source or two, spam sells by the dozen.
MOST_LINKS = 2
LINK = re.compile(r"https?://|www\.|\[url|<a\s", re.IGNORECASE)
#: For how long the same text again is taken for a copy.
DAYS_OF_DUPLICATES = 30


class FeedbackRefused(Exception):
    """The message says in a sentence why, and what to do. What was typed is kept in the form."""


# The page it is about


@dataclass(frozen=True)
class Subject:
    """The page that feedback is about; `mitigation` where it is one's own page. No path: the
    site as a whole.
    """

    path: str = ""
    release: str = ""
    mitigation: Mitigation | None = None


def subject_of(address: str) -> Subject:
    """What stands at `address`, a path of this site with its query; no subject where there is
    nothing of ours, and none for an address that opens a door, such as an expert's
    questionnaire: whoever reads feedback would come in by it.
    """
    address = storable(address)
    if not address.startswith("/") or not address.isprintable():
        return Subject()
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return Subject()
    path, _, query = address.partition("?")
    within = reading.release_requested(path, query)
    release = reading.find(within.number) if within.number else None
    if is_secret(within.path) or (within.number and release is None):
        return Subject()
    try:
        match = resolve(within.path)
    except Resolver404:
        return Subject()
    mitigation = None
    if accession := match.kwargs.get("accession"):
        rows = Mitigation.objects.published()
        mitigation = rows.filter(accession=accession).first()
    return Subject(address, release.number if release else "", mitigation)


def storable(address: str) -> str:
    """Without what a reader wrote into it, and as much of it as is stored: what no longer fits is
    left out whole, and all behind it.
    """
    path, _, query = address.partition("?")
    if len(path) > LONGEST_ADDRESS:
        return ""
    stored = path
    for assignment in filter(None, query.split("&")):
        kept = _without_words(assignment)
        if not kept:
            continue
        longer = f"{stored}{'&' if '?' in stored else '?'}{kept}"
        if len(longer) > LONGEST_ADDRESS:
            break
        stored = longer
    return stored


def _without_words(assignment: str) -> str:
    name, _, value = assignment.partition("=")
    name = unquote_plus(name)
    if name not in OWN_WORDS:
        return assignment
    kept = OWN_WORDS[name](unquote_plus(value))
    return urlencode([(name, kept)]) if kept else ""


# The form's token


def form_token() -> str:
    """Says when a form was shown, and of which revision of the data; signed, so that nobody
    else can make one.
    """
    return signing.dumps(revision.current()[0], salt=SALT)


def shown_revision(token: str) -> int:
    """The revision that a form was shown with. Raises FeedbackRefused where it is too young or too old,
    or not ours.
    """
    try:
        number = signing.loads(token, salt=SALT, max_age=MOST_SECONDS)
    except signing.SignatureExpired:
        raise FeedbackRefused(
            "This form was open for more than a day. Look at it once more, and send it again.",
        ) from None
    except signing.BadSignature:
        raise FeedbackRefused(
            "This form is not as we sent it. Look at it once more, and send it again.",
        ) from None
    if _age(token) < LEAST_SECONDS:
        raise FeedbackRefused(
            "That was quicker than anybody writes. Wait a moment, and send it again.",
        )
    return number


def _age(token: str) -> float:
    """Seconds since a token, known to be ours, was made."""
    try:
        signing.loads(token, salt=SALT, max_age=LEAST_SECONDS)
    except signing.SignatureExpired:
        return float(LEAST_SECONDS)
    return 0.0


# Taking it


def count_message(environ: dict[str, Any]) -> None:
    """Counts a message of a client in this hour. Raises FeedbackRefused where it is one too many."""
    limit = settings.FEEDBACK_PER_HOUR
    if limit and times_within_hour(environ, "feedback") > limit:
        raise FeedbackRefused(
            f"From where you are, {limit} messages were sent within an hour. Keep your text and try again later.",
        )


def reason_to_hold(text: str, *, trap: str) -> str:
    """Why a message looks like spam; nothing where it does not. `trap`: what stands in the
    field that people do not see.
    """
    if trap:
        return "A field that people do not see was filled in."
    links = len(LINK.findall(text))
    if links > MOST_LINKS:
        return f"It has {links} links."
    since = timezone.now() - timedelta(days=DAYS_OF_DUPLICATES)
    recent = Feedback.objects.filter(created_at__gt=since).values_list(
        "pk",
        "text",
    )
    words = text.casefold().split()
    # In Python: the engines differ in what is a space.
    for pk, other in recent[:500]:
        if other.casefold().split() == words:
            return f"It says the same as F{pk:04}."
    return ""


def receive(
    *,
    subject: Subject,
    number: int,
    trap: str,
    kind: str,
    text: str,
    name: str,
    email: str,
) -> Feedback:
    """Stores what a reader wrote; `number` is the revision that they saw."""
    held_because = reason_to_hold(text, trap=trap)
    return Feedback.objects.create(
        page=subject.path,
        accession=subject.mitigation.accession if subject.mitigation else "",
        revision=number,
        release=subject.release,
        kind=kind,
        text=text,
        name=name,
        email=email,
        held_because=held_because,
        state=Feedback.State.HELD if held_because else Feedback.State.NEW,
    )


# Settling it


def settle_feedback(
    *,
    feedback: Feedback,
    state: str,
    answer: str,
    by: Any,
    absolute: Callable[[str], str],
) -> bool:
    """Saves what was decided, and mails the answer where it is new and the reader left an
    address.

    `absolute` makes a path a whole address. Returns whether a mail is on its way. Raises
    ValidationError.
    """
    former_answer = Feedback.objects.get(pk=feedback.pk).answer
    feedback.answer = answer
    feedback.settle(state, by=by)
    feedback.full_clean()
    feedback.save()
    is_new = bool(answer) and answer != former_answer
    will_mail = (
        is_new
        and bool(feedback.email)
        and state in Feedback.SETTLED
        and not mail.obstacle()
    )
    if will_mail:
        address = absolute(feedback.get_absolute_url())
        transaction.on_commit(lambda: _mail_answer(feedback, address))
    return will_mail


def _mail_answer(feedback: Feedback, address: str) -> None:
    message = EmailMessage(
        subject=f"{settings.SITE_NAME}: an answer to your feedback {feedback.reference}",
        body=(
            f"You wrote to us about {feedback.page or 'this site'}:\n\n{quoted(feedback.text)}\n\n{feedback.answer}\n\n"
            f"It also stands here, as long as you keep the address:\n{address}\n"
        ),
        to=[feedback.email],
    )
    try:
        message.send()
    except (OSError, SMTPException) as broken:
        logger.warning(
            "The answer to %s could not be mailed: %s",
            feedback.reference,
            type(broken).__name__,
        )


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def erase_contacts(*, days: int) -> int:
    """Erases name and address of what was settled, or held, at least `days` ago. Returns of how
    many.
    """
    before = timezone.now() - timedelta(days=days)
    return Feedback.objects.to_be_forgotten(before).update(name="", email="")


# Changes made because of it

#: In the address of a record's form in the admin: the feedback that the change is made for.
PARAMETER = "feedback"


def worked_on(request: Any) -> Feedback | None:
    """The feedback for which a curator is editing a record now."""
    # Of hundreds of parts that are saved at once, each asks.
    if request is not None and not hasattr(request, "feedback"):
        request.feedback = _feedback_by_parameter(request)
    return getattr(request, "feedback", None)


def _feedback_by_parameter(request: Any) -> Feedback | None:
    number = request.GET.get(PARAMETER, "")
    if not is_key(number) or not request.user.has_perm(
        "catalogue.change_feedback",
    ):
        return None
    return Feedback.objects.filter(pk=int(number)).first()


_written_for: ContextVar[Feedback | None] = ContextVar(
    "written_for",
    default=None,
)


@contextmanager
def written_for(feedback: Feedback | None) -> Iterator[None]:
    """What is written within is for this feedback: a reviewer approves, in another request,
    what was proposed for it.
    """
    token = _written_for.set(feedback)
    try:
        yield
    finally:
        _written_for.reset(token)


def current_feedback() -> Feedback | None:
    """The feedback that what is written now is for."""
    return _written_for.get() or worked_on(_current_request())


def accept(feedback: Feedback) -> None:
    """Of what was new, since somebody acts on it. Past the object, which what is rolled back
    may have moved on already.
    """
    user = getattr(_current_request(), "user", None)
    Feedback.objects.filter(
        pk=feedback.pk,
        state__in=[Feedback.State.NEW, Feedback.State.HELD],
    ).update(
        state=Feedback.State.ACCEPTED,
        handled_by=user if user and user.is_authenticated else None,
    )


def name_in_history(
    sender: Any,
    instance: Any,
    history_instance: Any,
    **kwargs: Any,
) -> None:
    """Puts the feedback's reference into the reason of a change that is made for it."""
    feedback = current_feedback()
    if feedback is None:
        return
    reason = history_instance.history_change_reason
    if not reason:
        reason = f"Feedback {feedback.reference}"
    elif feedback.reference not in reason:
        column = history_instance._meta.get_field("history_change_reason")
        reason = f"{feedback.reference}: {reason}"[: column.max_length]
    history_instance.history_change_reason = reason


def tie_to_history(
    sender: Any,
    instance: Any,
    history_instance: Any,
    **kwargs: Any,
) -> None:
    """Ties a change that is made for feedback to it; what was new is accepted thereby."""
    feedback = current_feedback()
    if feedback is None:
        return
    FeedbackChange.objects.get_or_create(
        model=instance._meta.label_lower,
        history_id=history_instance.history_id,
        defaults={
            "feedback": feedback,
            "object_id": instance.pk,
            "what": f"{instance._meta.verbose_name} {instance}"[:200],
        },
    )
    accept(feedback)


def _current_request() -> Any:
    return getattr(HistoricalRecords.context, "request", None)
