"""Tells readers by mail and telephone, several at once, and calls those whose page is mute."""

import asyncio

import structlog

from app.delivery.domain.hook import Call, CallResult
from app.delivery.domain.mail import Mail
from app.delivery.domain.outcomes import Outcome
from app.dispatch.domain.notification import URGENT, Channel, Purpose
from app.dispatch.domain.notification_words import (
    find_place,
    write_alarm,
    write_call,
    write_offer,
)
from app.dispatch.repository.notification import find_next_due
from app.dispatch.service import notification as use_cases
from app.dispatch.service.notification import NOTIFICATIONS, Claimed
from app.kit.errors import Invalid
from app.pipeline.notifying import notification_tried
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_LOOK_AGAIN_S = 0.5
"""While something is being sent: how often to look for more."""
_LONGEST_S = 40.0
"""How long one try may take; shorter than its claim holds."""


async def run(bench: Bench) -> None:
    """Send all that is due; a slow service keeps nobody waiting who can be told meanwhile."""
    tries: set[asyncio.Task[None]] = set()
    try:
        while True:
            while len(tries) < _AT_ONCE and (claimed := await _claim(bench)) is not None:
                tries.add(asyncio.create_task(_try_or_log(bench, claimed)))
            if not tries:
                return
            _, tries = await asyncio.wait(
                tries, timeout=_LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        for task in tries:
            task.cancel()
        await asyncio.gather(*tries, return_exceptions=True)


async def _claim(bench: Bench) -> Claimed | None:
    return await bench.transact(lambda session, now: use_cases.claim_next(session, now=now))


async def _try_or_log(bench: Bench, claimed: Claimed) -> None:
    with structlog.contextvars.bound_contextvars(
        notification=claimed.notification_id, case=claimed.case_id
    ):
        try:
            result = await _send(bench, claimed)
            await bench.transact(
                lambda session, now: notification_tried(session, claimed, result=result, now=now)
            )
        except Exception as error:  # noqa: BLE001 - an edge: the claim runs out, it is tried again
            _log.warning("notification_interrupted", error=type(error).__name__)
        else:
            _log.info(
                "notification_tried",
                channel=claimed.channel.value,
                outcome=result.outcome.value,
            )


async def _send(bench: Bench, claimed: Claimed) -> CallResult:
    """Send one notification outside any transaction; an error of our own ends the try."""
    try:
        async with asyncio.timeout(_LONGEST_S):
            if claimed.channel is Channel.MAIL:
                return await _mail(bench, claimed)
            return await _call(bench, claimed)
    except TimeoutError:
        return CallResult(Outcome.BROKEN, "no answer in time")
    except Exception as error:  # noqa: BLE001 - an edge: it is kept with the try, and sent again
        _log.warning("notification_failed", error=type(error).__name__)
        return CallResult(
            Outcome.BROKEN, f"the platform's own sender failed: {type(error).__name__}"
        )


async def _mail(bench: Bench, claimed: Claimed) -> CallResult:
    if bench.mails is None:
        return CallResult(Outcome.REFUSED, "there is no mail server")
    subject, text = _write(claimed)
    try:
        mail = Mail(
            to=claimed.address,
            message_id=f"{claimed.reference}@astreinte",
            sent_at=claimed.started_at,
            subject=subject,
            text=text,
        )
    except Invalid as error:
        return CallResult(Outcome.UNREADABLE, error.message)
    sent = await bench.mails.send(mail)
    # Its words repeat the mailbox, and whoever may read the case reads this.
    return CallResult(sent.outcome, "" if sent.code is None else f"{sent.code}")


def _write(claimed: Claimed) -> tuple[str, str]:
    if claimed.purpose is Purpose.BACKUP_CALL:
        return write_call(claimed.language)
    if claimed.case_id is None:
        return write_alarm(claimed.language)
    return write_offer(
        case_id=claimed.case_id,
        priority=claimed.priority,
        site=claimed.site or "",
        language=claimed.language,
    )


async def _call(bench: Bench, claimed: Claimed) -> CallResult:
    if bench.caller is None:
        return CallResult(Outcome.REFUSED, "there is no service that calls telephones")
    return await bench.caller.call(
        Call(
            reference=str(claimed.reference),
            asked_at=claimed.started_at,
            purpose=claimed.purpose.value,
            means="voice" if claimed.priority in URGENT else "sms",
            telephone=claimed.address,
            case_id=claimed.case_id,
            priority=None if claimed.case_id is None else claimed.priority,
            site=claimed.site,
            path=find_place(claimed.purpose, case_id=claimed.case_id),
            language=claimed.language,
        )
    )


JOB = Job(name=NOTIFICATIONS, run=run, find_next_due=find_next_due)
