"""The pages on which an invited expert answers. Their links carry the token; every rule stands in `fielding`."""

from collections.abc import Callable
from functools import wraps

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from . import fielding
from .models import Item, Response, Round
from .tabulation import Question, distribution


def _closed_door(request, status: int, heading: str, text: str) -> HttpResponse:
    if request.htmx:  # Saved while it is filled in: the page stays, and says it in one line.
        return HttpResponse(f"{heading}. {text}", status=status, content_type="text/plain; charset=utf-8")
    return render(request, "surveys/answer/refused.html", {"heading": heading, "text": text}, status=status)


def _for_token(view: Callable) -> Callable:
    """Finds the open round that a link belongs to; a page that says why, where there is none."""

    @never_cache
    @wraps(view)
    def found(request, token, **kwargs):
        invitation = fielding.invitation_of(token)
        if invitation is None:
            text = "Copy the whole link from the message that invited you; a line break may have cut it."
            return _closed_door(request, 404, "This link is not one of ours", text)
        if invitation.is_revoked:
            text = "Another was sent in its place, or the study lead withdrew it. Ask them for a new one."
            return _closed_door(request, 410, "This link is no longer valid", text)
        round_ = invitation.study.rounds.select_related("study").filter(status=Round.Status.OPEN).first()
        if round_ is None:
            text = "No round of this study is open. Nothing that you sent before was lost."
            return _closed_door(request, 410, "This study is not open for answers", text)
        try:
            answer = view(request, token, round_, **kwargs)
        except fielding.Refused as refused:
            answer = _closed_door(request, 409, "This could not be saved", refused.reason)
        answer["X-Robots-Tag"] = "noindex"
        return answer

    return found


@_for_token
def welcome(request, token, round_):
    """Consent first; then on to the first item without an answer."""
    response = fielding.response_of(round_, token)
    study = round_.study
    is_known = bool(round_.before and fielding.response_of(round_.before, token))
    context = {"study": study, "round": round_, "is_known": is_known}
    if response is None and request.method == "POST":
        if request.POST.get("consent") != "yes":
            context["error"] = "Tick the box to take part."
            return render(request, "surveys/answer/welcome.html", context, status=400)
        response = fielding.consent(round_=round_, token=token, expertise=request.POST.get("expertise_area", ""))
    if response is None:
        return render(request, "surveys/answer/welcome.html", context)
    if response.is_submitted:
        return render(request, "surveys/answer/done.html", context)
    return redirect("answer-item", token, _first_open(response))


def _items(response: Response) -> list[Item]:
    return list(response.asked.select_related("mitigation", "study").order_by("position", "pk"))


def _first_open(response: Response) -> int:
    answered = set(response.answers.values_list("item", flat=True))
    items = _items(response)
    return next((number for number, item in enumerate(items, 1) if item.pk not in answered), len(items))


@_for_token
def item(request, token, round_, number):
    """One item with all its questions. What is sent is saved at once: by each answer, where there is JavaScript."""
    response = fielding.response_of(round_, token)
    if response is None or response.is_submitted:
        return _onward(request, reverse("answer", args=[token]))
    items = _items(response)
    if not 1 <= number <= len(items):
        text = f"You are asked about {len(items)} measures."
        return _closed_door(request, 404, "There is no such question", text)
    asked = items[number - 1]
    if request.method == "POST":
        names = [fielding.question_name(*question) for question in fielding.questions(round_.study)]
        given = {name: request.POST.get(name, "") for name in names}
        fielding.save_item(response=response, item=asked, given=given, remark=request.POST.get("remark", ""))
        return _saved(request, token, number, len(items))
    context = {
        "study": round_.study, "round": round_, "item": asked, "number": number, "items": items, "token": token,
        "questions": _questions(response, asked, token), "remark": response.remarks.filter(item=asked).first(),
        "remark_length": fielding.REMARK_LENGTH,
    }  # fmt: skip
    return render(request, "surveys/answer/item.html", context)


def _saved(request, token: str, number: int, last: int) -> HttpResponse:
    """On to the item that was asked for; for a form that saves itself while it is filled in, one line."""
    go = request.POST.get("go")
    if request.htmx and not go:
        return HttpResponse("Saved.")
    number += -1 if go == "back" and number > 1 else 1
    is_over = number > last
    address = reverse("answer-review", args=[token]) if is_over else reverse("answer-item", args=[token, number])
    return _onward(request, address)


def _onward(request, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _questions(response: Response, item: Item, token: str) -> list[dict]:
    """Each question with its points, what stands there, and, in a later round, what was answered before."""
    before = response.round.before
    then = fielding.chosen_points(fielding.response_of(before, token), item) if before else {}
    now = fielding.chosen_points(response, item)
    counts = distribution(before, [item]) if before else {}
    return [
        {
            "criterion": criterion, "area": area, "name": fielding.question_name(criterion, area),
            "points": [
                (point, now.get(key) == point.pk, then.get(key) == point.pk, counts[key][point.pk] if key in counts else 0)
                for point in criterion.scale.points.all()  # type: ignore[union-attr]
            ],
            "n": counts[key].total() if key in counts else 0, "is_later_round": before is not None,
        }
        for criterion, area in fielding.questions(item.study)
        for key in [Question(item.pk, criterion.pk, area.pk if area else None)]
    ]  # fmt: skip


@_for_token
def review(request, token, round_):
    """What is answered and what is not; the preferred combination; and submission."""
    response = fielding.response_of(round_, token)
    if response is None or (response.is_submitted and request.method != "POST"):
        return redirect("answer", token)
    items = _items(response)
    if request.method == "POST":
        fielding.submit(response=response, combination=request.POST.getlist("combination"))
        return redirect("answer", token)
    answered = dict(response.answers.values_list("item").annotate(count=Count("pk")).order_by())
    per_item = len(fielding.questions(round_.study))
    rows = [(one, per_item - answered.get(one.pk, 0)) for one in items]
    context = {"study": round_.study, "round": round_, "token": token, "rows": rows, "per_item": per_item}
    return render(request, "surveys/answer/review.html", context)
