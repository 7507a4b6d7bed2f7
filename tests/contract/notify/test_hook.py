"""The service outside that calls: what it is asked, signed, and what it may do, on real sockets."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.adapters.notify.hook import HttpHook
from app.delivery.domain.hook import Call, Caller
from app.delivery.domain.outcomes import Outcome
from app.dispatch.domain.notification_signature import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    check_signature,
    check_stamp,
)
from app.kit.errors import Invalid
from tests.fakes.hook import FakeCaller, open_hook

SECRET = "known to both sides"
AT = datetime(2026, 3, 14, 1, 30, tzinfo=UTC)
CALL = Call(
    reference="0b0f6a58-9c0d-4b2c-8a39-3f0a4c1d2e5f",
    asked_at=AT,
    purpose="offer",
    means="voice",
    telephone="+33600000001",
    case_id=12,
    priority="P1",
    site="S7",
    path="/cases/12",
    language="fr",
)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["real", "fake"])
async def test_who_takes_a_call_has_accepted_it(kind: str) -> None:
    async with open_hook() as hook:
        caller: Caller = HttpHook(hook.url, SECRET) if kind == "real" else FakeCaller()

        assert (await caller.call(CALL)).outcome is Outcome.ACCEPTED


@pytest.mark.asyncio
async def test_it_is_asked_by_a_signed_message_that_says_nothing_of_a_patient() -> None:
    async with open_hook() as hook:
        await HttpHook(hook.url, SECRET).call(CALL)
        (asked,) = hook.asked

    check_stamp(asked.headers[TIMESTAMP], now=AT)
    check_signature(
        asked.body,
        message_id=asked.headers[ID],
        stamp=asked.headers[TIMESTAMP],
        signature=asked.headers[SIGNATURE],
        secret=SECRET,
    )
    assert asked.headers["idempotency-key"] == CALL.reference
    assert json.loads(asked.body) == {
        "reference": CALL.reference,
        "purpose": "offer",
        "means": "voice",
        "telephone": "+33600000001",
        "case": 12,
        "priority": "P1",
        "site": "S7",
        "path": "/cases/12",
        "language": "fr",
        "keys": {"1": "take", "2": "not_available"},
    }


@pytest.mark.asyncio
async def test_a_test_of_a_telephone_is_of_no_case_and_any_key_of_it_is_heard() -> None:
    call = replace(
        CALL, purpose="telephone_test", case_id=None, priority=None, site=None, path="/handover"
    )
    async with open_hook() as hook:
        assert (await HttpHook(hook.url, SECRET).call(call)).outcome is Outcome.ACCEPTED
        (asked,) = hook.asked

    said = json.loads(asked.body)
    assert (said["purpose"], said["case"], said["site"]) == ("telephone_test", None, None)
    assert said["keys"] == {"1": "heard"}


def _lie(**said: object) -> bytes:
    return json.dumps(said).encode()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"<html>Welcome</html>", Outcome.BROKEN),
        (200, b"", Outcome.BROKEN),
        (200, b"[" * 4000, Outcome.BROKEN),
        (200, b" " * 5000, Outcome.BROKEN),
        (200, b'"accepted"', Outcome.BROKEN),
        (200, _lie(accepted=True), Outcome.BROKEN),
        (200, _lie(accepted=True, reference="of another"), Outcome.BROKEN),
        (200, _lie(accepted="yes", reference=CALL.reference), Outcome.BUSY),
        (302, b"", Outcome.BUSY),
        (401, b"", Outcome.BUSY),
        (429, b"", Outcome.BUSY),
        (503, b"", Outcome.BUSY),
        (422, b"", Outcome.REFUSED),
    ],
)
async def test_only_its_own_word_for_this_call_is_believed(
    status: int, body: bytes, outcome: Outcome
) -> None:
    async with open_hook(lambda _: (status, body)) as hook:
        result = await HttpHook(hook.url, SECRET).call(CALL)

        assert result.outcome is outcome
        assert str(status) in result.detail
        assert CALL.telephone not in result.detail
        assert len(hook.asked) == 1, "a redirection is not followed"


@pytest.mark.asyncio
async def test_one_that_is_slow_is_not_waited_for() -> None:
    async with open_hook(None) as hook:
        # Long enough to be asked on the busiest machine: a connection that is given up while it is
        # made is only closed when Python finds it, in whatever test comes next.
        result = await HttpHook(hook.url, SECRET, longest_s=3.0).call(CALL)

    assert (result.outcome, result.detail) == (Outcome.BROKEN, "no answer in time")


@pytest.mark.asyncio
async def test_one_that_is_down_is_unreachable() -> None:
    async with open_hook() as hook:
        url = hook.url

    result = await HttpHook(url, SECRET).call(CALL)

    assert result.outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    "url", ["http://calls.example/x", "ftp://127.0.0.1/", "https:///x", "calls.example", ""]
)
def test_telephones_never_travel_in_the_clear(url: str) -> None:
    with pytest.raises(Invalid, match="https"):
        HttpHook(url, SECRET)


def test_there_is_no_hook_without_a_secret_and_none_of_both_is_shown() -> None:
    with pytest.raises(Invalid, match="secret"):
        HttpHook("https://calls.example/x", "")

    shown = repr(HttpHook("https://calls.example/token", SECRET))
    assert "token" not in shown
    assert SECRET not in shown
