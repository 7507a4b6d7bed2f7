"""What of the notifications that wait nobody needs any more."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.notification import TEST_LASTS, NotificationState, Purpose
from app.dispatch.models import MassSilence, Nomination, Notification, Surge


async def cancel_moot(session: AsyncSession, *, now: datetime) -> None:
    """Cancel what nobody needs any more, before it is sent once more.

    An offer that was seen, taken, or goes to others; a test whose reader does not wait for it any
    more; an alarm of a silence, or a call of a surge, that is over.
    """
    moot = (
        select(Notification.id)
        .outerjoin(Nomination, Nomination.id == Notification.nomination_id)
        .where(
            or_(
                and_(
                    Notification.state == NotificationState.DUE.value,
                    Notification.due_at <= now,
                ),
                # Its try was lost with its scheduler: it would be made once more.
                and_(
                    Notification.state == NotificationState.SENDING.value,
                    Notification.claimed_until <= now,
                ),
            ),
            or_(
                Nomination.ended_at.is_not(None),
                Nomination.acknowledged_at.is_not(None),
                _is_moot_alone(now=now),
            ),
        )
        .with_for_update(of=Notification, skip_locked=True)
    )
    await session.execute(
        update(Notification)
        .where(Notification.id.in_(moot))
        .values(
            state=NotificationState.CANCELLED.value, due_at=None, token=None, claimed_until=None
        )
        .execution_options(synchronize_session=False)
    )


def _is_moot_alone(*, now: datetime) -> ColumnElement[bool]:
    """Tell of what is of no case whether it is moot."""
    lasts = select(MassSilence.id).where(
        MassSilence.ended_at.is_(None), MassSilence.began_at <= Notification.created_at
    )
    is_called = select(Surge.id).where(
        Surge.ended_at.is_(None), Surge.called_at <= Notification.created_at
    )
    return or_(
        and_(
            Notification.purpose == Purpose.TELEPHONE_TEST.value,
            Notification.created_at <= now - TEST_LASTS,
        ),
        and_(Notification.purpose == Purpose.MASS_SILENCE.value, ~lasts.exists()),
        and_(Notification.purpose == Purpose.BACKUP_CALL.value, ~is_called.exists()),
    )
