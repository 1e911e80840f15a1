"""A form of the admin that came too late, from a page whose sender is signed out by now, or has
signed in anew in another tab.

What it says goes back to the browser in a page from which it can be sent once more. Nothing of
it is stored here.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

Fields = list[tuple[str, str]]


def resendable_fields(request: HttpRequest) -> Fields:
    """What a form says, the buttons included. Empty where it cannot be sent again for somebody:
    it holds a file, or a password.
    """
    fields: Fields = []
    for name, values in request.POST.lists():
        if request.FILES or "password" in name:
            return []
        if name != "csrfmiddlewaretoken":
            fields += [(name, value) for value in values]
    return fields


def is_same_origin(request: HttpRequest) -> bool:
    """Whether a page of this site sent it: browsers say so of every form."""
    return (
        urlsplit(request.headers.get("Origin", "")).netloc
        == request.get_host()
    )


def offer_again(request: HttpRequest, fields: Fields) -> HttpResponse:
    """A page that says that nothing was saved, shows what was typed, and sends it again at the
    press of a button.
    """
    context = {
        "fields": fields,
        "typed": [value for _, value in fields if " " in value.strip()],
        "title": "Not saved yet",
    }
    return render(request, "admin/unsaved.html", context, status=403)
