"""What surrounds every request: its id, its line in the log, its headers, its largest size."""

import json
import re
import traceback
import uuid
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.clock import read_monotonic_s
from app.web.errors import MEDIA_TYPE, TITLES, is_for_programs
from app.web.metrics import HttpMetrics

LARGEST_BODY_BYTES: Final = 2 << 20
LARGEST_UPLOAD_BYTES: Final = (10 << 20) + (256 << 10)
"""One file of the largest size that a request carries, and the form around it."""
_UPLOADS = re.compile(r"/api/v1/requests/\d+/attachments|/requests(/\d+/attachments)?")
STRAIGHT: Final = "astreinte.send"
"""Set in the scope: what sends to the server itself, past those who only see how answers begin."""
_SERVER_ERROR = 500
_TOO_LARGE = 413

_CONTENT_SOURCES: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY: Final = "; ".join(
    f"{name} {sources}" for name, sources in _CONTENT_SOURCES.items()
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # With "no-referrer" a browser names the origin of our own forms as "null".
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_log = structlog.get_logger(__name__)


class RequestContext:
    """Gives each request an id, answers what nobody caught, and logs without a path's query.

    Parameters
    ----------
    app
        What it surrounds.
    metrics
        Where requests are counted.
    """

    def __init__(self, app: ASGIApp, *, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope["astreinte.request_id"] = request_id
        scope[STRAIGHT] = send
        answer = _Answer(scope, send)
        started_s = read_monotonic_s()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, answer.send)
            # The outermost edge: the message of an unknown error may quote patient data, so that
            # only its type and its place go to the log, and none of it to the caller.
            except Exception as error:  # noqa: BLE001
                _log.error("request_failed", error=type(error).__name__, frames=_frames(error))
                await answer.fail(request_id)
            finally:
                elapsed_s = read_monotonic_s() - started_s
                self._note(scope, status=answer.status, elapsed_s=elapsed_s)

    def _note(self, scope: Scope, *, status: int, elapsed_s: float) -> None:
        route = _write_template(scope)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.note(method=method, route=route, status=status, elapsed_s=elapsed_s)
        _log.info(
            "http_request",
            method=method,
            route=route,
            status=status,
            elapsed_ms=round(elapsed_s * 1000, 1),
            user_id=scope.get("astreinte.user_id"),
        )


def _write_template(scope: Scope) -> str:
    # A path that fits no route may hold anything; one that does is known but for its parameters.
    if "route" not in scope:
        return "unknown"
    names = {str(value): f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
    return "/".join(names.get(part, part) for part in scope["path"].split("/"))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _frames(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._started = False
        self.status = _SERVER_ERROR

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self._scope["astreinte.request_id"]
            headers.setdefault("Cache-Control", "no-store")
            if self._scope["scheme"] == "https":
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        await self._send(message)

    async def fail(self, request_id: str) -> None:
        self.status = _SERVER_ERROR
        if self._started:
            # Half an answer cannot be taken back; the server cuts the connection.
            return
        await _send_problem(
            self.send,
            status=_SERVER_ERROR,
            name="internal",
            detail=f"something went wrong on our side; the log has it under {request_id}",
        )


async def _send_problem(send: Send, *, status: int, name: str, detail: str) -> None:
    problem = {
        "type": f"urn:astreinte:problem:{name}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
    }
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})


class BodyLimit:
    """Refuses a body that is too large, announced or not, before it is in memory.

    Parameters
    ----------
    app
        What it surrounds.
    largest_bytes
        The largest body that is let through.
    largest_upload_bytes
        The same where a file may come.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        largest_bytes: int = LARGEST_BODY_BYTES,
        largest_upload_bytes: int = LARGEST_UPLOAD_BYTES,
    ) -> None:
        self._app = app
        self._largest_bytes = largest_bytes
        self._largest_upload_bytes = largest_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = _UPLOADS.fullmatch(scope["path"]) is not None
        largest_bytes = self._largest_upload_bytes if is_upload else self._largest_bytes
        announced = Headers(scope=scope).get("content-length", "0")
        refused = not announced.isdecimal() or int(announced) > largest_bytes
        detail = f"a request has at most {largest_bytes} bytes"
        # A person gets a page: the route refuses as soon as it asks for the body.
        if refused and (is_for_programs(scope["path"]) or not is_upload):
            await _send_problem(send, status=_TOO_LARGE, name="too-large", detail=detail)
            return
        received_bytes = 0

        async def receive_limited() -> Message:
            nonlocal received_bytes
            if refused:
                raise HTTPException(_TOO_LARGE, detail)
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > largest_bytes:
                raise HTTPException(_TOO_LARGE, detail)
            return message

        await self._app(scope, receive_limited, send)
