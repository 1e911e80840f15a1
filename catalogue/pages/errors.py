"""What is answered where a request fails: a page, or a problem where a program asked."""

import sys

from django.core.exceptions import DisallowedHost
from django.http import HttpResponseBadRequest, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from catalogue.curation import unsaved
from serving import availability
from serving.logs import request_id
from serving.problems import problem_response
from serving.sharing import is_api


def bad_request(request, exception):
    if is_api(request.path_info):
        return problem_response(400, "The request cannot be read.")
    if isinstance(
        exception,
        DisallowedHost,
    ):  # a page would have to say where it is
        text = "This site is not known under the name that was asked for."
        return HttpResponseBadRequest(
            text,
            content_type="text/plain; charset=utf-8",
        )
    return render(request, "400.html", status=400)


def permission_denied(request, exception):
    if is_api(request.path_info):
        return problem_response(403, "This is not for everybody.")
    return render(request, "403.html", {"why": str(exception)}, status=403)


def csrf_failure(request, reason=""):
    """A form that came without its token: from a page that was open for long, or from another
    site.
    """
    is_of_curators = (
        request.path.startswith(reverse("admin:index"))
        and request.user.is_staff
    )
    if (
        is_of_curators
        and unsaved.is_same_origin(request)
        and (fields := unsaved.resendable_fields(request))
    ):
        return unsaved.offer_again(request, fields)
    return render(request, "403.html", {"is_form": True}, status=403)


def page_not_found(request, exception):
    if is_api(request.path_info):
        return problem_response(
            404,
            f"There is nothing at {request.path}. The API's documentation is at /api/.",
        )
    # Past request.GET, which fails where there are too many parameters.
    in_a_list = (
        request.resolver_match is not None
        and "page=" in request.META.get("QUERY_STRING", "")
    )
    told = getattr(exception, "message", "")
    # Whoever is told something in particular came by a link of their own: its address is nobody
    # else's.
    return render(
        request,
        "404.html",
        {"in_a_list": in_a_list, "told": told, "no_subject": bool(told)},
        status=404,
    )


def server_error(request):
    if availability.is_for_a_while(sys.exc_info()[1]):
        return availability.come_back(request)
    if is_api(request.path_info):
        return problem_response(
            500,
            "Something went wrong here. Try again; if it stays, tell us.",
        )
    # Without the request, so that nothing but the template itself is needed.
    return HttpResponseServerError(
        render_to_string("500.html", {"request_id": request_id()}),
    )
