"""Addresses in, links out."""

import csv
from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from .models import Study

HEADS = ("address", "email", "e-mail")


def addresses_in(file) -> list[str]:
    """The addresses of a CSV file: its column “address” or “email”, else the first. Raises ValidationError where it
    is not UTF-8 text."""
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(f"{file.name} is not UTF-8 text: save it as CSV UTF-8.") from error
    rows = [row for row in csv.reader(text.splitlines()) if row]
    heads = [name.strip().lower() for name in rows[0]] if rows else []
    column = next((heads.index(head) for head in HEADS if head in heads), None)
    if column is None:
        return [row[0] for row in rows]
    return [row[column] for row in rows[1:] if len(row) > column]


def send_links(study: Study, pairs: Iterable[tuple[str, str]], absolute: Callable[[str], str]) -> None:
    """Sends each (address, token) its link. `absolute` makes a path a whole address."""
    sent = [
        EmailMessage(
            subject=f"Your link to answer: {study.title}",
            body=(
                f"You are invited to answer “{study.title}”.\n\n{absolute(reverse('answer', args=[token]))}\n\n"
                "The link is yours alone: keep it, and do not pass it on. With it you can leave and come back. Nobody "
                "can tell which answers were given by it, and if it is lost, they cannot be found.\n"
            ),
            to=[address],
        )
        for address, token in pairs
    ]
    get_connection().send_messages(sent)
