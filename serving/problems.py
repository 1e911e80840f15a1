"""Errors of the API as application/problem+json (RFC 9457)."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from .logs import request_id
from .parameters import Problem
from .refusals import BadParameters as BadParameters
from .refusals import Elsewhere as Elsewhere
from .refusals import Gone as Gone

CONTENT_TYPE = "application/problem+json"


def problem(status: int, detail: str, **members) -> dict:
    if name := request_id():
        members["request_id"] = name
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }


def exception_handler(error, context):
    """Turns what REST framework would answer into a problem; None, as it does, for what is no
    client's fault.
    """
    answer = default_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, Elsewhere):
        return Response(
            status=error.status_code,
            headers={"Location": error.address},
        )
    members = (
        {"errors": error.errors}
        if isinstance(error, BadParameters)
        else getattr(error, "members", {})
    )
    detail = str(
        answer.data.get("detail", answer.data)
        if isinstance(answer.data, dict)
        else answer.data,
    )
    headers = {
        name: answer[name]
        for name in ("Allow", "Retry-After", "WWW-Authenticate")
        if name in answer
    }
    body = problem(answer.status_code, detail, **members)
    return Response(
        body,
        status=answer.status_code,
        headers=headers,
        content_type=CONTENT_TYPE,
    )


def problem_response(status: int, detail: str, **members) -> JsonResponse:
    """For errors raised outside REST framework, such as an address that does not exist."""
    return JsonResponse(
        problem(status, detail, **members),
        status=status,
        content_type=CONTENT_TYPE,
    )


def bad_address(
    request: HttpRequest,
    problems: list[Problem],
    corrected_query: str = "?",
) -> HttpResponse:
    """The page that says what is wrong with an address, and leads on to the corrected one."""
    context = {"problems": problems, "corrected_query": corrected_query}
    return render(request, "400.html", context, status=400)


def bad_parameters(errors: list[dict]) -> JsonResponse:
    """As the API answers to `BadParameters`, for files outside of it."""
    return problem_response(
        400,
        " ".join(error["detail"] for error in errors),
        errors=errors,
    )
