"""Does a short request again whose transaction lost a race for rows: nobody has to press twice."""

import asyncio
import secrets
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOST_RACE: Final = "astreinte.lost_race"
"""Set in the scope of a request whose transaction the database has ended for another's sake."""
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WITH_FILES = "multipart/form-data"
_LARGEST_BYTES = 64 << 10
_ATTEMPTS = 4
_FIRST_PAUSE_MS = 20

_log = structlog.get_logger(__name__)


class Races:
    """Gives a request that lost a race another try, as long as its body is short.

    All that a request does before its answer is rows of one transaction, which was rolled back, so
    that nothing is done twice. A longer one, or one with files, which are written before the
    answer, is answered 503 with Retry-After: who sent it can send it again.

    Parameters
    ----------
    app
        What it surrounds.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if not _is_short_change(scope):
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        for number in range(1, _ATTEMPTS):
            if not await _Attempt(scope, body, receive, send).lose(self._app):
                return
            _log.warning("race_lost", attempt=number)
            longest_ms = _FIRST_PAUSE_MS * 2**number
            await asyncio.sleep(secrets.randbelow(longest_ms) / 1000)
        await self._app(scope, _Body(body, receive).receive, send)


def _is_short_change(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in _CHANGES:
        return False
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers or headers.get("content-type", "").startswith(_WITH_FILES):
        return False
    # Without either header there is no body (RFC 9112 §6.3): most of what deletes.
    announced = headers.get("content-length", "0")
    return announced.isdecimal() and int(announced) <= _LARGEST_BYTES


async def _read_body(receive: Receive) -> list[Message]:
    """Read what was sent, up to its end or the caller's."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


class _Body:
    """A body that was read already, and then whatever the caller does."""

    def __init__(self, messages: list[Message], receive: Receive) -> None:
        self._left = messages[::-1]
        self._receive = receive

    async def receive(self) -> Message:
        return self._left.pop() if self._left else await self._receive()


class _Attempt:
    """One try: an answer that says no more than that a race was lost is not sent."""

    def __init__(self, scope: Scope, body: list[Message], receive: Receive, send: Send) -> None:
        self._outer = scope
        # What routing and signing in leave there must not be found by the next try.
        self._scope: Scope = {**scope, "state": dict(scope.get("state", {}))}
        self._body = _Body(body, receive)
        self._send = send

    async def lose(self, app: ASGIApp) -> bool:
        """Let the request be served, and tell whether it lost a race."""
        await app(self._scope, self._body.receive, self._send_unless_lost)
        if self._scope.get(LOST_RACE):
            return True
        self._outer.update(self._scope)
        return False

    async def _send_unless_lost(self, message: Message) -> None:
        if not self._scope.get(LOST_RACE):
            await self._send(message)
