"""Addresses in, links out."""

import csv
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from smtplib import SMTPException, SMTPServerDisconnected

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from catalogue.curation import mail

from ..models import Round, Study

logger = logging.getLogger(__name__)

HEADS = ("address", "email", "e-mail")
#: None of those within a quoted name.
BETWEEN_SEMICOLONS = re.compile(r'(?:"[^"]*"|[^;])+')
BETWEEN_COMMAS = re.compile(r'(?:"[^"]*"|[^,])+')
NAMED = re.compile(r"[^<>]*<([^<>]*@[^<>]*)>\s*")


def addresses_in(file) -> list[str]:
    """The addresses of a CSV file: its column “address” or “email”, else the first. Raises
    ValidationError where it is not UTF-8 text.
    """
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            f"{file.name} is not UTF-8 text: save it as CSV UTF-8.",
        ) from error
    rows = [row for row in csv.reader(text.splitlines()) if row]
    heads = [name.strip().lower() for name in rows[0]] if rows else []
    column = next((heads.index(head) for head in HEADS if head in heads), None)
    if column is not None:
        rows = [row[column:] for row in rows[1:] if len(row) > column]
    cells = [row[0] for row in rows]
    return [address for cell in cells for address in addresses_of(cell)]


def addresses_of(text: str) -> list[str]:
    """The addresses of a text as people paste it: with or without names, between them commas,
    semicolons or line breaks. What is none stands among them as it was written, for whoever
    judges them to name it. (`email.utils.getaddresses` would drop it, or make another address
    of it.)

    >>> addresses_of('Lee, Ann <ann@example.org>; "Roe; Bob" <bob@example.org>')
    ['ann@example.org', 'bob@example.org']
    """
    found = []
    for line in text.splitlines():
        for part in BETWEEN_SEMICOLONS.findall(line):
            # “Lee, Ann <ann@example.org>” is how some mail programs write one name.
            is_one = part.count("@") == 1 and NAMED.fullmatch(part)
            pieces = [part] if is_one else BETWEEN_COMMAS.findall(part)
            found += [
                _bare_address(piece) for piece in pieces if piece.strip()
            ]
    return found


def _bare_address(piece: str) -> str:
    """The address alone, where a name stands before it."""
    named = NAMED.fullmatch(piece)
    return (named[1] if named else piece).strip()


@dataclass(frozen=True)
class Letter:
    """What is written to experts; each gets their link below it."""

    subject: str
    text: str

    def to(self, address: str, link: str) -> EmailMessage:
        # A subject with a line break would be a header of its own.
        subject = " ".join(self.subject.split())
        below = (
            f"Your link: {link}"
            if link
            else "Your link is in the mail that invited you."
        )
        return EmailMessage(
            subject=subject,
            body=f"{self.text.strip()}\n\n{below}\n",
            to=[address],
        )


#: What can be promised, and what cannot.
PROMISE = (
    "The link is yours alone: keep it, and do not pass it on. With it you can leave and come back. While the study runs, your "
    "answers are found by your link. When it closes, what ties the two together is destroyed, and so is your address: from "
    "then on no record of this site tells whose your answers are. What you write, or a field of expertise in which there "
    "are few, may still give you away."
)
TO_ALL = (
    "Who has answered is not known, so this goes to everybody who is invited."
)


def invitation(study: Study) -> Letter:
    title = " ".join(study.title.split())
    return Letter(
        f"Your link to answer: {title}",
        f"You are invited to answer “{title}”.\n\n{PROMISE}",
    )


def proposal(study: Study, round_: Round | None) -> Letter:
    """What a lead may want to write to everybody now, to begin with."""
    title = " ".join(study.title.split())
    if round_ is None:
        return Letter(title, f"About “{title}”, to which you are invited:")
    if round_.number == 1:
        text = f"“{title}” is open for answers. If you have submitted yours, there is nothing left to do: thank you."
        return Letter(f"A reminder: {title}", f"{text}\n\n{TO_ALL}")
    text = (
        f"Round {round_.number} of “{title}” is open. In it you see how all answered in the round before, and your own "
        "answers, which you can keep or change. If you have submitted them, there is nothing left to do: thank you."
    )
    return Letter(
        f"Round {round_.number} is open: {title}",
        f"{text}\n\n{TO_ALL}",
    )


def send_links(
    letter: Letter,
    pairs: Iterable[tuple[str, str]],
    absolute: Callable[[str], str],
) -> dict[str, str]:
    """Sends each (address, token) the letter with its link; without one where the token is
    empty. `absolute` makes a path a whole address. Returns the addresses that could not be sent
    theirs, each with its token: the others' are on their way.
    """
    left = dict(pairs)
    try:
        with get_connection() as connection:
            for address, token in list(left.items()):
                link = (
                    absolute(reverse("answer", args=[token])) if token else ""
                )
                try:
                    connection.send_messages([letter.to(address, link)])
                except SMTPServerDisconnected:
                    raise
                except SMTPException as refused:
                    # The server will not have this one; it may have the next.
                    logger.warning(
                        "A link could not be sent: %s",
                        type(refused).__name__,
                    )
                else:
                    del left[address]
    except (OSError, SMTPException) as broken:
        logger.warning(
            "The mail server cannot be reached: %s",
            type(broken).__name__,
        )
    return left


def require_mail() -> None:
    """Raises ValidationError where no mail can be sent: before links are made that would reach
    nobody.
    """
    if problem := mail.obstacle():
        raise ValidationError(problem)
