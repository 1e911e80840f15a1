"""What ties an expert to answers while a study runs, and how it is destroyed when the study
closes.

Each study has a secret of its own. Links are made from it and from the site's key, so that one
can be sent again though it is kept nowhere, and answers stand under a name that is made from
the link. While the secret is there, whoever has the database and the key can tell who answered
what. When the study closes it is destroyed, answers get new names and keys that come from
nothing, in an order that comes from nothing, and the files of the database are written anew:
then nobody can, with a link neither.
"""

import base64
import logging
import random
import secrets
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.contrib.sessions.models import Session
from django.db import DatabaseError, connections, models, router, transaction
from django.utils.crypto import salted_hmac

from catalogue import database

from ..models import Invitation, Response, Study, StudySecret

logger = logging.getLogger(__name__)

#: Of these columns PostgreSQL keeps no samples for its plans: it would keep them longer than
#: the tables do.
UNSAMPLED = {
    "surveys_invitation": ["address", "seed", "token_hash"],
    "surveys_response": ["pseudonym"],
    "surveys_studysecret": ["value"],
}
THERE = """SELECT attname FROM pg_attribute
           WHERE attrelid = to_regclass(%s) AND attname = ANY(%s) AND NOT attisdropped"""


def keep_no_samples(using: str, **of_signal: Any) -> None:
    """After each migrate, of whatever is there then."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table, columns in UNSAMPLED.items():
            cursor.execute(THERE, [table, columns])
            for (column,) in cursor.fetchall():
                cursor.execute(
                    f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0",
                )


# While it runs


def make_secret(study: Study) -> str:
    """The study's secret, made where it has none yet."""
    return StudySecret.objects.get_or_create(
        study=study,
        defaults={"value": secrets.token_hex(32)},
    )[0].value


def secret_of(study: Study) -> str:
    """The study's secret; empty where it has none yet, or no longer."""
    return (
        StudySecret.objects.filter(study=study)
        .values_list("value", flat=True)
        .first()
        or ""
    )


def new_seed() -> str:
    """What tells one link of a study from another."""
    return secrets.token_hex(16)


def token(secret: str, seed: str) -> str:
    """What a link carries: 43 characters, which nobody can guess or make without the secret and
    the site's key.
    """
    digest = salted_hmac(
        f"surveys.link {secret}",
        seed,
        algorithm="sha256",
    ).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def token_hash(token: str) -> str:
    """What an invitation is found by: 64 hexadecimal digits."""
    return salted_hmac(
        "surveys.invitation",
        token,
        algorithm="sha256",
    ).hexdigest()


def pseudonym(token: str) -> str:
    """What answers stand under until the study closes."""
    return salted_hmac(
        "surveys.pseudonym",
        token,
        algorithm="sha256",
    ).hexdigest()


def pseudonym_of_import(study: Study, respondent: str) -> str:
    """The same for a respondent of a file, until the study is published: a corrected file finds
    the answers again.
    """
    return salted_hmac(
        "surveys.import",
        f"{study.pk}\n{respondent}",
        algorithm="sha256",
    ).hexdigest()


# When it is over


@transaction.atomic
def destroy(study: Study) -> None:
    """Destroys what ties answers to invitations, addresses with it, and has the database's
    files written anew once this is committed. The study must be locked, and take no more
    answers.
    """
    scatter(study)
    study.invitations.update(address="", seed="")
    StudySecret.objects.filter(study=study).delete()
    transaction.on_commit(clean_files)


def scatter(study: Study) -> None:
    """Gives responses, and all that belongs to them, new keys in a new order, and each expert a
    new name for all rounds.

    Rows are written anew, since the place of a row in its table tells when it came: on
    PostgreSQL and, by its hidden row number, on SQLite. What something else refers to, such as
    a comment that is coded, keeps its key.
    """
    responses = list(Response.objects.filter(round__study=study))
    parts = {part: list(_rows_of_study(part, study)) for part in _parts()}
    for part in parts:
        _raw_delete(_rows_of_study(part, study))
    _raw_delete(Response.objects.filter(round__study=study))
    names: dict[str, str] = defaultdict(lambda: secrets.token_hex(32))
    keys = {}
    for response in responses:
        new_key = uuid4()
        keys[response.pk] = new_key
        response.pk = new_key
        response.pseudonym = names[response.pseudonym]
    _write_shuffled(Response, responses)
    for part, rows in parts.items():
        key = _response_key(part)
        for row in rows:
            setattr(row, key, keys[getattr(row, key)])
            if _has_references(part):
                continue
            has_uuid = isinstance(part._meta.pk, models.UUIDField)
            row.pk = uuid4() if has_uuid else None
        _write_shuffled(part, rows)


def _parts() -> list[type[models.Model]]:
    """The tables whose rows belong to a response, those between it and items among them."""
    return list(
        dict.fromkeys(relation.related_model for relation in _relations()),
    )  # type: ignore[misc]


def _relations() -> Iterator[Any]:
    return (
        one
        for one in Response._meta.get_fields(include_hidden=True)
        if one.one_to_many and one.auto_created
    )


def _response_key(part: type[models.Model]) -> str:
    """The attribute that holds the key of the response."""
    return next(
        one.field.attname for one in _relations() if one.related_model is part
    )


def _rows_of_study(part: type[models.Model], study: Study) -> models.QuerySet:
    name = next(
        one.field.name for one in _relations() if one.related_model is part
    )
    return part._base_manager.filter(**{f"{name}__round__study": study})


def _has_references(part: type[models.Model]) -> bool:
    return any(
        one.auto_created and not one.concrete
        for one in part._meta.get_fields(include_hidden=True)
    )


def _raw_delete(rows: models.QuerySet) -> None:
    """Without what refers to them, which refers to the same keys again before the transaction
    ends.
    """
    rows._raw_delete(rows.db)  # type: ignore[attr-defined]


def _write_shuffled(model: type[models.Model], rows: list[Any]) -> None:
    random.SystemRandom().shuffle(rows)
    model._base_manager.bulk_create(rows)


# In the files


def clean_files() -> str:
    """Writes the files of the database anew where they may still hold what was erased, which
    takes a moment in which nobody else writes. Returns why something may be left; empty where
    nothing is.
    """
    connection = connections[router.db_for_write(Response)]
    try:
        why_not = database.rewrite(connection, _columns_that_tie())
    except DatabaseError as error:
        why_not = f"the database would not: {error}"
    if why_not:
        logger.error(
            "Something of what was erased may still be in the database's files: %s. %s",
            why_not,
            REMEDY,
        )
    return why_not


REMEDY = "Run `manage.py clean_files` when fewer are on the site."


def _columns_that_tie() -> dict[str, str]:
    """Tables of links and answers, each with what ties it to others; and sessions, which hold
    for a moment what a lead is told of an address.
    """
    held: dict[type[models.Model], str] = {
        Invitation: "address",
        StudySecret: "value",
        Response: "pseudonym",
        **{part: _response_key(part) for part in _parts()},
        Session: "session_data",
    }
    return {model._meta.db_table: column for model, column in held.items()}
