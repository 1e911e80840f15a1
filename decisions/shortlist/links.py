"""Short links: the same list has the same one, whoever asks for it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS as PRIMARY
from django.db import IntegrityError, transaction

from serving.gate import seconds_to_wait, times_within_hour

from ..models import SHORTEST_CODE, ShortLink

#: Without letters that are taken for digits (Crockford's base 32).
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
BITS = 5
#: So many are made for one client within an hour.
MOST_PER_HOUR = 30
#: What they are counted as.
COUNTED_AS = "short-link"
TOO_MANY = (
    "From the network that you are in, which you may share with others, at least {most} short links were made within an hour. More can be made in "
    "{minutes}. The list's own address works now, and says the same."
)


class TooManyLinks(Exception):
    """The message says so in a sentence. `seconds`: until one can be made again."""

    def __init__(self, seconds: int):
        minutes = -(-seconds // 60)
        noun = "minute" if minutes == 1 else "minutes"
        super().__init__(
            TOO_MANY.format(most=MOST_PER_HOUR, minutes=f"{minutes} {noun}"),
        )
        self.seconds = seconds


def digest_of(
    accessions: Sequence[str],
    title: str,
    targets: Sequence[str] = (),
) -> str:
    """What is the same for the same content alone. Without targets it is what it was before these
    were stored: a list keeps the link that it had.
    """
    lines = ["shortlist 1", " ".join(accessions), title]
    if targets:
        lines = ["shortlist 2", *lines[1:], " ".join(targets)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def signs_of(digest: str) -> str:
    """A digest in signs that can be read out and typed: codes are their beginnings."""
    number = int(digest, 16)
    signs = []
    for _ in range(-(-len(digest) * 4 // BITS)):
        number, rest = divmod(number, len(SIGNS))
        signs.append(SIGNS[rest])
    return "".join(signs)


def stored_link(code: str) -> ShortLink | None:
    """The link of a code, however it was typed."""
    if not code.isalnum():
        return None
    links = ShortLink.objects.using(PRIMARY)
    return links.filter(code=code.upper().translate(MISREAD)).first()


def made_link(
    accessions: Sequence[str],
    title: str,
    targets: Sequence[str] = (),
) -> ShortLink | None:
    """The link that a list has already."""
    digest = digest_of(accessions, title, targets)
    return ShortLink.objects.filter(digest=digest).first()


def link_for(
    accessions: Sequence[str],
    title: str = "",
    targets: Sequence[str] = (),
) -> ShortLink:
    """The link of a list, made where there is none yet. Its code is as short as the content
    allows: one sign longer where other content has that code already.
    """
    digest = digest_of(accessions, title, targets)
    signs = signs_of(digest)
    for length in range(SHORTEST_CODE, len(signs) + 1):
        if found := made_link(accessions, title, targets):
            return found
        link = ShortLink(
            code=signs[:length],
            digest=digest,
            names=" ".join(accessions),
            targets=" ".join(targets),
            title=title,
        )
        link.full_clean(validate_unique=False)
        try:
            with transaction.atomic():
                link.save(force_insert=True)
        except IntegrityError:
            # The code is taken, or somebody else was quicker with the same list.
            continue
        return link
    raise AssertionError("No two contents have one digest.")


def count_link(environ: dict[str, Any]) -> None:
    """Counts a link of a client in this hour. Raises TooManyLinks where it is one too many."""
    if times_within_hour(environ, COUNTED_AS) > MOST_PER_HOUR:
        raise TooManyLinks(seconds_to_wait(environ, COUNTED_AS))
