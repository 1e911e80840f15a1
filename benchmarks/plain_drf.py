"""The yardstick: what Django REST framework gives out of the box, over the same tables and rows.

One view set with a model serializer, the usual filter backends, pages by number. It joins what its
serializer shows, as a careful author would, and keeps nothing between requests.
"""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="a benchmark has no secrets",
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCHMARK_DATABASE"],
        },
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django_filters",
        "rest_framework",
        "simple_history",
        "catalogue",
    ],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
        "PAGE_SIZE": 50,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from django_filters.rest_framework import DjangoFilterBackend  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.filters import SearchFilter  # noqa: E402
from rest_framework.routers import DefaultRouter  # noqa: E402
from rest_framework.viewsets import ModelViewSet  # noqa: E402

from catalogue.models import Classification, Mitigation  # noqa: E402


class ClassificationSerializer(serializers.ModelSerializer):
    code = serializers.CharField(source="category.code")

    class Meta:
        model = Classification
        fields = [
            "taxonomy",
            "code",
            "is_primary",
            "rationale",
            "coder",
            "confidence",
            "origin",
        ]


class MitigationSerializer(serializers.ModelSerializer):
    document: serializers.SlugRelatedField = serializers.SlugRelatedField(
        "slug",
        read_only=True,
    )
    phases: serializers.SlugRelatedField = serializers.SlugRelatedField(
        "slug",
        many=True,
        read_only=True,
    )
    actors: serializers.SlugRelatedField = serializers.SlugRelatedField(
        "slug",
        many=True,
        read_only=True,
    )
    functions: serializers.SlugRelatedField = serializers.SlugRelatedField(
        "slug",
        many=True,
        read_only=True,
    )
    classifications = ClassificationSerializer(many=True, read_only=True)

    class Meta:
        model = Mitigation
        fields = "__all__"


class MitigationViewSet(ModelViewSet):
    queryset = (
        Mitigation.objects.filter(status="published")
        .select_related("document")
        .prefetch_related(
            "phases",
            "actors",
            "functions",
            "classifications__category",
        )
    )
    serializer_class = MitigationSerializer
    lookup_field = "accession"
    filter_backends = [DjangoFilterBackend, SearchFilter]
    filterset_fields = {"phases__slug": ["exact"], "actors__slug": ["exact"]}
    search_fields = ["name", "alternative_names", "description"]


router = DefaultRouter()
router.register("mitigations", MitigationViewSet)
urlpatterns = [path("", include(router.urls))]
application = get_wsgi_application()
