"""What readers do with the catalogue and its evidence."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
