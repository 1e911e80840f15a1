"""Accounts: as Django has them, and with what an administrator does for those who lost their
phone or forgot their password.
"""

from axes.handlers.proxy import AxesProxyHandler
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, OuterRef
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalogue.accounts import second_factor

from .days import NO_DAY
from .deletion import GuardedDeletion

admin.site.unregister(User)
# Nobody has to see another's secrets and codes, or make them by hand: the pages under “Second
# factor” do.
for secret in (TOTPDevice, StaticDevice):
    admin.site.unregister(secret)


@admin.register(User)
class AccountAdmin(GuardedDeletion, UserAdmin):
    formfield_overrides = {
        models.DateTimeField: {"error_messages": {"invalid_date": NO_DAY}},
    }
    list_display = [
        "username",
        "email",
        "first_name",
        "last_name",
        "is_staff",
        "has_second_factor",
    ]
    actions = ["reset_second_factor", "let_in_again"]

    def get_queryset(self, request):
        apps = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(has_app=Exists(apps))

    @admin.display(description="second factor", boolean=True)
    def has_second_factor(self, user):
        return user.has_app

    @admin.action(
        description="Take off the second factor",
        permissions=["change"],
    )
    def reset_second_factor(self, request, queryset):
        for user in queryset:
            if second_factor.remove_second_factor(user):
                self.log_change(request, user, "Took off the second factor.")
                messages.success(
                    request,
                    f"{user} signs in with the password alone, and can set up another app.",
                )
            else:
                messages.warning(request, f"{user} has no second factor.")

    @admin.action(
        description="End a lock-out after wrong passwords",
        permissions=["change"],
    )
    def let_in_again(self, request, queryset):
        for user in queryset:
            AxesProxyHandler.reset_attempts(username=user.get_username())
        messages.success(request, "They may try again at once.")
