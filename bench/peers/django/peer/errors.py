"""The bank's errors as DRF would give them."""

from django.db import Error, OperationalError
from rest_framework import exceptions, status
from rest_framework.views import exception_handler, set_rollback

STATUS = {
    "BK001": 409, "BK002": 422, "BK003": 409, "BK004": 409, "BK006": 422, "BK008": 404, "BK009": 422, "BK010": 401, "BK011": 403,
    "BK012": 422, "23514": 422, "57014": 503, "55P03": 503, "40001": 503, "40P01": 503,
}


class Refused(exceptions.APIException):
    """What the database refused."""

    def __init__(self, code, detail):
        super().__init__(detail, code)
        self.status_code = code


def handle(error, context):
    """DRF's own handler, which knows the bank's errors too."""
    if isinstance(error, Error):
        cause = error.__cause__
        code = STATUS.get(getattr(cause, "sqlstate", None) or "")
        if code is None and isinstance(error, OperationalError):
            code = status.HTTP_503_SERVICE_UNAVAILABLE
        if code is None:
            return None
        set_rollback()
        error = Refused(code, (getattr(getattr(cause, "diag", None), "message_primary", None) if code < 500 else None) or "refused")
    if isinstance(error, exceptions.ValidationError):
        error.status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    return exception_handler(error, context)
