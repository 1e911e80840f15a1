"""What is held of a person: found, exported and erased from one declared registry.

An account is not deleted, since histories and codings name it: it is emptied, so that they stay
whole and name nobody. What is not needed to understand a record is erased. A test fails for a
table that may hold something of a person and is not declared.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q

from serving.registry import Registry

from ..curation import double_coding

#: In the place of a name that others read, such as who placed a mitigation in a category.
NOBODY = "a former curator"
NOBODY_AND_OTHERS = f"{NOBODY} and others"


class CannotErase(Exception):
    """The message is one line and says what to do."""


@dataclass(frozen=True)
class Person:
    """Whom it is about: an account, if they have one, and the names and addresses by which they
    may be known.
    """

    account: Any
    names: frozenset[str]
    addresses: frozenset[str]

    @property
    def is_known_by_nothing(self) -> bool:
        return self.account is None and not self.addresses


@dataclass(frozen=True)
class Holding:
    """What a table holds of a person. `find` gives the condition for its rows, or None where it
    cannot hold any.

    Erasing sets `blank` in them, or deletes them where `is_deleted`; with neither they stay,
    and lead to an empty account.
    """

    model: str
    what: str
    find: Callable[[Person], Q | None]
    blank: dict[str, Any] = field(default_factory=dict)
    is_deleted: bool = False
    #: Not exported, since it would open a door: secrets of devices.
    hidden: tuple[str, ...] = ()

    def rows(self, person: Person) -> models.QuerySet:
        manager = apps.get_model(self.model)._base_manager
        condition = self.find(person)
        if condition is None:
            return manager.none()
        return manager.filter(condition).order_by("pk")

    def erase(self, person: Person) -> int:
        rows = self.rows(person)
        if self.is_deleted:
            return rows.delete()[1].get(rows.model._meta.label, 0)
        return rows.update(**self.blank) if self.blank else 0


#: Where the site itself puts a name among other words: two coders and who decided between them,
#: a reviewer's note, a stored choice.
BEFORE = r'(^| and |; decided by |"Sent back by |"Not undone\. |"coder": ?")'
AFTER = r'(?=$| and |; decided by |: | wrote: |")'


@dataclass(frozen=True)
class Mentions(Holding):
    """Rows in whose `column`, text or JSON, the site has put a name among other words."""

    column: str = ""

    def rows(self, person: Person) -> models.QuerySet:
        rows = super().rows(person)
        keys = []
        for key, text in self._texts(rows):
            if _without_names(text, person.names) != text:
                keys.append(key)
        return rows.filter(pk__in=keys)

    def erase(self, person: Person) -> int:
        rows = self.rows(person)
        texts = list(self._texts(rows))
        for key, text in texts:
            value: Any = self._fitting(_without_names(text, person.names))
            if self._is_json:
                value = json.loads(value)
            row = rows.model._base_manager.filter(pk=key)
            row.update(**{self.column: value})
        return len(texts)

    @property
    def _field(self) -> models.Field:
        return apps.get_model(self.model)._meta.get_field(self.column)

    @property
    def _is_json(self) -> bool:
        return isinstance(self._field, models.JSONField)

    def _fitting(self, text: str) -> str:
        """A short name that became `NOBODY` may make the whole too long for its column."""
        longest = self._field.max_length
        if longest and len(text) > longest:
            return NOBODY_AND_OTHERS
        return text

    def _texts(self, rows: models.QuerySet) -> Iterator[tuple[Any, str]]:
        for key, value in rows.values_list("pk", self.column).iterator(
            chunk_size=2000,
        ):
            if self._is_json:
                yield key, json.dumps(value, ensure_ascii=False)
            else:
                yield key, value or ""


def _without_names(text: str, names: frozenset[str]) -> str:
    for name in names:
        text = re.sub(
            f"{BEFORE}{re.escape(name)}{AFTER}",
            rf"\g<1>{NOBODY}",
            text,
        )
    return text


def mentions(model: str, column: str, what: str) -> Mentions:
    """Every row is looked at: databases write names within JSON in ways of their own."""
    return Mentions(
        model,
        what,
        lambda person: Q() if person.names else None,
        column=column,
    )


def by_account(name: str) -> Callable[[Person], Q | None]:
    return lambda person: (
        Q(**{name: person.account.pk}) if person.account else None
    )


def by_email(name: str) -> Callable[[Person], Q | None]:
    def find(person: Person) -> Q | None:
        condition = Q(pk__in=[])
        for address in person.addresses:
            condition |= Q(**{f"{name}__iexact": address})
        return condition if person.addresses else None

    return find


def by_name(name: str) -> Callable[[Person], Q | None]:
    return lambda person: (
        Q(**{f"{name}__in": sorted(person.names)}) if person.names else None
    )


def tied(model: str, name: str, what: str) -> Holding:
    """Rows that name an account by a key, and are kept: the account that they name is emptied."""
    return Holding(model, what, by_account(name))


def _sessions(person: Person) -> Q | None:
    if person.account is None:
        return None
    keys = []
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.account.pk):
            keys.append(session.pk)
    return Q(pk__in=keys)


def _log_about(person: Person) -> Q | None:
    if person.account is None:
        return None
    kind = {"content_type__app_label": "auth", "content_type__model": "user"}
    return Q(user=person.account) | Q(object_id=str(person.account.pk), **kind)


OWN_HOLDINGS = [
    Holding(
        "auth.User",
        "the account: name, e-mail address, password as a hash, when last signed in",
        by_account("pk"),
        hidden=("password",),
    ),
    Holding(
        "admin.LogEntry",
        "what was done in the admin, and when",
        _log_about,
    ),
    Holding(
        "sessions.Session",
        "that one is signed in",
        _sessions,
        is_deleted=True,
        hidden=("session_key", "session_data"),
    ),
    Holding(
        "otp_totp.TOTPDevice",
        "the authenticator app",
        by_account("user"),
        is_deleted=True,
        hidden=("key",),
    ),
    Holding(
        "otp_static.StaticDevice",
        "recovery codes",
        by_account("user"),
        is_deleted=True,
    ),
    Holding(
        "axes.AccessAttempt",
        "wrong passwords of the last quarter of an hour",
        by_name("username"),
        is_deleted=True,
    ),
    Holding(
        "axes.AccessFailureLog",
        "wrong passwords (not used)",
        by_name("username"),
        is_deleted=True,
    ),
    Holding(
        "axes.AccessLog",
        "when somebody signed in (not used)",
        by_name("username"),
        is_deleted=True,
    ),
    Holding(
        "catalogue.Feedback",
        "feedback of a reader who left an e-mail address",
        by_email("email"),
        {"name": "", "email": ""},
    ),
    Holding(
        "catalogue.Classification",
        "who placed a mitigation in a category, as readers see it",
        by_name("coder"),
        {"coder": NOBODY},
    ),
    Holding(
        "catalogue.HistoricalClassification",
        "the same, in its history",
        by_name("coder"),
        {"coder": NOBODY},
    ),
    Holding(
        "catalogue.Mapping",
        "who says that two measures are alike, as readers see it",
        by_name("asserted_by"),
        {"asserted_by": NOBODY},
    ),
    Holding(
        "catalogue.HistoricalMapping",
        "the same, in its history",
        by_name("asserted_by"),
        {"asserted_by": NOBODY},
    ),
    Holding(
        "catalogue.Seat",
        "which category a coder chose, by their name",
        by_name("coder_name"),
        {"coder_name": NOBODY},
    ),
    Holding(
        "catalogue.CodingOutcome",
        "who decided between coders, by their name",
        by_name("decider_name"),
        {"decider_name": NOBODY},
    ),
    mentions(
        "catalogue.Classification",
        "coder",
        "who placed a mitigation in a category together with others",
    ),
    mentions(
        "catalogue.HistoricalClassification",
        "coder",
        "the same, in its history",
    ),
    mentions(
        "catalogue.HistoricalClassification",
        "history_change_reason",
        "who decided between coders, in its history",
    ),
    mentions("catalogue.ImportBatch", "notes", "who sent an import back"),
    mentions(
        "catalogue.ImportBatch",
        "options",
        "who placed what a file holds, by the name given with it",
    ),
    mentions(
        "catalogue.ImportProfile",
        "options",
        "the same, stored for the next such file",
    ),
    mentions("catalogue.ImportRow", "body", "who placed what a row holds"),
    tied("catalogue.Seat", "coder", "which category a coder chose"),
    tied(
        "catalogue.CodingOutcome",
        "decided_by",
        "what one decided between coders",
    ),
    tied(
        "catalogue.Feedback",
        "handled_by",
        "feedback that a curator dealt with",
    ),
    tied("catalogue.Proposal", "author", "changes that one proposed"),
    tied("catalogue.Proposal", "reviewer", "changes that one decided on"),
    tied("catalogue.ImportBatch", "uploaded_by", "files that one handed in"),
    tied("catalogue.ImportBatch", "committed_by", "files that one imported"),
    tied(
        "catalogue.ImportBatch",
        "undo_asked_by",
        "imports that one asked to have undone",
    ),
    tied("catalogue.Dismissal", "dismissed_by", "findings that one dismissed"),
    tied("catalogue.Review", "reviewer", "records that one looked over"),
    tied("catalogue.Release", "cut_by", "releases that one cut"),
    tied(
        "catalogue.ReleaseCutting",
        "asked_by",
        "releases that one asked for",
    ),
]


#: By the app that declares them.
HOLDINGS: Registry[str, list[Holding]] = Registry("set of holdings")
HOLDINGS.register(OWN_HOLDINGS, "catalogue")


def declared() -> Iterator[Holding]:
    """Every holding: those that apps declare, and the histories of all records."""
    for holdings in HOLDINGS.values():
        yield from holdings
    for model in apps.get_models():
        if any(one.name == "history_user" for one in model._meta.fields):
            yield tied(
                model._meta.label,
                "history_user",
                f"who changed a {model._meta.verbose_name}, and when",
            )


def find_person(known_as: str) -> Person:
    """Whoever has this username or e-mail address; found by either, searched by both."""
    accounts = get_user_model()._default_manager
    account = accounts.filter(username=known_as).first()
    if account is None:
        account = (
            accounts.filter(email__iexact=known_as).exclude(email="").first()
        )
    addresses = [known_as] if "@" in known_as else []
    names = []
    if account is not None:
        addresses.append(account.email)
        names = [account.username, account.get_full_name()]
        names.append(double_coding.name_of(account))
    return Person(
        account,
        frozenset(filter(None, names)),
        frozenset(filter(None, addresses)),
    )


def export(person: Person) -> dict[str, list[dict[str, Any]]]:
    """All that is held of them: by what it is, the rows as they stand, without secrets that
    open a door.
    """
    by_label: dict[str, list[dict[str, Any]]] = {}
    for holding in declared():
        fields = apps.get_model(holding.model)._meta.concrete_fields
        names = {field.attname: None for field in fields}
        for hidden in holding.hidden:
            names.pop(hidden, None)
        rows = list(holding.rows(person).values(*names))
        if rows:
            label = f"{holding.model}: {holding.what}"
            by_label.setdefault(label, []).extend(rows)
    return by_label


@transaction.atomic
def erase(person: Person) -> dict[str, int]:
    """Erases them: what is declared, and at last the account's own fields. Returns of how many
    rows, by what they are.

    Raises CannotErase for the last account that can administer the site.
    """
    if person.account is not None:
        _refuse_the_last(person.account)
    counts: dict[str, int] = {}
    for holding in declared():
        if count := holding.erase(person):
            counts[f"{holding.model}: {holding.what}"] = count
    if person.account is not None:
        _empty_account(person.account)
        counts["auth.User: the account, emptied"] = 1
    return counts


def _refuse_the_last(account: Any) -> None:
    accounts = get_user_model()._default_manager
    others = accounts.filter(is_superuser=True, is_active=True).exclude(
        pk=account.pk,
    )
    if account.is_superuser and account.is_active and not others.exists():
        raise CannotErase(
            "Nobody else could administer the site: make another superuser first.",
        )


def _empty_account(account: Any) -> None:
    name = f"erased-{account.pk}"
    apps.get_model("admin.LogEntry")._default_manager.filter(
        content_type__app_label="auth",
        content_type__model="user",
        object_id=str(account.pk),
    ).update(object_repr=name, change_message="")
    account.username = name
    account.email = account.first_name = account.last_name = ""
    account.is_active = account.is_staff = account.is_superuser = False
    account.last_login = None
    account.set_unusable_password()
    account.save()
    account.groups.clear()
    account.user_permissions.clear()
