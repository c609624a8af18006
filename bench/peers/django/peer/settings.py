"""The peer as it would be deployed for speed: one app, no middleware that it does not need, connections that stay.

It does what the API does beside answering: a line of JSON and a measurement for each request. With PEER_LEAN it does neither.
"""

import os
import secrets

DEBUG = False
SECRET_KEY = secrets.token_hex(32)  # signs nothing here: sessions are opaque, and the database's
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "peer.urls"
WSGI_APPLICATION = "peer.wsgi.application"
INSTALLED_APPS = ["rest_framework"]
LEAN = os.environ.get("PEER_LEAN") == "1"
# the headers of security are nginx's, for both sides; CommonMiddleware says how long an answer is
MIDDLEWARE = [] if LEAN else [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "peer.log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
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
        "ENGINE": "django.db.backends.postgresql" if LEAN else "django_prometheus.db.backends.postgresql",
        "HOST": os.environ["PEER_DB_HOST"],
        "PORT": os.environ.get("PEER_DB_PORT", "5432"),
        "NAME": os.environ.get("PEER_DB_NAME", "bank"),
        "USER": os.environ.get("PEER_DB_USER", "bank_app"),
        "PASSWORD": os.environ.get("PEER_DB_PASSWORD", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {
            # prepared by the server at their first use, as webapp/api does
            "server_side_binding": True,
            "prepare_threshold": 0,
            "options": "-c statement_timeout=4500 -c lock_timeout=4500 -c search_path=pg_catalog"
            " -c plan_cache_mode=force_generic_plan -c jit=off",
        },
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["peer.auth.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["drf_orjson_renderer.renderers.ORJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["drf_orjson_renderer.parsers.ORJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "peer.negotiation.OneKind",
    "EXCEPTION_HANDLER": "peer.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
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
