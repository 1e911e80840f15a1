"""The pages on which an invited expert answers. Their links carry the token; every rule stands
in `fielding`.
"""

from collections.abc import Callable
from functools import wraps

from django.db.models import Count
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from catalogue.fields import cleaned

from ..models import Item, Response, Round, Study
from . import fielding, invitations, secrecy
from .item_page import STEPS, ItemPage, item_address


def _closed_door(
    request,
    status: int,
    heading: str,
    text: str,
) -> HttpResponse:
    if (
        request.htmx
    ):  # Saved while it is filled in: the page stays, and says it in one line.
        return HttpResponse(escape(f"{heading}. {text}"), status=status)
    return render(
        request,
        "surveys/answer/refused.html",
        {"heading": heading, "text": text},
        status=status,
    )


def _for_token(view: Callable) -> Callable:
    """Finds the open round that a link belongs to; a page that says why, where there is none."""

    @never_cache
    @wraps(view)
    def found(request, token, **kwargs):
        invitation = invitations.invitation_of(token)
        if invitation is None:
            text = "Copy the whole link from the message that invited you; a line break may have cut it."
            return _closed_door(
                request,
                404,
                "This link is not one of ours",
                text,
            )
        if invitation.is_revoked:
            text = "Another was sent in its place, or the study lead withdrew it. Ask them for a new one."
            return _closed_door(
                request,
                410,
                "This link is no longer valid",
                text,
            )
        rounds = invitation.study.rounds.order_by("number")
        round_ = rounds.filter(status=Round.Status.OPEN).first()
        if round_ is None:
            return _closed_door(
                request,
                410,
                "This study is not open for answers",
                _why_closed(invitation.study, token),
            )
        try:
            answer = view(request, token, round_, **kwargs)
        except fielding.AnswerRefused as refused:
            answer = _closed_door(
                request,
                409,
                "This could not be saved",
                refused.reason,
            )
        answer["X-Robots-Tag"] = "noindex"
        return answer

    return found


def _why_closed(study: Study, token: str) -> str:
    """Where the study stands, and what became of what its reader sent, as far as that can be
    told.
    """
    last = study.rounds.order_by("-number").first()
    if last is None:
        return f"“{study.title}” has not begun: keep your link until you are told that it has."
    if study.status != Study.Status.OPEN:
        return f"“{study.title}” is over. What was submitted counts; what was saved and not submitted does not."
    response = fielding.response_of(last, token)
    if response is None:
        own = "You did not take part in it."
    elif response.is_submitted:
        own = "What you submitted counts."
    else:
        own = "You did not submit: what you saved is kept, and counts only if you submit it in a further round."
    return f"{last} of “{study.title}” is over. {own} If there is a further round, the same link opens it."


@_for_token
def welcome(request, token, round_):
    """Consent first; then on to where the expert left."""
    response = fielding.response_of(round_, token)
    study = round_.study
    is_known = Response.objects.filter(
        round__study=study,
        pseudonym=secrecy.pseudonym(token),
    ).exists()
    context = {"study": study, "round": round_, "is_known": is_known}
    if response is None and request.method == "POST":
        if request.POST.get("consent") != "yes":
            context["error"] = "Tick the box to take part."
            return render(
                request,
                "surveys/answer/welcome.html",
                context,
                status=400,
            )
        fielding.consent(
            round_=round_,
            token=token,
            expertise=request.POST.get("expertise_area", ""),
        )
        return redirect("answer-item", token, 1)
    if response is None:
        return render(request, "surveys/answer/welcome.html", context)
    if response.is_submitted:
        context["is_late"] = request.GET.get("late") == "yes"
        return render(request, "surveys/answer/done.html", context)
    return redirect(
        item_address(token, _next_item(response), response.asked.count()),
    )


def _items(response: Response) -> list[Item]:
    return list(
        response.asked.select_related("mitigation", "study").order_by(
            "position",
            "pk",
        ),
    )


def _next_item(response: Response) -> int:
    """The number of the item after the last with an answer. What was skipped before it is told
    by the overview.
    """
    answered = set(response.answers.values_list("item", flat=True))
    last = 0
    for number, item in enumerate(_items(response), 1):
        if item.pk in answered:
            last = number
    return last + 1


def _onward(request, address: str) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(address)
    return redirect(address)


@_for_token
def item(request, token, round_, number):
    """One item with all its questions. What is sent is saved at once: by each answer, where
    there is JavaScript.
    """
    response = fielding.response_of(round_, token)
    if response is None:
        return _onward(request, reverse("answer", args=[token]))
    items = _items(response)
    if response.is_submitted:
        is_late = (
            request.method == "POST"
            and 1 <= number <= len(items)
            and _would_change(request, response, items[number - 1])
        )
        return _onward(
            request,
            reverse("answer", args=[token]) + ("?late=yes" if is_late else ""),
        )
    if not 1 <= number <= len(items):
        text = f"You are asked about {len(items)} measures."
        return _closed_door(request, 404, "There is no such question", text)
    page = ItemPage(response, items[number - 1])
    if request.method == "POST":
        page.save(request.POST)
        go = request.POST.get("go", "")
        if page.merged.is_whole and go in STEPS:
            return _onward(request, STEPS[go](token, number, len(items)))
    context = {
        **page.context(),
        "study": round_.study,
        "round": round_,
        "number": number,
        "items": items,
        "token": token,
        "remark_length": fielding.REMARK_LENGTH,
    }
    template = "_saved" if request.htmx else "item"
    status = 409 if page.merged.disputed or page.merged.refused else 200
    return render(
        request,
        f"surveys/answer/{template}.html",
        context,
        status=status,
    )


def _would_change(request, response: Response, item: Item) -> bool:
    """Whether a page that was opened before the answers were submitted sends something else
    than what stands.
    """
    page = ItemPage(response, item)
    page.read(request.POST)
    stored = fielding.answers_of_item(response, item, page.of_study)
    return any(
        cleaned(value).strip() != stored[name]
        for name, value in page.sent.items()
    )


def suppose_saved(response: Response, number: int, data: QueryDict) -> None:
    """Writes what a form says that it showed, where nothing is kept from one request to the
    next (in a preview).
    """
    items = _items(response)
    if not 1 <= number <= len(items):
        return
    names = [
        fielding.question_name(*question)
        for question in fielding.questions(response.round.study)
    ]
    given = {
        name: data.get(f"was-{name}", "")
        for name in names
        if f"was-{name}" in data
    }
    remark = data.get(f"was-{fielding.REMARK}")
    fielding.save_item(
        response=response,
        item=items[number - 1],
        given=given,
        remark=remark,
    )


@_for_token
def review(request, token, round_):
    """What is answered and what is not; the preferred combination, saved as it is ticked; and
    submission.
    """
    response = fielding.response_of(round_, token)
    if response is None or (
        response.is_submitted and request.method != "POST"
    ):
        return redirect("answer", token)
    items = _items(response)
    problem = None
    if request.method == "POST":
        try:
            return _sent_review(request, token, response, len(items))
        except fielding.Correctable as correctable:
            problem = correctable
    answered = dict(
        response.answers.values_list("item")
        .annotate(count=Count("pk"))
        .order_by(),
    )
    per_item = len(fielding.questions(round_.study))
    rows = [(one, per_item - answered.get(one.pk, 0)) for one in items]
    stands = fielding.combination_of(response)
    ticked = (
        request.POST.getlist("combination")
        if problem and not problem.is_saved
        else stands
    )
    context = {
        "study": round_.study,
        "round": round_,
        "token": token,
        "rows": rows,
        "per_item": per_item,
        "stands": stands,
        "ticked": ticked,
        "problem": problem,
    }
    if request.htmx:
        return render(
            request,
            "surveys/answer/_chosen.html",
            context,
            status=409,
        )
    return render(
        request,
        "surveys/answer/review.html",
        context,
        status=409 if problem else 200,
    )


def _sent_review(
    request,
    token: str,
    response: Response,
    count: int,
) -> HttpResponse:
    data = request.POST
    if response.round.study.asks_combination:
        stands = fielding.save_combination(
            response=response,
            chosen=data.getlist("combination"),
            shown=data.getlist("was-combination"),
            tried=data.getlist("tried-combination"),
        )
        if request.htmx:
            return render(
                request,
                "surveys/answer/_chosen.html",
                {"stands": stands},
            )
    go = data.get("go", "")
    if go.isdecimal() and 1 <= int(go) <= count:
        return redirect(item_address(token, int(go), count))
    if go == "keep":
        return redirect("answer-review", token)
    sure = data.get("sure", "")
    fielding.submit(
        response=response,
        may_lack=int(sure) if sure.isdecimal() else 0,
    )
    return redirect("answer", token)
