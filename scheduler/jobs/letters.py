"""Sends the mails of the outbox, one after the other: nothing urgent waits for them."""

import asyncio
from typing import TypeAlias
from zoneinfo import ZoneInfo

import structlog

from app.delivery import service as deliveries
from app.delivery.domain.mail import Mail, write_words
from app.delivery.domain.morning_words import write_morning
from app.delivery.domain.notices import write_notice
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import MailResult, MailSender
from app.delivery.domain.shipment import Letter, MorningLetter, NoticeLetter
from app.kit.errors import Conflict, NotFound
from app.settings import Settings
from app.store.files import read_back
from scheduler.job import Bench, Job, name_no_instant

AnyLetter: TypeAlias = Letter | NoticeLetter | MorningLetter

_log = structlog.get_logger(__name__)


async def run(bench: Bench) -> None:
    """Send all mails that are due; none while there is no mail server."""
    if bench.mails is None:
        return
    while (letter := await _claim(bench)) is not None:
        with structlog.contextvars.bound_contextvars(delivery=letter.delivery_id):
            result = await _send(bench, letter, mails=bench.mails)
            await _finish(bench, letter, result=result)
            _log.info("letter_tried", outcome=result.outcome.value)


async def _claim(bench: Bench) -> AnyLetter | None:
    return await bench.transact(lambda session, now: deliveries.claim_letter(session, now=now))


async def _finish(bench: Bench, letter: AnyLetter, *, result: MailResult) -> None:
    await bench.transact(
        lambda session, now: deliveries.finish_letter(session, letter, result=result, now=now)
    )


async def _send(bench: Bench, letter: AnyLetter, *, mails: MailSender) -> MailResult:
    """Send a mail; an error of our own ends the try, else it would stand before all others."""
    try:
        mail = await asyncio.to_thread(write_mail, bench, letter)
    except (NotFound, Conflict) as error:
        return MailResult(Outcome.UNREADABLE, detail=error.message)
    try:
        return await mails.send(mail)
    except Exception as error:  # noqa: BLE001 - an edge: it is kept with the try, and sent again
        _log.warning("letter_failed", error=type(error).__name__)
        detail = f"the platform's own sender failed: {type(error).__name__}"
        return MailResult(Outcome.BROKEN, detail=detail)


def write_mail(bench: Bench, letter: AnyLetter) -> Mail:
    """Write a mail around its sheet, whose bytes must be those that were kept; or one of words.

    Raises
    ------
    NotFound
        If the sheet's file is gone.
    Conflict
        If it is another.
    """
    settings = bench.settings
    if isinstance(letter, NoticeLetter):
        return _write_notice(letter)
    if isinstance(letter, MorningLetter):
        return _write_morning(letter, settings=settings)
    content = read_back(bench.data_dir / letter.path, expected_digest=letter.digest)
    words = write_words(letter.period, language=settings.locale, zone=ZoneInfo(settings.zone))
    return Mail(
        to=letter.mail_to,
        message_id=f"{letter.delivery_id}.{letter.digest.hex()[:16]}@astreinte",
        sent_at=letter.claimed_at,
        subject=words.subject,
        text=words.text,
        file_name=words.file_name,
        content=content,
    )


def _write_notice(letter: NoticeLetter) -> Mail:
    words = write_notice(
        letter.notice, letter.told, language=letter.language, zone=ZoneInfo(letter.zone)
    )
    return Mail(
        to=letter.mail_to,
        # Another one when it is so again: the receiver must not take it for a repeat.
        message_id=f"{letter.delivery_id}.{letter.told.at:%Y%m%d%H%M%S}@astreinte",
        sent_at=letter.claimed_at,
        subject=words.subject,
        text=words.text,
    )


def _write_morning(letter: MorningLetter, *, settings: Settings) -> Mail:
    words = write_morning(letter.told, language=settings.locale, base_url=settings.public_url)
    return Mail(
        to=letter.mail_to,
        message_id=f"{letter.delivery_id}.morning{letter.told.list_id}@astreinte",
        sent_at=letter.claimed_at,
        subject=words.subject,
        text=words.text,
    )


# Without a mail server nothing is ever due, and the tick is soon enough.
JOB = Job(name="letters", run=run, find_next_due=name_no_instant)
