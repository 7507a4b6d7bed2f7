"""Time-based one-time codes (RFC 6238): six digits, every 30 s, SHA-1, as telephones know them."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pyotp
import segno

_STEP_S = 30
_STEPS_AROUND = 1
_ISSUER = "Astreinte"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a telephone needs to make codes; shown once."""

    secret: str
    otpauth_uri: str
    qr_svg: str


def draw_enrolment(login: str) -> Enrolment:
    """Draw a new secret, as text, as a link and as a picture to be scanned."""
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret, interval=_STEP_S).provisioning_uri(name=login, issuer_name=_ISSUER)
    picture = BytesIO()
    # With its namespace: without it a browser shows no SVG that is an image of its own.
    segno.make(uri, error="m").save(
        picture, kind="svg", xmldecl=False, scale=4, dark="#000", light="#fff"
    )
    return Enrolment(secret=secret, otpauth_uri=uri, qr_svg=picture.getvalue().decode())


def matching_steps(secret: str, *, code: str, now: datetime) -> tuple[int, ...]:
    """Return the steps around now at which this is the right code, oldest first.

    One step before and one after are accepted too: telephones are a few seconds off
    (RFC 6238 §5.2).
    """
    digits = "".join(code.split())
    totp = pyotp.TOTP(secret, interval=_STEP_S)
    current = int(now.timestamp()) // _STEP_S
    steps = range(current - _STEPS_AROUND, current + _STEPS_AROUND + 1)
    return tuple(
        step
        for step in steps
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
    )
