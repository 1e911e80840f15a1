"""Short links are for ever, and nobody changes one: a title that should not stand here is taken
away with its link, by a superuser.
"""

from django.contrib import admin

from .models import ShortLink


@admin.register(ShortLink)
class ShortLinkAdmin(admin.ModelAdmin):
    list_display = ["code", "title", "names", "targets"]
    search_fields = ["code", "title", "names"]
    readonly_fields = ["code", "title", "names", "targets", "digest"]

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser
