"""Which of two versions is to stay, as a form says it."""

from django.http import HttpRequest

PREFIX = "choice:"


def chosen_versions(request: HttpRequest) -> dict[str, str]:
    """By the key of each place where two versions clash: the one that was chosen."""
    choices = {}
    for name, value in request.POST.items():
        if name.startswith(PREFIX):
            choices[name.removeprefix(PREFIX)] = str(value)
    return choices
