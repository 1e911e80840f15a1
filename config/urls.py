from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("config.api", namespace="api")),
    path("", include("surveys.urls")),
    path("", include("catalogue.urls")),
]

handler400 = "catalogue.pages.views.bad_request"
handler403 = "catalogue.pages.views.permission_denied"
handler404 = "catalogue.pages.views.page_not_found"
handler500 = "catalogue.pages.views.server_error"
