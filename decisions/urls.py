"""What readers do with the catalogue and its evidence."""

from django.urls import path

from .compare import views as compare
from .matrix import views as matrix

urlpatterns = [
    path("compare/", compare.compare, name="compare"),
    path("matrix/", matrix.matrix, name="matrix"),
]
