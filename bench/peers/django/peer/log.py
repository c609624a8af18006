"""A line of JSON for each request, with what the API's line has."""

import logging
import time

log = logging.getLogger("peer.request")


class RequestLog:
    """The middleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """After the answer; the id is nginx's, and the answer's too."""
        begun = time.monotonic_ns()
        response = self.get_response(request)
        name = request.META.get("HTTP_X_REQUEST_ID")
        response.headers["X-Request-Id"] = name
        log.info(
            "request",
            extra={
                "request": name,
                "route": f"{request.method} {request.resolver_match.route}" if request.resolver_match else "none",
                "status": response.status_code,
                "client": request.META.get("HTTP_X_REAL_IP"),
                "user_id": getattr(getattr(request, "user", None), "pk", None),
                "micros": (time.monotonic_ns() - begun) // 1000,
            },
        )
        return response
