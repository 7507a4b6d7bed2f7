"""The signature of messages to the service outside, and from it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.notification_signature import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    WINDOW,
    SignatureRefused,
    check_signature,
    check_stamp,
    sign,
)

AT = datetime(2022, 11, 25, 18, 20, 32, tzinfo=UTC)
SECRET = "known to both sides"


def _check(
    body: bytes, headers: dict[str, str], *, secret: str = SECRET, now: datetime = AT
) -> None:
    check_signature(
        body,
        message_id=headers[ID],
        stamp=headers[TIMESTAMP],
        signature=headers[SIGNATURE],
        secret=secret,
    )
    check_stamp(headers[TIMESTAMP], now=now)


@given(body=st.binary(max_size=200), shift=st.integers(-300, 300))
def test_what_is_signed_is_taken_within_the_window(body: bytes, shift: int) -> None:
    headers = sign(body, message_id="m1", at=AT, secret=SECRET)

    _check(body, headers, now=AT + timedelta(seconds=shift))


@given(body=st.binary(min_size=1, max_size=60), data=st.data())
def test_one_byte_that_is_another_is_noticed(body: bytes, data: st.DataObject) -> None:
    headers = sign(body, message_id="m1", at=AT, secret=SECRET)
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    with pytest.raises(SignatureRefused, match=SIGNATURE):
        _check(changed, headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (ID, "m2"),
        (TIMESTAMP, str(int(AT.timestamp()) + 1)),
        (SIGNATURE, "v1,"),
        (SIGNATURE, ""),
        (SIGNATURE, "v1,Ã©"),
    ],
)
def test_what_goes_with_it_is_signed_too(name: str, value: str) -> None:
    headers = sign(b"{}", message_id="m1", at=AT, secret=SECRET) | {name: value}

    with pytest.raises(SignatureRefused, match=SIGNATURE):
        _check(b"{}", headers)


def test_another_secret_signs_nothing_of_ours() -> None:
    headers = sign(b"{}", message_id="m1", at=AT, secret="of another")

    with pytest.raises(SignatureRefused, match=SIGNATURE):
        _check(b"{}", headers)


@pytest.mark.parametrize("shift", [WINDOW + timedelta(seconds=1), -WINDOW - timedelta(seconds=1)])
def test_a_message_of_another_time_is_a_replay(shift: timedelta) -> None:
    headers = sign(b"{}", message_id="m1", at=AT, secret=SECRET)

    with pytest.raises(SignatureRefused, match="sign the message again"):
        _check(b"{}", headers, now=AT + shift)


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1.5", "٣", "9" * 40])
def test_a_time_that_is_none_is_refused(stamp: str) -> None:
    headers = sign(b"{}", message_id="m1", at=AT, secret=SECRET) | {TIMESTAMP: stamp}

    with pytest.raises(SignatureRefused, match=TIMESTAMP):
        _check(b"{}", headers)


def test_while_a_secret_changes_one_of_several_signatures_is_enough() -> None:
    headers = sign(b"{}", message_id="m1", at=AT, secret=SECRET)
    headers[SIGNATURE] = f"v1,b2xk {headers[SIGNATURE]}"

    _check(b"{}", headers)


def test_the_signature_is_the_one_of_the_specification() -> None:
    # HMAC-SHA256("s", "m1.1669400432.{}"), worked out by `openssl dgst -sha256 -hmac s -binary`.
    assert (
        sign(b"{}", message_id="m1", at=AT, secret="s")[SIGNATURE]
        == "v1,eER/N8rtILNA08nnj3ujnTBssRfw+LFQBGSF9Xn89uU="
    )
