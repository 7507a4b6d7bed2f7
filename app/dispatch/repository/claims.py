"""Claims: who has taken a case, and when somebody looks at it again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import constraint_of
from app.db.locks import wait_for_lock
from app.directory.models import Radiologist
from app.dispatch.domain.watch import ASIDE, ClaimStage
from app.dispatch.models import Claim
from app.kit.errors import Conflict


class CaseAlreadyClaimed(Conflict):
    """Another reader was first."""

    def __init__(self, *, case_id: int, radiologist_id: int, name: str, at: datetime) -> None:
        super().__init__(f"case {case_id} was taken by {name} at {at.astimezone(UTC):%H:%M:%S} UTC")
        self.case_id = case_id
        self.radiologist_id = radiologist_id
        self.name = name
        self.at = at


async def add_claim(
    session: AsyncSession,
    *,
    case_id: int,
    radiologist_id: int,
    expected_read: timedelta,
    due_at: datetime | None,
    now: datetime,
) -> None:
    """Write a claim; the database lets only one stand.

    Parameters
    ----------
    due_at
        When its reader is asked, without any sign until then; aware.

    Raises
    ------
    CaseAlreadyClaimed
        If another stands; the session's transaction goes on.
    """
    try:
        async with session.begin_nested():
            await session.execute(
                insert(Claim).values(
                    case_id=case_id,
                    radiologist_id=radiologist_id,
                    claimed_at=now,
                    last_sign_at=now,
                    expected_s=round(expected_read.total_seconds()),
                    due_at=due_at,
                )
            )
    except IntegrityError as error:
        if constraint_of(error) != "uq_claim_standing":
            raise
        await refuse_claimed(session, case_id)
        raise


async def refuse_claimed(session: AsyncSession, case_id: int) -> None:
    """Raise, naming the reader, when a claim stands.

    Raises
    ------
    CaseAlreadyClaimed
        If one does.
    """
    row = (
        await session.execute(
            select(
                Claim.radiologist_id,
                Claim.claimed_at,
                Radiologist.given_name,
                Radiologist.family_name,
            )
            .join(Radiologist, Radiologist.id == Claim.radiologist_id)
            .where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        )
    ).one_or_none()
    if row is not None:
        raise CaseAlreadyClaimed(
            case_id=case_id,
            radiologist_id=row.radiologist_id,
            name=f"Dr {row.given_name} {row.family_name}",
            at=row.claimed_at,
        )


async def find_standing(session: AsyncSession, case_id: int) -> Claim | None:
    """Find the claim of a case that stands, as it is now."""
    return await session.scalar(
        select(Claim)
        .where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


async def list_of_reader(session: AsyncSession, radiologist_id: int) -> Sequence[Claim]:
    """List the standing claims of a reader, oldest first; two who would add one wait here.

    The rows are not locked: the job of dispatch holds many cases at once, and would wait for them.
    """
    await wait_for_lock(session, f"claims of {radiologist_id}")
    rows = await session.scalars(
        select(Claim)
        .where(Claim.radiologist_id == radiologist_id, Claim.ended_at.is_(None))
        .order_by(Claim.id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def change_claim(session: AsyncSession, claim_id: int, **columns: object) -> None:
    """Change a claim whose case is held."""
    await session.execute(
        update(Claim)
        .where(Claim.id == claim_id)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


async def end_claim(
    session: AsyncSession,
    *,
    case_id: int,
    reason: str,
    now: datetime,
    stage: ClaimStage | None = None,
) -> None:
    """End the claim that stands, if one does.

    Parameters
    ----------
    stage
        Where it ends; nothing: where it stood.
    """
    columns: dict[str, object] = {"ended_at": now, "end_reason": reason, "due_at": None}
    if stage is not None:
        columns |= {"stage": stage.value, "paused_until": None}
    await session.execute(
        update(Claim)
        .where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


def is_aside(claim: Claim) -> bool:
    """Tell whether its reader has put a claim aside."""
    return ClaimStage(claim.stage) in ASIDE
