"""The form for feedback, and the address at which a reader finds the answer."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from catalogue.fields import CleanedCharField
from serving.origins import is_from_here

from ..curation import feedback as taking
from ..models import Feedback

LONGEST_TEXT = 10_000


class FeedbackForm(forms.ModelForm):
    """`address`: the field that people do not see. `form`: the token that says when the form
    was shown.
    """

    kind = forms.ChoiceField(
        choices=Feedback.Kind.choices,
        widget=forms.RadioSelect,
        label="What is it?",
        error_messages={"required": "Say what kind of remark it is."},
    )
    text = CleanedCharField(
        label="What would you like to tell us?",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 9}),
        error_messages={"required": "Write what you would like to tell us."},
    )
    page = forms.CharField(
        required=False,
        widget=forms.HiddenInput,
        max_length=2000,
    )
    form = forms.CharField(required=False, widget=forms.HiddenInput)
    website = forms.CharField(
        required=False,
        label="Leave this empty",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "tabindex": "-1"},
        ),
    )

    class Meta:
        model = Feedback
        fields = ["kind", "text", "name", "email"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        labels = {"name": "Your name", "email": "Your e-mail address"}


@csrf_exempt  # It needs no cookie, and acts for nobody who is signed in: its own token and its origin are checked instead.
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    subject = taking.subject_of((request.POST or request.GET).get("page", ""))
    if request.method != "POST":
        kind = request.GET.get("kind", "")
        first = {
            "page": subject.path,
            "form": taking.form_token(),
            "kind": kind if kind in Feedback.Kind else None,
        }
        return _page(request, FeedbackForm(initial=first), subject)
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return _page(request, _anew(form), subject, status=400)
    try:
        sent = _receive(request, form, subject)
    except taking.FeedbackRefused as refused:
        form.add_error(None, str(refused))
        return _page(request, _anew(form), subject, status=400)
    answer = redirect(sent)
    answer["Location"] += "?sent"
    return answer


def _receive(
    request: HttpRequest,
    form: FeedbackForm,
    subject: taking.Subject,
) -> Feedback:
    given = form.cleaned_data
    if not is_from_here(request):
        raise taking.FeedbackRefused(
            "This form was sent from another site. Look at it once more, and send it from here.",
        )
    number = taking.shown_revision(given["form"])
    taking.count_message(request.META)
    texts = {name: given[name] for name in ("kind", "text", "name", "email")}
    return taking.receive(
        subject=subject,
        number=number,
        trap=given["website"],
        **texts,
    )


def _anew(form: FeedbackForm) -> FeedbackForm:
    """The form with all that was typed, and with a token of now."""
    data: Any = form.data
    typed = data.copy()
    typed["form"] = taking.form_token()
    form.data = typed
    return form


def _page(
    request: HttpRequest,
    form: FeedbackForm,
    subject: taking.Subject,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "subject": subject,
        "days": settings.FEEDBACK_CONTACT_DAYS,
        "no_subject": True,
    }
    return render(request, "catalogue/feedback.html", context, status=status)


@never_cache
@require_safe
def feedback_answer(request: HttpRequest, key: str) -> HttpResponse:
    """For whoever has the address: what they wrote, and what became of it."""
    found = get_object_or_404(Feedback, key=key)
    context = {
        "feedback": found,
        "is_new": "sent" in request.GET,
        "no_subject": True,
    }
    answer = render(request, "catalogue/feedback_answer.html", context)
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
