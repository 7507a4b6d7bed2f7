"""Cases themselves: read, locked, moved, changed, found due."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.cases.domain.states import CaseAction, CaseState, MoveRefused, next_state, states_before
from app.cases.models import Case
from app.db.arrays import keys_named, list_of_keys
from app.kit.errors import NotFound

_GET = (
    select(Case)
    .where(Case.id == bindparam("case_id", type_=BigInteger))
    .execution_options(populate_existing=True)
)
# NO KEY, as an UPDATE takes it: who inserts a row that refers to the case need not wait. The jobs
# of studies lock study, then case; a claim locks the case, then refers to the study.
_LOCK = _GET.with_for_update(key_share=True)
_TRY_LOCK = (
    select(Case)
    .where(Case.id == any_(keys_named("case_ids")))
    .with_for_update(key_share=True, skip_locked=True)
    .execution_options(populate_existing=True)
)


class CaseNotFound(NotFound):
    """There is no such case for this caller."""

    def __init__(self, case_id: int) -> None:
        super().__init__(f"there is no case {case_id} here")
        self.case_id = case_id


async def get_case(session: AsyncSession, case_id: int) -> Case:
    """Read a case as it is now.

    Raises
    ------
    CaseNotFound
        If there is none.
    """
    return await _one(session, case_id, lock=False)


async def lock_case(session: AsyncSession, case_id: int) -> Case:
    """Read a case and keep every other writer waiting until the transaction ends.

    Raises
    ------
    CaseNotFound
        If there is none.
    """
    return await _one(session, case_id, lock=True)


async def try_lock_case(session: AsyncSession, case_id: int) -> bool:
    """Keep every other writer of a case waiting, or tell that another one holds it."""
    return bool(await try_lock_cases(session, [case_id]))


async def try_lock_cases(session: AsyncSession, case_ids: Sequence[int]) -> list[Case]:
    """Read cases and keep every other writer of them waiting, but for those that others hold."""
    rows = await session.scalars(_TRY_LOCK, {"case_ids": case_ids})
    found = {each.id: each for each in rows}
    return [found[each] for each in case_ids if each in found]


async def _one(session: AsyncSession, case_id: int, *, lock: bool) -> Case:
    found = await session.scalar(_LOCK if lock else _GET, {"case_id": case_id})
    if found is None:
        raise CaseNotFound(case_id)
    return found


async def move(
    session: AsyncSession,
    case_id: int,
    *,
    action: CaseAction,
    now: datetime,
    by_user_id: int | None,
    reason: str = "",
    **columns: object,
) -> None:
    """Move a case by a guarded UPDATE; a trigger writes the timeline.

    Parameters
    ----------
    columns
        Other columns of the case that change with the move.

    Raises
    ------
    MoveRefused
        If the case stands where the action is not possible; nothing changed.
    """
    targets = {next_state(state, action) for state in states_before(action)}
    (target,) = targets
    moved = await session.scalar(
        update(Case)
        .where(Case.id == case_id, Case.state.in_(states_before(action)))
        .values(
            state=target.value,
            state_at=now,
            state_by=by_user_id,
            state_reason=reason,
            **columns,
        )
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        standing = await get_case(session, case_id)
        raise MoveRefused(CaseState(standing.state), action)


async def change(session: AsyncSession, case_id: int, **columns: object) -> None:
    """Change facts beside the state; with none of them, only the version rises."""
    values: dict[str, Any] = columns or {"version": Case.version}
    await session.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def make_due(
    session: AsyncSession, case_ids: Collection[int], *, cause: str | None, now: datetime
) -> int:
    """Let those of some cases be decided anew that are offered to somebody, and tell how many.

    Parameters
    ----------
    cause
        What the decision log will say; nothing: that they were due.
    """
    offered = (
        select(Case.id)
        .where(Case.id == any_(list_of_keys(case_ids)), Case.state == CaseState.NOMINATED.value)
        # In one order: who holds several of them is waited for, and never waits for us.
        .order_by(Case.id)
        .with_for_update(key_share=True)
    )
    ids = (await session.scalars(offered)).all()
    await session.execute(
        update(Case)
        .where(Case.id == any_(list_of_keys(ids)))
        .values(dispatch_due_at=func.least(Case.dispatch_due_at, now), dispatch_cause=cause)
        .execution_options(synchronize_session=False)
    )
    return len(ids)


async def touch(session: AsyncSession, case_id: int) -> None:
    """Raise the version of a case: something that its row on a worklist shows has changed."""
    await change(session, case_id, version=Case.version)


_TOUCH = (
    update(Case)
    .where(Case.id == any_(keys_named("cases")))
    .values(version=Case.version)
    .execution_options(synchronize_session=False)
)


async def touch_all(session: AsyncSession, case_ids: Collection[int]) -> None:
    """Raise the versions of cases that the caller holds."""
    if case_ids:
        await session.execute(_TOUCH, {"cases": sorted(case_ids)})


async def add_case(session: AsyncSession, case: Case) -> Case:
    """Insert a case and learn its id."""
    session.add(case)
    await session.flush()
    return case


async def find_next_due(
    session: AsyncSession,
    *,
    column: InstrumentedAttribute[datetime | None],
    states: Collection[CaseState],
) -> datetime | None:
    """Find the earliest due instant among the cases in one of the states."""
    return await session.scalar(select(func.min(column)).where(Case.state.in_(states)))
