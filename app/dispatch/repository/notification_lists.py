"""Lists of notifications: what a page is to show, what became of each, and where people are."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist, User
from app.dispatch.domain.notification import Channel, NotificationState, Purpose
from app.dispatch.models import Nomination, Notification, NotificationTry


async def list_addresses(session: AsyncSession, radiologist_id: int) -> list[str]:
    """List the telephone and the mailbox of a radiologist, as far as they are known."""
    row = (
        await session.execute(
            select(Radiologist.telephone, User.email)
            .outerjoin(User, (User.radiologist_id == Radiologist.id) & User.disabled_at.is_(None))
            .where(Radiologist.id == radiologist_id)
        )
    ).one()
    return [each for each in row if each]


async def find_last_test(session: AsyncSession, radiologist_id: int) -> Notification | None:
    """Find the last call that a reader has asked for, to test their telephone."""
    return await session.scalar(
        select(Notification)
        .where(
            Notification.radiologist_id == radiologist_id,
            Notification.purpose == Purpose.TELEPHONE_TEST.value,
        )
        .order_by(Notification.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


async def list_awaited(session: AsyncSession, radiologist_id: int) -> Sequence[Notification]:
    """List what a page of this reader is to show now, the oldest first."""
    rows = await session.scalars(
        select(Notification)
        .join(Nomination, Nomination.id == Notification.nomination_id)
        .where(
            Notification.radiologist_id == radiologist_id,
            Notification.channel == Channel.BROWSER.value,
            Notification.state == NotificationState.DUE.value,
            Nomination.ended_at.is_(None),
            Nomination.acknowledged_at.is_(None),
        )
        .order_by(Notification.id)
    )
    return rows.all()


async def list_of_case(
    session: AsyncSession, case_id: int, *, limit: int = 200
) -> Sequence[Row[Notification, str]]:
    """List the notifications of a case, the newest first, with the names of those they are for."""
    name = func.concat("Dr ", Radiologist.given_name, " ", Radiologist.family_name)
    rows = await session.execute(
        select(Notification, name)
        .join(Radiologist, Radiologist.id == Notification.radiologist_id)
        .where(Notification.case_id == case_id)
        .order_by(Notification.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def list_tries(
    session: AsyncSession, notification_ids: Iterable[int]
) -> Sequence[NotificationTry]:
    """List the tries of some notifications, in their order."""
    rows = await session.scalars(
        select(NotificationTry)
        .where(NotificationTry.notification_id.in_(list(notification_ids)))
        .order_by(NotificationTry.notification_id, NotificationTry.number)
    )
    return rows.all()
