"""Tells the coordinator of senders whose certificate has expired, until it is renewed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Sender, Site
from app.intake.models import Association
from app.intake.repository import odd_associations
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

_BETWEEN = " / "
_BETWEEN_ALARMS = timedelta(days=1)
_RENEWED = "renewed"


async def tell_expired(
    session: AsyncSession,
    association: Association,
    *,
    senders: Sequence[tuple[Sender, Site]],
    now: datetime,
) -> None:
    """Raise the alarm of a sender that was let in with an expired certificate.

    Whatever the mark says: an unknown title hides no expired certificate. Who settles the alarm
    has a day's rest from it; while it stands, it rings each day and says the last association.
    """
    until, name = association.certificate_not_after, association.certificate_name
    if until is None or name is None or until >= association.opened_at:
        return
    pair = next((each for each in senders if each[0].id == association.sender_id), None)
    if pair is None:
        return
    sender, site = pair
    subject = _name(sender.id, name)
    settled_at = await tasks.find_last_settled(session, TaskKind.CERTIFICATE, subject=subject)
    if settled_at is not None and now - settled_at < _BETWEEN_ALARMS:
        return
    await tasks.raise_task(
        session,
        TaskKind.CERTIFICATE,
        subject=subject,
        site_id=site.id,
        detail={
            "association": str(association.id),
            "at": association.opened_at.isoformat(),
            "sender": sender.id,
            "calling": association.calling_ae_title,
            "certificate": name,
            "not_after": until.isoformat(),
            **describe_sites([site]),
        },
        now=now,
    )


async def settle_renewed(session: AsyncSession, now: datetime) -> None:
    """Settle the alarms of senders that have come since with a certificate in force."""
    for task in await tasks.list_standing(session, TaskKind.CERTIFICATE):
        if await odd_associations.came_renewed(
            session,
            sender_id=int(task.detail["sender"]),
            certificate_name=str(task.detail["certificate"]),
            since=datetime.fromisoformat(task.detail["at"]),
        ):
            await tasks.settle_by_itself(
                session, TaskKind.CERTIFICATE, subject=task.subject, outcome=_RENEWED, now=now
            )


def find_holders(name: str, *, senders: Sequence[tuple[Sender, Site]]) -> list[tuple[Sender, Site]]:
    """Find the senders that a certificate of this name belongs to."""
    wanted = name.casefold()
    return [
        pair
        for pair in senders
        if wanted in {each.casefold() for each in pair[0].certificate_names}
    ]


def describe_sites(sites: Collection[Site]) -> dict[str, str]:
    """Say which sites it is about, and by which telephones they are reached."""
    return {
        "site": _BETWEEN.join(site.name for site in sites),
        "telephone_emergency": _BETWEEN.join(site.telephone_emergency for site in sites),
        "telephone_ct": _BETWEEN.join(site.telephone_ct for site in sites),
    }


def _name(sender_id: int, certificate_name: str) -> str:
    return f"sender:{sender_id}:certificate:{certificate_name}"
