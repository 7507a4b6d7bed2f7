"""What of the notifications that wait nobody needs any more."""

from datetime import datetime

from sqlalchemy import TIMESTAMP, ColumnElement, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import NOW
from app.dispatch.domain.notification import TEST_LASTS, NotificationState, Purpose
from app.dispatch.models import MassSilence, Nomination, Notification, Surge

_TESTED_UNTIL = bindparam("tested_until", type_=TIMESTAMP(timezone=True))


def _is_moot_alone() -> ColumnElement[bool]:
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
            Notification.created_at <= _TESTED_UNTIL,
        ),
        and_(Notification.purpose == Purpose.MASS_SILENCE.value, ~lasts.exists()),
        and_(Notification.purpose == Purpose.BACKUP_CALL.value, ~is_called.exists()),
    )


_MOOT = (
    select(Notification.id)
    .outerjoin(Nomination, Nomination.id == Notification.nomination_id)
    .where(
        or_(
            and_(
                Notification.state == NotificationState.DUE.value,
                Notification.due_at <= NOW,
            ),
            # Its try was lost with its scheduler: it would be made once more.
            and_(
                Notification.state == NotificationState.SENDING.value,
                Notification.claimed_until <= NOW,
            ),
        ),
        or_(
            Nomination.ended_at.is_not(None),
            Nomination.acknowledged_at.is_not(None),
            _is_moot_alone(),
        ),
    )
    .with_for_update(of=Notification, skip_locked=True)
)
_CANCEL = (
    update(Notification)
    .where(Notification.id.in_(_MOOT))
    .values(state=NotificationState.CANCELLED.value, due_at=None, token=None, claimed_until=None)
    .execution_options(synchronize_session=False)
)
"""Built once: it runs with each look of the job that sends."""


async def cancel_moot(session: AsyncSession, *, now: datetime) -> None:
    """Cancel what nobody needs any more, before it is sent once more.

    An offer that was seen, taken, or goes to others; a test whose reader does not wait for it any
    more; an alarm of a silence, or a call of a surge, that is over.
    """
    await session.execute(_CANCEL, {"now": now, "tested_until": now - TEST_LASTS})
