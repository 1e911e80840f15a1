"""Settings, all of them, from the environment. `.env.example` lists every variable."""

from datetime import timedelta
from pathlib import Path

from corsheaders.defaults import default_headers

from serving import logs, threads
from serving.databases import cache, embedded, pooled, replica_databases, wired
from serving.environment import (
    Environment,
    one_of,
    own_folder,
    stored_secret_key,
    web_address,
)
from serving.security import DIRECTIVES

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
Environment.read_env(BASE_DIR / ".env")

# What the site makes and keeps: the embedded database and the secret key.
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var")))
own_folder("DATA_DIR", DATA_DIR)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="")
HAS_OWN_SECRET_KEY = not SECRET_KEY
SECRET_KEY = SECRET_KEY or stored_secret_key(DATA_DIR / "secret-key")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=["localhost", "127.0.0.1", "[::1]"],
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Whether somebody who may approve changes may approve their own.
SELF_APPROVAL = env.bool("SELF_APPROVAL", default=False)

# Where readers find the site, for what no reader asks for by its address: files of a release.
SITE_URL = env("SITE_URL", cast=web_address, default="").rstrip("/")
SITE_NAME = env("SITE_NAME", default="AI Mitigation Catalogue")

# Who runs the site, who pays for it, and where to reach them: for the page about it, which says
# nothing of what is empty.
SITE_RUN_BY = env("SITE_RUN_BY", default="")
SITE_FUNDED_BY = env("SITE_FUNDED_BY", default="")
SITE_CONTACT = env("SITE_CONTACT", default="")

INSTALLED_APPS = [
    "catalogue.accounts.apps.CatalogueAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "corsheaders",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "simple_history",
    "catalogue",
    "surveys",
    "decisions",
]

MIDDLEWARE = [
    "serving.trackers.DropTrackers",
    "serving.security.SecurityHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "serving.health.HealthChecks",
    "serving.cors.SharedAnswers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "serving.compression.Compression",
    "serving.availability.WhileAway",
    "serving.streams.Streams",
    "catalogue.releases.middleware.ReadReleases",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "serving.allowed.AllowedRequests",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "serving.middleware.ReadFromReplicas",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "builtins": ["serving.addresses"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "serving.templates.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "catalogue.pages.context_processors.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {
    "default": env.db(
        "DATABASE_URL",
        default=f"sqlite:///{DATA_DIR / 'catalogue.sqlite3'}",
    ),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = embedded(
        str(DATABASES["default"]["NAME"]),
    )
# Each thread keeps its connection: every request asks for the revision, and to get a connection
# takes longer than to use it.
DATABASES["default"].update(
    CONN_MAX_AGE=None,
    CONN_HEALTH_CHECKS=True,
    **wired(DATABASES["default"]),
)

# What serving/ has to know of the catalogue.
REVISION = "catalogue.revision.current"
REQUESTED = "catalogue.reading.release_requested"
STATE_OF_RELEASE = "catalogue.reading.state_of"
FILE_FORMATS = "catalogue.files.exports.formats.FORMATS"
MADE_BEFOREHAND = "catalogue.listing.warming.make"

WEB_THREADS = env.int("WEB_THREADS", default=4, least=1)
SERVER_THREADS = WEB_THREADS + threads.FOR_BODIES
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
REPLICA_URLS = env.list("REPLICA_URLS", default=[])
REPLICA_LAG_SECONDS = env.int("REPLICA_LAG_SECONDS", default=5)
REPLICA_QUERY_SECONDS = env.int("REPLICA_QUERY_SECONDS", default=10)
if DATABASE_POOL_SIZE:
    DATABASES["default"].update(
        pooled(
            DATABASES["default"],
            size=DATABASE_POOL_SIZE,
            threads=SERVER_THREADS,
        ),
    )
DATABASES.update(
    replica_databases(
        DATABASES["default"],
        REPLICA_URLS,
        seconds=REPLICA_QUERY_SECONDS,
    ),
)
REPLICAS = [alias for alias in DATABASES if alias != "default"]
DATABASE_ROUTERS = [
    "catalogue.releases.routers.ReleaseRouter",
    *(["serving.routers.ReplicaRouter"] if REPLICAS else []),
]
# Where each machine keeps the releases that it was asked for, as databases to read. It can be
# emptied at any time.
RELEASE_CACHE_DIR = Path(
    env("RELEASE_CACHE_DIR", default=str(DATA_DIR / "releases")),
)

# Memory of each process, or what they share: redis://host:6379/0, which is for Valkey too.
HAS_SHARED_CACHE = "CACHE_URL" in env
CACHES = {
    "default": cache(env.cache_url("CACHE_URL", default="locmemcache://")),
}
# Finished answers to anonymous readers, kept as long as the data's revision stands. While
# templates are edited, nothing is.
RESPONSE_CACHE = env.bool("RESPONSE_CACHE", default=not DEBUG)
RESPONSE_CACHE_MEGABYTES = env.int("RESPONSE_CACHE_MEGABYTES", default=64)
# Of files that take long to make, on the disk of each machine. It can be emptied at any time.
FILE_CACHE_DIR = DATA_DIR / "files"
FILE_CACHE_MEGABYTES = env.int("FILE_CACHE_MEGABYTES", default=1000)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]

# Who guesses at a password is locked out, together with the name that they tried, from where
# they tried it: nobody can lock a curator out everywhere. Counted in the database, for all
# processes; no address is kept, only what tells one from another.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "catalogue.accounts.sign_in.client_as_address"
AXES_CLIENT_STR_CALLABLE = "catalogue.accounts.sign_in.client_in_log"
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = AXES_ENABLE_ADMIN = False

# How often one client may try to sign in, under whatever names; 0 for as often as it likes.
SIGN_INS_PER_MINUTE = env.int("SIGN_INS_PER_MINUTE", default=10)

# Groups whose members sign in with a second factor, by their names; “*” for everybody who may
# enter the admin.
REQUIRE_SECOND_FACTOR = env.list("REQUIRE_SECOND_FACTOR", default=[])
OTP_TOTP_ISSUER = SITE_NAME

# How long curators stay signed in, and how long a reader’s name and address are kept once their
# feedback is settled.
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 3600 * env.int("SESSION_HOURS", default=12, least=1)
FEEDBACK_PER_HOUR = env.int("FEEDBACK_PER_HOUR", default=10)
FEEDBACK_CONTACT_DAYS = env.int("FEEDBACK_CONTACT_DAYS", default=90)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
FORMAT_MODULE_PATH = "serving.formats"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "serving.static.StaticFiles",
    },
}

# HTTPS only where a proxy says that it speaks it: a first visit on http://127.0.0.1 must work.
BEHIND_HTTPS_PROXY = env.bool("BEHIND_HTTPS_PROXY", default=False)
if BEHIND_HTTPS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # No other host of the domain, and no page without TLS, can set these.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 63072000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool(
        "HSTS_SUBDOMAINS",
        default=True,
    )
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own
CSRF_FAILURE_VIEW = "catalogue.pages.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **DIRECTIVES,
        "upgrade-insecure-requests": BEHIND_HTTPS_PROXY,
    },
}

# For which answers, serving/cors.py says.
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = [
    *(
        name
        for name in default_headers
        if name not in ("authorization", "x-csrftoken")
    ),
    "if-match",
    "if-none-match",
    "if-range",
    "range",
]
RATE_HEADERS = [
    "RateLimit-Policy",
    "RateLimit",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
]
CORS_EXPOSE_HEADERS = [
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Link",
    "Deprecation",
    "Sunset",
    "Retry-After",
    "X-Request-ID",
    *RATE_HEADERS,
]

# How often one client may ask the API; 0 for as often as it likes. A client is told by its
# address, which proxies add to X-Forwarded-For.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
NUM_PROXIES = env.int("NUM_PROXIES", default=int(BEHIND_HTTPS_PROXY))

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["serving.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "serving.problems.exception_handler",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "serving.negotiation.FormatFirst",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{SITE_NAME} API",
    "DESCRIPTION": "Mitigations of risks from AI, their classifications, sources and mappings. Read-only.",
    "VERSION": "1",
    "SERVERS": [{"url": SITE_URL or "/"}],
    "LICENSE": {
        "name": "CC BY 4.0",
        "url": "https://creativecommons.org/licenses/by/4.0/",
    },
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "catalogue.api.openapi.as_answered",
        "catalogue.api.openapi.with_members_on_request",
        "catalogue.api.openapi.with_pages",
        "catalogue.api.openapi.with_parameters",
        "catalogue.api.openapi.with_files",
        "catalogue.api.openapi.with_problems",
        "catalogue.api.openapi.with_headers",
        "catalogue.api.openapi.with_links",
        "catalogue.api.deprecation.with_deprecations",
    ],
}

# Where no mail server is named, nobody is written to: see `catalogue.curation.mail`.
EMAIL = env.email_url("EMAIL_URL", default="consolemail://")
# Of filemail:///tmp/mail the library gives tmp/mail, which would be below whatever folder a
# process was begun in.
EMAIL["EMAIL_FILE_PATH"] = f"/{EMAIL['EMAIL_FILE_PATH'].lstrip('/')}"
vars().update(EMAIL)
EMAIL_TIMEOUT = 20  # seconds: a mail server that says nothing does not hold a request for ever
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="catalogue@localhost")

# Lines of JSON, for programs; plain text for whoever develops.
LOG_FORMAT = env(
    "LOG_FORMAT",
    cast=one_of("json", "text"),
    default="text" if DEBUG else "json",
)
LOG_LEVEL = env(
    "LOG_LEVEL",
    cast=one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    default="WARNING",
)
LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL)
