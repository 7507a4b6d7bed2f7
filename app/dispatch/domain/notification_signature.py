"""The signature of what goes to the service outside that calls telephones, and comes from it."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from app.kit.errors import NotAllowed

WINDOW = timedelta(minutes=5)
"""How far the clock of a message may be from ours: an older one may be a replay."""
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
"""The headers that carry it."""
_VERSION = "v1,"


class SignatureRefused(NotAllowed):
    """A message is not signed by the secret that both sides know, or not now."""


def sign(body: bytes, *, message_id: str, at: datetime, secret: str) -> dict[str, str]:
    """Sign a message; give the headers that go with it.

    Parameters
    ----------
    message_id
        The same for each try of one message.
    at
        Aware instant of this try.

    References
    ----------
    Standard Webhooks, specification 1.0: HMAC-SHA256 of `id.timestamp.body`, in base64.
    """
    stamp = str(int(at.timestamp()))
    return {
        ID: message_id,
        TIMESTAMP: stamp,
        SIGNATURE: _compute(body, message_id=message_id, stamp=stamp, secret=secret),
    }


def check_signature(
    body: bytes, *, message_id: str, stamp: str, signature: str, secret: str
) -> None:
    """Refuse a message that is not signed; whether it is of now is for `check_stamp` to say.

    Parameters
    ----------
    stamp
        Seconds since 1970, as the header gives them.
    signature
        As the header gives it: one, or several with a space between.

    Raises
    ------
    SignatureRefused
        Saying what is wrong.
    """
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= len(str(int(1e12)))):
        raise SignatureRefused(f"{TIMESTAMP} must be whole seconds since 1970")
    expected = _compute(body, message_id=message_id, stamp=stamp, secret=secret)
    given = [each.encode() for each in signature.split(" ")]
    if not any(hmac.compare_digest(each, expected.encode()) for each in given):
        raise SignatureRefused(f"{SIGNATURE} is not that of this message")


def check_stamp(stamp: str, *, now: datetime) -> None:
    """Refuse a message that was signed long ago, or later than now.

    Parameters
    ----------
    stamp
        That of a message whose signature was checked.
    now
        Aware.

    Raises
    ------
    SignatureRefused
        If it is further from now than `WINDOW`.
    """
    if abs(int(stamp) - now.astimezone(UTC).timestamp()) > WINDOW.total_seconds():
        raise SignatureRefused(f"{TIMESTAMP} is too far from now: sign the message again")


def _compute(body: bytes, *, message_id: str, stamp: str, secret: str) -> str:
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return _VERSION + base64.b64encode(digest).decode()
