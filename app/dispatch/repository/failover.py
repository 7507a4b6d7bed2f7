"""Centres that are down, what they lost, and the calls to their readers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.directory.models import Centre, Radiologist
from app.dispatch.domain.failover_moves import CheckState, DownCause
from app.dispatch.models import (
    CentreDown,
    CentreDownCase,
    Claim,
    MassSilence,
    Nomination,
    ReaderCheck,
)
from app.kit.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a reader has claimed."""

    radiologist_id: int
    name: str
    telephone: str
    case_ids: tuple[int, ...]


# ------------------------------------------------------------------------------------ centres


async def lock_centre(session: AsyncSession, centre_id: int) -> Centre:
    """Read a centre, and keep everybody else waiting who says that it is down or back.

    Raises
    ------
    NotFound
        If there is none.
    """
    centre = await session.scalar(
        select(Centre).where(Centre.id == centre_id).with_for_update(key_share=True)
    )
    if centre is None:
        raise NotFound(f"there is no centre {centre_id}")
    return centre


async def list_centres(session: AsyncSession, centre_ids: Collection[int]) -> Sequence[Centre]:
    """List centres, by id."""
    rows = await session.scalars(
        select(Centre).where(Centre.id.in_(centre_ids)).order_by(Centre.id)
    )
    return rows.all()


async def list_down(session: AsyncSession) -> Sequence[CentreDown]:
    """List the centres that are down, by the beginning."""
    rows = await session.scalars(
        select(CentreDown)
        .where(CentreDown.ended_at.is_(None))
        .order_by(CentreDown.began_at, CentreDown.id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def find_down(session: AsyncSession, centre_id: int) -> CentreDown | None:
    """Find since when and why a centre is down."""
    return await session.scalar(
        select(CentreDown)
        .where(CentreDown.centre_id == centre_id, CentreDown.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


async def find_told_back(session: AsyncSession) -> dict[int, datetime]:
    """Find when the coordinator last said of each centre that it is back."""
    rows = await session.execute(
        select(CentreDown.centre_id, func.max(CentreDown.ended_at))
        .where(CentreDown.ended_by.is_not(None))
        .group_by(CentreDown.centre_id)
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


async def add_down(
    session: AsyncSession,
    *,
    centre_id: int,
    cause: DownCause,
    by_user_id: int | None,
    now: datetime,
) -> int:
    """Write that a centre is down; the database lets only one stand."""
    added = await session.execute(
        insert(CentreDown)
        .values(centre_id=centre_id, cause=cause.value, began_at=now, begun_by=by_user_id)
        .returning(CentreDown.id)
    )
    return added.scalar_one()


async def change_down(session: AsyncSession, down_id: int, **columns: object) -> None:
    """Change what is written of a centre that is down."""
    await session.execute(
        update(CentreDown)
        .where(CentreDown.id == down_id, CentreDown.ended_at.is_(None))
        .values(**columns)
    )


async def list_watched_nodes(session: AsyncSession) -> set[int]:
    """List the nodes of the centres that read."""
    rows = await session.scalars(
        select(Centre.endpoint_id).where(
            Centre.endpoint_id.is_not(None), Centre.disabled_at.is_(None)
        )
    )
    return {each for each in rows if each is not None}


async def list_lost_nodes(session: AsyncSession) -> set[int]:
    """List the nodes of the centres that are down because their node does not answer."""
    rows = await session.scalars(
        select(Centre.endpoint_id)
        .join(CentreDown, CentreDown.centre_id == Centre.id)
        .where(CentreDown.ended_at.is_(None), CentreDown.cause == DownCause.NODE.value)
    )
    return {each for each in rows if each is not None}


# ---------------------------------------------------------------------------------- its cases


async def list_offered(session: AsyncSession, centre_id: int) -> list[int]:
    """List the cases offered now to a radiologist of a centre, by id."""
    rows = await session.scalars(
        select(Nomination.case_id)
        .distinct()
        .join(Radiologist, Radiologist.id == Nomination.radiologist_id)
        .join(Case, Case.id == Nomination.case_id)
        .where(
            Radiologist.centre_id == centre_id,
            Nomination.ended_at.is_(None),
            Case.state == CaseState.NOMINATED.value,
        )
        .order_by(Nomination.case_id)
    )
    return list(rows)


async def list_held(session: AsyncSession, centre_id: int) -> list[Held]:
    """List what the radiologists of a centre have claimed, by radiologist."""
    rows = await session.execute(
        select(
            Radiologist.id,
            Radiologist.given_name,
            Radiologist.family_name,
            Radiologist.telephone,
            func.array_agg(Claim.case_id),
        )
        .join(Claim, Claim.radiologist_id == Radiologist.id)
        .where(Radiologist.centre_id == centre_id, Claim.ended_at.is_(None))
        .group_by(Radiologist.id)
        .order_by(Radiologist.id)
    )
    return [
        Held(
            radiologist_id=row[0],
            name=f"{row[1]} {row[2]}",
            telephone=row[3],
            case_ids=tuple(sorted(row[4])),
        )
        for row in rows
    ]


async def list_claimed(session: AsyncSession, radiologist_id: int) -> list[int]:
    """List the cases that a radiologist has claimed, by id."""
    rows = await session.scalars(
        select(Claim.case_id)
        .where(Claim.radiologist_id == radiologist_id, Claim.ended_at.is_(None))
        .order_by(Claim.case_id)
    )
    return list(rows)


async def add_taken(
    session: AsyncSession, *, down_id: int, case_ids: Sequence[int], now: datetime
) -> None:
    """Keep which cases were taken from a centre."""
    if case_ids:
        values = [
            {"centre_down_id": down_id, "case_id": case_id, "taken_at": now} for case_id in case_ids
        ]
        await session.execute(insert(CentreDownCase).values(values).on_conflict_do_nothing())


async def list_unclaimed(session: AsyncSession, down_id: int) -> list[int]:
    """List the cases taken from a centre that nobody has claimed since, by id."""
    rows = await session.scalars(
        select(CentreDownCase.case_id)
        .join(Case, Case.id == CentreDownCase.case_id)
        .where(
            CentreDownCase.centre_down_id == down_id,
            Case.state == CaseState.NOMINATED.value,
        )
        .order_by(CentreDownCase.case_id)
    )
    return list(rows)


# ---------------------------------------------------------------------------------- the calls


async def add_check(
    session: AsyncSession, *, down_id: int, radiologist_id: int, now: datetime
) -> int:
    """Write that a reader is to be called."""
    added = await session.execute(
        insert(ReaderCheck)
        .values(centre_down_id=down_id, radiologist_id=radiologist_id, asked_at=now)
        .returning(ReaderCheck.id)
    )
    return added.scalar_one()


async def lock_check(session: AsyncSession, check_id: int) -> tuple[ReaderCheck, CentreDown]:
    """Read a call with its centre, and keep every other answer waiting.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = (
        await session.execute(
            select(ReaderCheck, CentreDown)
            .join(CentreDown, CentreDown.id == ReaderCheck.centre_down_id)
            .where(ReaderCheck.id == check_id)
            .with_for_update(of=ReaderCheck)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise _unknown_check(check_id)
    return row[0], row[1]


async def find_check_centre(session: AsyncSession, check_id: int) -> int:
    """Find of which centre somebody is to be called.

    Raises
    ------
    NotFound
        If nobody is.
    """
    centre_id = await session.scalar(
        select(CentreDown.centre_id)
        .join(ReaderCheck, ReaderCheck.centre_down_id == CentreDown.id)
        .where(ReaderCheck.id == check_id)
    )
    if centre_id is None:
        raise _unknown_check(check_id)
    return centre_id


def _unknown_check(check_id: int) -> NotFound:
    return NotFound(f"there is no call {check_id} to a reader")


async def list_checks(session: AsyncSession, *, down_id: int) -> Sequence[ReaderCheck]:
    """List the calls that nobody has answered because of a centre, and lock them."""
    rows = await session.scalars(
        select(ReaderCheck)
        .where(ReaderCheck.centre_down_id == down_id, ReaderCheck.state == CheckState.ASKED.value)
        .order_by(ReaderCheck.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def list_open_checks(session: AsyncSession) -> list[tuple[int, int, int]]:
    """List the calls that wait for an answer, with their reader and centre: the oldest first."""
    rows = await session.execute(
        select(ReaderCheck.id, ReaderCheck.radiologist_id, CentreDown.centre_id)
        .join(CentreDown, CentreDown.id == ReaderCheck.centre_down_id)
        .where(ReaderCheck.state == CheckState.ASKED.value)
        .order_by(ReaderCheck.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def settle_check(
    session: AsyncSession,
    check_id: int,
    *,
    state: CheckState,
    by_user_id: int | None,
    now: datetime,
) -> None:
    """Write how a call was settled."""
    await session.execute(
        update(ReaderCheck)
        .where(ReaderCheck.id == check_id, ReaderCheck.state == CheckState.ASKED.value)
        .values(state=state.value, answered_at=now, answered_by=by_user_id)
    )


# -------------------------------------------------------------------------------- the silence


async def find_silence(session: AsyncSession) -> MassSilence | None:
    """Find the mass silence that lasts, and keep every other writer waiting."""
    return await session.scalar(
        select(MassSilence)
        .where(MassSilence.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


async def find_last_silence_end(session: AsyncSession) -> datetime | None:
    """Find when the last mass silence was over."""
    return await session.scalar(select(func.max(MassSilence.ended_at)))


async def add_silence(session: AsyncSession, *, silent: int, came: int, now: datetime) -> None:
    """Write that a mass silence begins; the database lets only one stand."""
    await session.execute(
        insert(MassSilence).values(began_at=now, silent_count=silent, came_count=came)
    )


async def end_silence(session: AsyncSession, *, now: datetime) -> None:
    """Write that it is over."""
    await session.execute(
        update(MassSilence).where(MassSilence.ended_at.is_(None)).values(ended_at=now)
    )
