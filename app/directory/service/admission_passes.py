"""Use cases of passes: a coordinator lets a title of a known address in for some hours.

The gateways renew their snapshot of the senders and passes every second while they reach the
database; a pass ends by their own clocks.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, InvalidField, Permission, PermissionDenied, require
from app.directory.domain.addresses import check_host, is_inside
from app.directory.domain.identifiers import check_ae_title
from app.directory.models import AdmissionPass, Sender
from app.directory.repository import admission_passes as repository
from app.directory.repository.rows import find_row, save
from app.directory.service.senders import load_sender
from app.kit.errors import Conflict, NotFound

LONGEST_HOURS = 12
_log = structlog.get_logger(__name__)


class AdmissionPassUnknown(NotFound):
    """There is no such pass."""


class AdmissionPassOver(Conflict):
    """The pass was ended, or its time is over."""


async def admit_for_hours(
    session: AsyncSession,
    *,
    actor: Actor,
    sender_id: int,
    calling_ae_title: str,
    address: str,
    now: datetime,
    hours: int = LONGEST_HOURS,
) -> AdmissionPass:
    """Let a title that calls from an address of a sender in, as this sender.

    A pass that stands for the same title and address ends with it.

    Raises
    ------
    SenderUnknown
        If there is no such sender.
    InvalidField
        If the address is not one of the sender's: then only who writes senders may let it in; or
        if the title or the hours are wrong, or the sender is disabled.
    PermissionDenied
        If it is not a person who may.
    """
    sender, site = await load_sender(session, sender_id=sender_id)
    require(actor, Permission.SENDER_ADMIT, society_id=site.society_id, site_id=site.id)
    if actor.user_id is None:
        raise PermissionDenied(Permission.SENDER_ADMIT)
    given = AdmissionPass(
        sender_id=sender_id,
        calling_ae_title=check_ae_title(calling_ae_title, field="calling_ae_title"),
        address=_check_address(address, sender=sender),
        given_at=now,
        given_by=actor.user_id,
        until=now + _check_hours(hours),
    )
    await _replace_standing(session, given, now=now)
    _log.info("admission_pass_given", sender_id=sender_id, pass_id=given.id, hours=hours)
    return given


def _check_address(address: str, *, sender: Sender) -> str:
    if sender.disabled_at is not None:
        raise InvalidField("sender_id", "the sender is disabled: enable it first")
    host = check_host(address)
    if not is_inside(host, networks=sender.addresses):
        message = "this is no address of the sender: add it to the sender's addresses"
        raise InvalidField("address", message)
    return host


def _check_hours(hours: int) -> timedelta:
    if not 1 <= hours <= LONGEST_HOURS:
        raise InvalidField("hours", f"a pass is given for 1 to {LONGEST_HOURS} hours")
    return timedelta(hours=hours)


async def _replace_standing(session: AsyncSession, given: AdmissionPass, *, now: datetime) -> None:
    await repository.end_standing(
        session,
        sender_id=given.sender_id,
        calling_ae_title=given.calling_ae_title,
        address=str(given.address),
        now=now,
    )
    await save(session, given)


async def end_admission(
    session: AsyncSession, *, actor: Actor, pass_id: int, now: datetime
) -> None:
    """End a pass before its time.

    Raises
    ------
    AdmissionPassUnknown
        If there is none.
    AdmissionPassOver
        If it was ended, or its time is over.
    """
    found = await find_row(session, AdmissionPass, pass_id)
    if found is None:
        raise AdmissionPassUnknown(f"there is no admission pass {pass_id}")
    _, site = await load_sender(session, sender_id=found.sender_id)
    require(actor, Permission.SENDER_ADMIT, society_id=site.society_id, site_id=site.id)
    if not await repository.end_pass(session, pass_id=pass_id, now=now):
        raise AdmissionPassOver(f"admission pass {pass_id} is over already")
    _log.info("admission_pass_ended", pass_id=pass_id)
