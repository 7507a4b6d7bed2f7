"""Tells readers by mail and telephone, several at once, and calls those whose page is mute."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.hook import Call, CallResult
from app.delivery.domain.mail import Mail
from app.delivery.domain.outcomes import Outcome
from app.dispatch.domain.notification import LOOKED_FOR_EVERY, URGENT, Channel, Purpose
from app.dispatch.domain.notification_words import (
    find_place,
    write_alarm,
    write_call,
    write_offer,
)
from app.dispatch.repository.notification_due import find_next_due
from app.dispatch.service import notification as use_cases
from app.dispatch.service import notification_tries as tries
from app.dispatch.service.notification import NOTIFICATIONS
from app.dispatch.service.notification_tries import Claimed
from app.kit.errors import Invalid
from app.pipeline.notifying import notification_tried
from scheduler.job import Bench, Job, find_wait

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_LOOK_AGAIN_S = 0.5
"""While something is being sent: how often to look for more."""
_LONGEST_S = 40.0
"""How long one try may take; shorter than its claim holds."""
_MOST_MISSED = 500
"""How many pages that have not confirmed are taken at once; the next look takes the others."""
_NO_MAILS = CallResult(Outcome.REFUSED, "there is no mail server")
_NO_CALLS = CallResult(Outcome.REFUSED, "there is no service that calls telephones")


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look has found: what is to be tried, and how long there is nothing more to do."""

    claimed: list[Claimed]
    wait: timedelta


async def run(bench: Bench) -> timedelta:
    """Send all that is due; a slow service keeps nobody waiting who can be told meanwhile."""
    sends: set[asyncio.Task[None]] = set()
    try:
        while True:
            await bench.precedence.give_way()
            look = await _look(bench, room=_AT_ONCE - len(sends))
            sends |= {asyncio.create_task(_try_or_log(bench, each)) for each in look.claimed}
            if not sends:
                return look.wait
            _, sends = await asyncio.wait(
                sends, timeout=_LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        for task in sends:
            task.cancel()
        await asyncio.gather(*sends, return_exceptions=True)


async def _look(bench: Bench, *, room: int) -> _Look:
    """Take what pages have missed, give up what nobody carries, claim what is most urgent."""
    nobody = _list_uncarried(bench)
    carried = {Channel.MAIL, Channel.HOOK} - nobody.keys()

    async def look(session: AsyncSession, now: datetime) -> _Look:
        wait = find_wait(await find_next_due(session), now=now)
        if wait > timedelta(0):
            return _Look([], wait)
        await use_cases.take_unconfirmed(session, now=now, limit=_MOST_MISSED)
        for channel, why in nobody.items():
            await tries.give_up_uncarried(
                session, channel, outcome=why.outcome.value, detail=why.detail, now=now
            )
        claimed = await tries.claim(session, channels=carried, now=now, limit=room)
        return _Look(claimed, find_wait(await find_next_due(session), now=now))

    return await bench.transact(look)


def _list_uncarried(bench: Bench) -> dict[Channel, CallResult]:
    """List by what nobody can be told here, with the reason."""
    named = ((Channel.MAIL, bench.mails, _NO_MAILS), (Channel.HOOK, bench.caller, _NO_CALLS))
    return {channel: reason for channel, carrier, reason in named if carrier is None}


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
        return _NO_MAILS
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
        return _NO_CALLS
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


JOB = Job(
    name=NOTIFICATIONS,
    run=run,
    find_next_due=find_next_due,
    rest=timedelta(seconds=0.25),
    longest_wait=LOOKED_FOR_EVERY,
)
