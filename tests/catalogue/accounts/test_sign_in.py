"""Signing in to the admin: guessing is slowed down, and a second factor is asked for where
there is one, or has to be.
"""

import re
from base64 import b32decode
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalogue.accounts import second_factor

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
PASSWORD = "a password of some length"
INDEX, LOGIN, VERIFY, SET_UP = (
    "/admin/",
    "/admin/login/",
    "/admin/second-factor/verify/",
    "/admin/second-factor/",
)


@pytest.fixture
def ada():
    return User.objects.create_superuser("ada", password=PASSWORD)


def sign_in(
    client,
    name="ada",
    password=PASSWORD,
    address="198.51.100.7",
    **extra,
):
    return client.post(
        f"{LOGIN}?next={INDEX}",
        {"username": name, "password": password},
        REMOTE_ADDR=address,
        **extra,
    )


# Guessing


def test_who_guesses_is_locked_out_and_the_curator_elsewhere_is_not(ada):
    statuses = [
        sign_in(Client(), password=f"guess {number}").status_code
        for number in range(6)
    ]

    locked = sign_in(Client())
    assert statuses == [200, 200, 200, 200, 429, 429]
    assert locked.status_code == 429
    assert "Wait a quarter of an hour" in locked.text
    assert sign_in(Client(), address="198.51.100.8").status_code == 302
    assert (
        sign_in(Client(), name="bo", password="x").status_code == 200
    )  # another name, from the same place


@pytest.mark.engine
@pytest.mark.parametrize("name", ["x" * 151, "x" * 5_000])
def test_a_name_longer_than_any_is_refused_in_the_form(ada, name):
    answer = sign_in(Client(), name=name)

    assert answer.status_code == 200
    assert "at most 150 characters" in answer.text


def test_a_lock_out_ends_by_itself_and_by_an_administrator(ada, client, rf):
    from axes.models import AccessAttempt

    for number in range(5):
        sign_in(Client(), password=f"guess {number}")
    AccessAttempt.objects.update(
        attempt_time=timezone.now() - timedelta(minutes=16),
    )
    assert sign_in(Client()).status_code == 302

    for number in range(5):
        sign_in(Client(), password=f"guess {number}")
    assert sign_in(Client()).status_code == 429
    client.force_login(ada)
    client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "let_in_again", "_selected_action": [ada.pk]},
    )
    assert sign_in(Client()).status_code == 302


def test_behind_a_proxy_it_is_the_client_that_is_counted(ada, settings):
    settings.NUM_PROXIES = 1
    for number in range(5):
        sign_in(
            Client(),
            password=f"guess {number}",
            address="10.0.0.1",
            HTTP_X_FORWARDED_FOR="198.51.100.7",
        )

    assert (
        sign_in(
            Client(),
            address="10.0.0.1",
            HTTP_X_FORWARDED_FOR="198.51.100.7",
        ).status_code
        == 429
    )
    assert (
        sign_in(
            Client(),
            address="10.0.0.1",
            HTTP_X_FORWARDED_FOR="198.51.100.8",
        ).status_code
        == 302
    )
    assert (
        sign_in(
            Client(),
            address="10.0.0.1",
            HTTP_X_FORWARDED_FOR="198.51.100.8, 198.51.100.7",
        ).status_code
        == 429
    )


# The second factor


def code_now(page, steps=0):
    """What an app shows that was given the secret as the page has it; `steps` of half a minute
    later.
    """
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)[1].replace(
        " ",
        "",
    )
    return f"{totp(b32decode(secret), drift=steps):06}"


def code_of(user, steps=1):
    """A later code: one that was used is not taken again."""
    return f"{totp(TOTPDevice.objects.get(user=user).bin_key, drift=steps):06}"


@pytest.fixture
def codes(ada, client):
    """Sets one up, as a curator does, and signs out. Gives the recovery codes."""
    sign_in(client)
    page = client.post(SET_UP, {"code": code_now(client.get(SET_UP))})
    client.post(reverse("admin:logout"))
    return re.findall(r"<li><code>([a-z2-7]{8})</code></li>", page.text)


def test_setting_it_up_takes_a_code_and_gives_ten_for_emergencies(ada, client):
    sign_in(client)
    page = client.get(SET_UP)
    wrong = client.post(SET_UP, {"code": "000000"})

    assert 'title="QR' in page.text or "<title>QR code</title>" in page.text
    assert " style=" not in page.text
    assert "not the code that the app shows" in wrong.text
    assert not second_factor.has_one(User.objects.get())
    TOTPDevice.objects.update(
        throttling_failure_timestamp=None,
        throttling_failure_count=0,
    )
    right = client.post(SET_UP, {"code": code_now(page)})
    assert (
        len(re.findall(r"<li><code>[a-z2-7]{8}</code></li>", right.text)) == 10
    )
    assert client.get(INDEX).status_code == 200


def test_who_has_one_is_asked_before_anything_is_shown(codes, client):
    sign_in(client)

    for address in (
        INDEX,
        "/admin/catalogue/mitigation/",
        "/admin/auth/user/",
        "/admin/password_change/",
        SET_UP,
    ):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (
            302,
            VERIFY,
        )
    back = client.post(
        VERIFY,
        {
            "code": code_of(User.objects.get()),
            "next": "/admin/catalogue/mitigation/",
        },
    )
    assert back["Location"] == "/admin/catalogue/mitigation/"
    assert client.get("/admin/catalogue/mitigation/").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)"],
)
def test_it_leads_to_no_other_site(codes, client, address):
    sign_in(client)

    answer = client.post(
        VERIFY,
        {"code": code_of(User.objects.get()), "next": address},
    )

    assert answer["Location"] == INDEX


def test_a_code_of_the_app_works_once(codes, client):
    code = code_of(User.objects.get())
    answers = []
    for _ in range(2):
        sign_in(client)
        answers.append(client.post(VERIFY, {"code": code}))
        client.post(reverse("admin:logout"))

    assert [answer.status_code for answer in answers] == [302, 200]
    assert "used already" in answers[1].text


def test_a_recovery_code_works_once_and_the_last_are_told(codes, client):
    StaticToken.objects.filter(token__in=codes[3:]).delete()
    sign_in(client)
    first = client.post(VERIFY, {"code": codes[0].upper()}, follow=True)
    client.post(reverse("admin:logout"))
    sign_in(client)

    assert "You have 2 recovery codes left" in first.text
    assert client.post(VERIFY, {"code": codes[0]}).status_code == 200


def test_guessing_codes_is_slowed_down(codes, client):
    sign_in(client)
    client.post(VERIFY, {"code": "000000"})
    assert TOTPDevice.objects.get().throttling_failure_count == 1
    TOTPDevice.objects.update(
        throttling_failure_count=6,
        throttling_failure_timestamp=timezone.now(),
    )

    answer = client.post(VERIFY, {"code": code_of(User.objects.get())})

    assert answer.status_code == 200  # the right one, too early
    assert re.search(r"Wait (3[0-2]|2\d) s, and then", answer.text)


def test_signing_out_is_possible_without_it(codes, client):
    sign_in(client)

    assert client.post(reverse("admin:logout")).status_code == 200
    assert client.get(VERIFY)["Location"].startswith(LOGIN)


@pytest.mark.parametrize(
    ("required", "who", "is_asked"),
    [
        ([], "member", False),
        (["Reviewer"], "member", True),
        (["Reviewer"], "other", False),
        (["*"], "other", True),
        (["Reviewer"], "superuser", True),
    ],
)
def test_groups_of_the_setting_have_to_set_it_up(
    client,
    settings,
    required,
    who,
    is_asked,
):
    settings.REQUIRE_SECOND_FACTOR = required
    user = User.objects.create_user(
        "cy",
        is_staff=True,
        is_superuser=who == "superuser",
    )
    user.groups.add(
        Group.objects.get_or_create(
            name="Reviewer" if who == "member" else "Curator",
        )[0],
    )
    client.force_login(user)

    answer = client.get(INDEX)

    assert answer.status_code == (302 if is_asked else 200)
    if is_asked:
        assert answer["Location"].startswith(f"{SET_UP}?next=")
        assert "Your work here needs one" in client.get(SET_UP).text


def test_changing_it_takes_a_code(codes, client):
    ada = User.objects.get()
    sign_in(client)
    client.post(VERIFY, {"code": codes[0]})

    refused = client.post(SET_UP, {"code": "abcdefgh", "remove": ""})
    removed = client.post(SET_UP, {"code": code_of(ada), "remove": ""})

    assert "not right" in refused.text
    assert removed.status_code == 302
    assert not second_factor.has_one(User.objects.get())


def test_an_administrator_takes_it_off_and_it_is_logged(codes, ada, client):
    other = User.objects.create_superuser("bo", password=PASSWORD)
    client.force_login(other)

    client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "reset_second_factor", "_selected_action": [ada.pk]},
    )

    assert (
        "Took off the second factor"
        in client.get(reverse("admin:auth_user_history", args=[ada.pk])).text
    )
    assert sign_in(Client()).status_code == 302
    assert not StaticToken.objects.exists()


def test_a_command_takes_it_off(codes, capsys):
    call_command("reset_second_factor", "ada")

    assert "password alone" in capsys.readouterr().out
    assert not second_factor.has_one(User.objects.get())
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("reset_second_factor", "ada")
    with pytest.raises(CommandError, match="no account “bo”"):
        call_command("reset_second_factor", "bo")


def test_strangers_and_readers_get_no_page_of_it(client):
    client.force_login(User.objects.create_user("reader"))

    assert [
        client.get(address)["Location"] for address in (SET_UP, VERIFY)
    ] == [
        f"{LOGIN}?next={SET_UP}",
        f"{LOGIN}?next={VERIFY}",
    ]
