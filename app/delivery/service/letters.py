"""Use cases of notifications: the on-call sheet goes by mail to each site and reader."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.delivery.domain.mail import SheetPeriod, check_address
from app.delivery.domain.notices import Notice
from app.delivery.domain.ports import MailResult
from app.delivery.domain.retry import decide
from app.delivery.domain.shipment import Letter, MorningLetter, NoticeLetter, Summary
from app.delivery.models import Delivery
from app.delivery.repository import letters, outbox
from app.delivery.service import tries
from app.delivery.service.planning import LETTERS
from app.kit.errors import Invalid

LEASE = timedelta(minutes=5)
"""How long a claim holds; longer than a mail server may take for one mail."""


async def plan_sheet(
    session: AsyncSession, *, sheet_id: int, addresses: Iterable[str], now: datetime
) -> int:
    """Ask for an on-call sheet to be mailed, once to each address.

    An address that no mail can go to is passed over: the others must not wait for its correction.
    An earlier sheet that still waits is not sent any more.

    Returns
    -------
    int
        How many mails were asked for that were not before.
    """
    valid = dict.fromkeys(each for each in map(_read, addresses) if each is not None)
    await letters.cancel_older(session, sheet_id=sheet_id)
    count = await letters.add_letters(session, sheet_id=sheet_id, addresses=list(valid), now=now)
    if count:
        await notify(session, channel=WORK, payload=LETTERS)
    return count


async def plan_notice(
    session: AsyncSession, *, case_id: int, notice: Notice, address: str | None, now: datetime
) -> bool:
    """Ask for a mail that tells a hospital how a case stands; the opposite one is dropped.

    Returns
    -------
    bool
        Whether it has an address that a mail can go to.
    """
    for other in Notice:
        if other is not notice:
            await letters.cancel_notice(session, case_id=case_id, notice=other)
    valid = None if address is None else _read(address)
    if valid is None:
        return False
    await letters.ask_for_notice(session, case_id=case_id, notice=notice, mail_to=valid, now=now)
    await notify(session, channel=WORK, payload=LETTERS)
    return True


async def plan_morning(
    session: AsyncSession, *, list_id: int, addresses: Iterable[str], now: datetime
) -> int:
    """Ask for a mail that points to a morning list, once to each address.

    Returns
    -------
    int
        How many mails were asked for that were not before.
    """
    valid = dict.fromkeys(each for each in map(_read, addresses) if each is not None)
    count = await letters.add_morning_letters(
        session, list_id=list_id, addresses=list(valid), now=now
    )
    if count:
        await notify(session, channel=WORK, payload=LETTERS)
    return count


def _read(address: str) -> str | None:
    try:
        return check_address(address)
    except Invalid:
        return None


async def claim_letter(
    session: AsyncSession, *, now: datetime
) -> Letter | NoticeLetter | MorningLetter | None:
    """Claim the mail that has been due for longest, with what is needed to write it."""
    claimed = await letters.claim(session, now=now, until=now + LEASE)
    if claimed is None:
        return None
    delivery, token = claimed
    if delivery.morning_list_id is not None:
        return MorningLetter(
            delivery_id=delivery.id,
            token=token,
            claimed_at=now,
            mail_to=delivery.mail_to or "",
            told=await letters.get_morning(session, delivery),
        )
    if delivery.notice is None:
        return await _read_sheet(session, delivery, token=token, now=now)
    told, site = await letters.get_told(session, delivery)
    return NoticeLetter(
        delivery_id=delivery.id,
        token=token,
        claimed_at=now,
        mail_to=delivery.mail_to or "",
        notice=Notice(delivery.notice),
        told=told,
        zone=site.zone,
        language=site.language,
    )


async def _read_sheet(
    session: AsyncSession, delivery: Delivery, *, token: UUID, now: datetime
) -> Letter:
    sheet = await letters.get_sheet(session, delivery)
    starts_at, ends_at = sheet.period.lower, sheet.period.upper
    return Letter(
        delivery_id=delivery.id,
        token=token,
        claimed_at=now,
        mail_to=delivery.mail_to or "",
        period=SheetPeriod(
            made_at=sheet.made_at, starts_at=starts_at or now, ends_at=ends_at or now
        ),
        path=sheet.path,
        digest=sheet.digest,
    )


async def finish_letter(
    session: AsyncSession,
    letter: Letter | NoticeLetter | MorningLetter,
    *,
    result: MailResult,
    now: datetime,
) -> None:
    """Keep a try, and decide what follows; nothing when the claim is lost."""
    claimed = await outbox.lock_claimed(session, [letter])
    delivery = claimed.get(letter.delivery_id)
    if delivery is None:
        return
    summary = Summary(outcome=result.outcome, status=None, detail=result.detail)
    decision = decide(delivery.tries + 1, outcome=result.outcome, since=delivery.asked_at, now=now)
    await tries.end_tries(session, [tries.Ended(delivery, letter, summary, decision)], now=now)
