"""What readers do with the catalogue and its evidence."""

from django.urls import path

from .matrix import views as matrix

urlpatterns = [
    path("matrix/", matrix.matrix, name="matrix"),
]
