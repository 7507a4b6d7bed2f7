"""Asks the service outside over HTTP, signed, to call somebody's telephone."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from app.delivery.domain.hook import Call, CallResult
from app.delivery.domain.outcomes import Outcome
from app.dispatch.domain.notification import Answer
from app.dispatch.domain.notification_signature import sign
from app.kit.errors import Invalid

_LONGEST_S = 10.0
_LONGEST_ANSWER = 4096
_USELESS = frozenset({400, 410, 413, 415, 422})
"""Answers that say that this message is wrong, now and later."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_KEYS: Mapping[str, str] = {
    str(Answer.TAKE.value): "take",
    str(Answer.NOT_AVAILABLE.value): "not_available",
}


@dataclass(frozen=True, slots=True)
class HttpHook:
    """Asks by one POST each time; what both sides know signs it.

    Parameters
    ----------
    url
        `https://`; on this machine also `http://`.
    longest_s
        How long one try may take in all, > 0.

    Raises
    ------
    Invalid
        If the address is none, or what goes there could be read on the way.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    longest_s: float = _LONGEST_S

    def __post_init__(self) -> None:
        """Refuse an address over which telephones would travel in the clear."""
        parts = urlsplit(self.url)
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in _LOOPBACK
        )
        if not is_safe or not parts.hostname:
            raise Invalid("the hook of notifications is an https:// address")
        if not self.secret:
            raise Invalid("the hook of notifications needs a secret that both sides know")

    async def call(self, call: Call) -> CallResult:
        """Ask once, and tell what the service said."""
        body = write_body(call)
        signed = sign(body, message_id=call.reference, at=call.asked_at, secret=self.secret)
        headers = {
            **signed,
            "Idempotency-Key": call.reference,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        try:
            async with (
                asyncio.timeout(self.longest_s),
                httpx.AsyncClient(follow_redirects=False, timeout=self.longest_s) as client,
                client.stream("POST", self.url, content=body, headers=headers) as answer,
            ):
                return _judge(call, answer.status_code, await _read_start(answer))
        except (TimeoutError, httpx.TimeoutException):
            return CallResult(Outcome.BROKEN, "no answer in time")
        except httpx.ConnectError as error:
            return CallResult(Outcome.UNREACHABLE, type(error).__name__)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return CallResult(Outcome.BROKEN, type(error).__name__)


def write_body(call: Call) -> bytes:
    """Write what is asked; the same bytes for each try."""
    asked = {
        "reference": call.reference,
        "purpose": call.purpose,
        "means": call.means,
        "telephone": call.telephone,
        "case": call.case_id,
        "priority": call.priority,
        "site": call.site,
        "path": call.path,
        "language": call.language,
        # Any key shows that somebody has heard what is no offer.
        "keys": dict(_KEYS) if call.case_id is not None else {"1": "heard"},
    }
    return json.dumps(asked, separators=(",", ":")).encode()


async def _read_start(answer: httpx.Response) -> bytes:
    start = b""
    async for part in answer.aiter_bytes():
        start += part
        if len(start) > _LONGEST_ANSWER:
            break
    return start


def _judge(call: Call, status: int, body: bytes) -> CallResult:
    if not httpx.codes.is_success(status):
        outcome = Outcome.REFUSED if status in _USELESS else Outcome.BUSY
        return CallResult(outcome, f"it answers {status}")
    # A page of a proxy is no word of the service: only its own reference says that it has it.
    if len(body) > _LONGEST_ANSWER:
        return CallResult(Outcome.BROKEN, f"it answers {status} with too much")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("reference") != call.reference:
        return CallResult(Outcome.BROKEN, f"it answers {status} without the reference")
    if said.get("accepted") is not True:
        return CallResult(Outcome.BUSY, f"it answers {status} without having accepted it")
    return CallResult(Outcome.ACCEPTED)
