"""The peer's settings, of the kind that PEER_KIND names: usual as the documentation has it, lean for speed, bare without log and measurements too.

usual and lean do what the API does beside answering: a line of JSON and a measurement for each request.
"""

import os
import secrets

DEBUG = False
SECRET_KEY = secrets.token_hex(32)  # signs nothing here: sessions are opaque, and the database's
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "peer.urls"
WSGI_APPLICATION = "peer.wsgi.application"
INSTALLED_APPS = ["rest_framework", "peer"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
KIND = os.environ["PEER_KIND"]
USUAL, BARE = KIND == "usual", KIND == "bare"
# of startproject's, those that an API without Django's own sessions and pages has a use for; which, and why: README.md
MIDDLEWARE = [] if BARE else [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "peer.log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    *(["django.middleware.csrf.CsrfViewMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware"] if USUAL else []),
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
# headers of security are nginx's, for both sides: of the usual kind it drops what Django gives, the others give none
if USUAL:
    CSRF_COOKIE_SECURE = True
else:
    SECURE_CONTENT_TYPE_NOSNIFF = False
    SECURE_REFERRER_POLICY = None
    SECURE_CROSS_ORIGIN_OPENER_POLICY = None
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 16384

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql" if BARE else "django_prometheus.db.backends.postgresql",
        "HOST": os.environ["PEER_DB_HOST"],
        "PORT": os.environ.get("PEER_DB_PORT", "5432"),
        "NAME": os.environ.get("PEER_DB_NAME", "bank"),
        "USER": os.environ.get("PEER_DB_USER", "bank_app"),
        "PASSWORD": os.environ.get("PEER_DB_PASSWORD", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {
            # what the API's connections have; models name their tables without a schema
            "options": "-c statement_timeout=4500 -c lock_timeout=4500 -c plan_cache_mode=force_generic_plan -c jit=off"
            f" -c search_path={'bank' if USUAL else 'pg_catalog'}",
            # prepared by the server at their first use, as webapp/api does; Django's own way is to bind in the client and to prepare nothing
            **({} if USUAL else {"server_side_binding": True, "prepare_threshold": 0}),
        },
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["peer.auth.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "peer.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
    # DRF's own also has pages and forms, which an API has not
    **({
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    } if USUAL else {
        "DEFAULT_RENDERER_CLASSES": ["drf_orjson_renderer.renderers.ORJSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["drf_orjson_renderer.parsers.ORJSONParser"],
        "DEFAULT_CONTENT_NEGOTIATION_CLASS": "peer.negotiation.OneKind",
    }),
}

SEAL_KEY = bytes.fromhex(open(os.environ["PEER_SEAL_KEY_FILE"]).readline().strip())
ORIGIN = os.environ.get("PEER_ORIGIN", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.orjson.OrjsonFormatter",
            "format": "{asctime}{levelname}{message}{process}",
            "style": "{",
            "rename_fields": {"asctime": "at", "levelname": "level", "message": "event", "process": "pid"},
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler"}, "json": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "ERROR"},
    "loggers": {
        "peer.request": {"handlers": ["json"], "level": "INFO", "propagate": False},
        # a request that was refused is no news
        "django.request": {"level": "CRITICAL"},
    },
}
