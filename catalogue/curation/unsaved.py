"""A form of the admin that came too late, from a page whose sender is signed out by now, or has
signed in anew in another tab.

What it says goes back to the browser in a page from which it can be sent once more. Nothing of
it is kept here.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

Fields = list[tuple[str, str]]


def fields_of(request: HttpRequest) -> Fields:
    """What a form says, the buttons included. Empty where it cannot be sent again for somebody:
    it holds a file, or a password.
    """
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
    ]
    is_secret = any("password" in name for name, _ in fields)
    return [] if request.FILES or is_secret else fields


def is_of_this_site(request: HttpRequest) -> bool:
    """Whether a page of this site sent it: browsers say so of every form."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()


def offered(request: HttpRequest, fields: Fields) -> HttpResponse:
    """A page that says that nothing was saved, shows what was typed, and sends it again at the
    press of a button.
    """
    typed = [value for _, value in fields if " " in value.strip()]
    return render(
        request,
        "admin/unsaved.html",
        {"fields": fields, "typed": typed, "title": "Not saved yet"},
        status=403,
    )
