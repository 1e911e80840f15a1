from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("config.api", namespace="api")),
    path("", include("decisions.urls")),
    path("", include("surveys.urls")),
    path("", include("catalogue.urls")),
]

handler400 = "catalogue.pages.errors.bad_request"
handler403 = "catalogue.pages.errors.permission_denied"
handler404 = "catalogue.pages.errors.page_not_found"
handler500 = "catalogue.pages.errors.server_error"
