"""Use cases of notifications: the on-call sheet goes by mail to each site and reader."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.delivery.domain.mail import SheetPeriod, check_address
from app.delivery.domain.ports import MailResult
from app.delivery.domain.retry import decide
from app.delivery.domain.shipment import Letter, Summary
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


def _read(address: str) -> str | None:
    try:
        return check_address(address)
    except Invalid:
        return None


async def claim_letter(session: AsyncSession, *, now: datetime) -> Letter | None:
    """Claim the mail that has been due for longest, with what is needed to write it."""
    claimed = await letters.claim(session, now=now, until=now + LEASE)
    if claimed is None:
        return None
    delivery, token = claimed
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
    session: AsyncSession, letter: Letter, *, result: MailResult, now: datetime
) -> None:
    """Keep a try, and decide what follows; nothing when the claim is lost."""
    delivery = await outbox.lock_claim(session, delivery_id=letter.delivery_id, token=letter.token)
    if delivery is None:
        return
    summary = Summary(outcome=result.outcome, status=None, detail=result.detail)
    decision = decide(delivery.tries + 1, outcome=result.outcome, since=delivery.asked_at, now=now)
    await tries.keep_try(session, delivery, claim=letter, summary=summary, now=now)
    await tries.end_claim(session, delivery, summary=summary, decision=decision, now=now)
