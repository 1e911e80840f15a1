"""Addresses in, links out."""

import csv
import logging
from collections.abc import Callable, Iterable
from smtplib import SMTPException, SMTPServerDisconnected

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from .models import Study

logger = logging.getLogger(__name__)

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


def send_links(study: Study, pairs: Iterable[tuple[str, str]], absolute: Callable[[str], str]) -> dict[str, str]:
    """Sends each (address, token) its link. `absolute` makes a path a whole address. Returns the addresses that could
    not be sent theirs, each with its token: the links of all others are on their way."""
    left = dict(pairs)
    try:
        with get_connection() as connection:
            for address, token in list(left.items()):
                try:
                    connection.send_messages([_message(study, address, absolute(reverse("answer", args=[token])))])
                except SMTPServerDisconnected:
                    raise
                except SMTPException as refused:
                    # The server will not have this one; it may have the next.
                    logger.warning("A link could not be sent: %s", type(refused).__name__)
                else:
                    del left[address]
    except (OSError, SMTPException) as broken:
        logger.warning("The mail server cannot be reached: %s", type(broken).__name__)
    return left


def _message(study: Study, address: str, link: str) -> EmailMessage:
    # A title with a line break would be a header of its own.
    title = " ".join(study.title.split())
    return EmailMessage(
        subject=f"Your link to answer: {title}",
        body=(
            f"You are invited to answer “{title}”.\n\n{link}\n\n"
            "The link is yours alone: keep it, and do not pass it on. With it you can leave and come back. Nobody "
            "can tell which answers were given by it, and if it is lost, they cannot be found.\n"
        ),
        to=[address],
    )
