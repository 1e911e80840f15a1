"""The second factor of those who enter the admin: a code of an authenticator app, or a recovery
code.

A password alone signs in; until the second factor is given, the admin shows nothing but the
page that asks for it. Who has set one up is always asked; who belongs to a group of
REQUIRE_SECOND_FACTOR has to set one up first.
"""

from base64 import b32encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import devices_for_user, login
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
#: Of a code of the app; recovery codes are longer.
APP_DIGITS = 6
EVERYBODY = "*"


# Rules


def is_required(user: Any) -> bool:
    """Whether this user has to have one. Superusers count as everybody and as each group."""
    groups = set(settings.REQUIRE_SECOND_FACTOR)
    if not groups or EVERYBODY in groups:
        return bool(groups)
    return user.is_superuser or user.groups.filter(name__in=groups).exists()


def has_one(user: Any) -> bool:
    """Whether an app is set up for an account; recovery codes go with it. Needed several times
    in a request, read once.
    """
    if not hasattr(user, "has_second_factor"):
        devices = TOTPDevice.objects.filter(user=user.pk, confirmed=True)
        user.has_second_factor = devices.exists()
    return user.has_second_factor


def is_met(user: Any) -> bool:
    """Whether a user who gave their password needs nothing more."""
    return user.is_verified() or not (has_one(user) or is_required(user))


def verified_device(user: Any, code: str) -> Any:
    """The device that takes `code`; None where none does. Each wrong code makes the user wait
    longer for the next try.
    """
    code = "".join(code.split()).lower()
    kind = TOTPDevice if len(code) == APP_DIGITS else StaticDevice
    with transaction.atomic():
        for device in devices_for_user(user, for_verify=True):
            if isinstance(device, kind) and device.verify_token(code):
                return device
    return None


def wait_of(user: Any) -> int:
    """Seconds until the next code is looked at."""
    waits = []
    for device in devices_for_user(user):
        is_allowed, details = device.verify_is_allowed()
        if not is_allowed and (until := (details or {}).get("locked_until")):
            seconds = (until - timezone.now()).total_seconds()
            waits.append(max(1, round(seconds)))
    return max(waits, default=0)


def new_recovery_codes(user: Any) -> list[str]:
    """Ten codes that work once each, in the place of those before."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="Recovery codes")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        tokens = [StaticToken(device=device, token=code) for code in codes]
        StaticToken.objects.bulk_create(tokens)
    return codes


def remove_second_factor(user: Any) -> bool:
    """Takes the second factor off an account. Returns whether it had one."""
    devices = list(devices_for_user(user, confirmed=None))
    for device in devices:
        device.delete()
    user.has_second_factor = False
    return any(device.confirmed for device in devices)


def qr_code(text: str) -> str:
    """An inline SVG with nothing in it that a strict policy refuses."""
    drawn = segno.make(text, error="m").svg_inline(
        scale=5,
        border=2,
        dark="#000",
        light="#fff",
        omitsize=True,
        title="QR code",
    )
    return mark_safe(drawn)


# Pages


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autofocus": True,
                "spellcheck": "false",
            },
        ),
        error_messages={"required": "Type the code that the app shows now."},
    )


class SecondFactor:
    """The pages of one admin site."""

    def __init__(self, site: AdminSite):
        self.site = site

    def urls(self) -> list[Any]:
        return [
            path(
                "second-factor/",
                self._for_staff(self.manage),
                name="second_factor",
            ),
            path(
                "second-factor/verify/",
                self._for_staff(self.verify),
                name="verify",
            ),
        ]

    def _for_staff(
        self,
        view: Callable[[HttpRequest], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        """For whoever gave a password, be the second factor still missing."""

        @sensitive_post_parameters()
        @never_cache
        def view_for_staff(request: HttpRequest) -> HttpResponse:
            if not (request.user.is_active and request.user.is_staff):
                return redirect(
                    f"{reverse('admin:login')}?next={request.path}",
                )
            return view(request)

        return view_for_staff

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Leads whoever lacks it to the page that asks for it, or helps to set it up, and then
        back.
        """
        page = (
            "admin:verify" if has_one(request.user) else "admin:second_factor"
        )
        return redirect(
            f"{reverse(page)}?{_next_query(request.get_full_path())}",
        )

    def verify(self, request: HttpRequest) -> HttpResponse:
        if not has_one(request.user):
            return redirect("admin:second_factor")
        form = CodeForm(request.POST or None)
        if form.is_valid():
            if device := verified_device(
                request.user,
                form.cleaned_data["code"],
            ):
                request.session.cycle_key()
                login(request, device)
                self._warn_of_few(request)
                return redirect(self._next(request))
            form.add_error("code", self._refusal(request))
        return self._page(request, "verify", title="Second factor", form=form)

    def _refusal(self, request: HttpRequest) -> str:
        advice = "Type the one that the app shows now."
        if seconds := wait_of(request.user):
            advice = (
                f"Wait {seconds} s, and then type the one that the app shows."
            )
        return f"This code is not right, or was used already. {advice}"

    def _warn_of_few(self, request: HttpRequest) -> None:
        left = StaticToken.objects.filter(device__user=request.user).count()
        if left < 3:
            messages.warning(
                request,
                f"You have {left} recovery codes left: make new ones under “Second factor”.",
            )

    def manage(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user  # with what django-otp adds to it
        if has_one(user):
            if not user.is_verified():
                query = _next_query(request.path)
                return redirect(f"{reverse('admin:verify')}?{query}")
            return self._change(request)
        return self._set_up(request)

    def _set_up(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        devices = TOTPDevice.objects.filter(user=user, confirmed=False)
        device = devices.first()
        if device is None:
            device = TOTPDevice.objects.create(
                user=user,
                confirmed=False,
                name="App",
            )
        form = CodeForm(request.POST or None)
        if form.is_valid():
            if device.verify_token("".join(form.cleaned_data["code"].split())):
                device.confirmed = True
                device.save()
                user.has_second_factor = True
                request.session.cycle_key()
                login(request, device)
                return self._show_codes(request, new_recovery_codes(user))
            form.add_error(
                "code",
                "This is not the code that the app shows now. Is the clock of your phone right?",
            )
        context = {
            "form": form,
            "qr": qr_code(device.config_url),
            "is_required": is_required(user),
            "secret": _in_groups_of_four(device),
        }
        return self._page(
            request,
            "set_up",
            title="Set up a second factor",
            **context,
        )

    def _change(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST or None)
        if form.is_valid():
            if not verified_device(request.user, form.cleaned_data["code"]):
                form.add_error("code", self._refusal(request))
            elif "remove" in request.POST and not is_required(request.user):
                remove_second_factor(request.user)
                messages.success(
                    request,
                    "Your account has no second factor any more.",
                )
                return redirect("admin:index")
            else:
                return self._show_codes(
                    request,
                    new_recovery_codes(request.user),
                )
        left = StaticToken.objects.filter(device__user=request.user).count()
        return self._page(
            request,
            "manage",
            title="Second factor",
            form=form,
            left=left,
            is_required=is_required(request.user),
        )

    def _show_codes(
        self,
        request: HttpRequest,
        codes: list[str],
    ) -> HttpResponse:
        return self._page(
            request,
            "codes",
            title="Your recovery codes",
            codes=codes,
            next=self._next(request),
        )

    def _next(self, request: HttpRequest) -> str:
        address = request.POST.get("next") or request.GET.get("next") or ""
        is_safe = url_has_allowed_host_and_scheme(
            address,
            allowed_hosts={request.get_host()},
            require_https=request.is_secure(),
        )
        return address if is_safe else reverse("admin:index")

    def _page(
        self,
        request: HttpRequest,
        name: str,
        **context: Any,
    ) -> HttpResponse:
        context = {
            **self.site.each_context(request),
            "next": self._next(request),
            **context,
        }
        return render(request, f"admin/second_factor/{name}.html", context)


def _next_query(address: str) -> str:
    return urlencode({"next": address})


def _in_groups_of_four(device: TOTPDevice) -> str:
    """The secret in groups of four, for typing."""
    text = b32encode(device.bin_key).decode()
    return " ".join(
        text[place : place + 4] for place in range(0, len(text), 4)
    )
