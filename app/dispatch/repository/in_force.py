"""What holds for everybody on guard at an instant, read at once."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.policy.parameters import DEFAULTS, Parameters
from app.dispatch.models import DispatchParameters, MassSilence, ReadTimeTable, Surge


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesInForce:
    """What a decision about any case has to mind."""

    is_mass_silence: bool
    """Then nobody is gone for not being heard."""
    is_backup_called: bool
    """Was the backup line called in the surge that is on?"""
    read_times_id: int | None
    """The version of the table of read times; nothing: none was made yet."""
    parameters: Parameters
    parameters_id: int | None
    """Their version; nothing: nobody has set any."""


def _select_in_force() -> Select[*tuple[Any, ...]]:
    silence = select(MassSilence.id).where(MassSilence.ended_at.is_(None))
    called = select(Surge.id).where(Surge.ended_at.is_(None), Surge.called_at.is_not(None))
    times = select(ReadTimeTable.id).order_by(ReadTimeTable.next_due_at.desc()).limit(1)
    is_set = (
        select(DispatchParameters.id, DispatchParameters.values)
        .order_by(DispatchParameters.id.desc())
        .limit(1)
        .subquery()
    )
    facts = select(
        silence.exists().label("is_mass_silence"),
        called.exists().label("is_backup_called"),
        times.scalar_subquery().label("read_times_id"),
    ).subquery()
    return select(
        *facts.c, is_set.c.id.label("parameters_id"), is_set.c["values"].label("parameters")
    ).join_from(facts, is_set, true(), isouter=True)


_IN_FORCE = _select_in_force()


async def find_in_force(session: AsyncSession) -> RulesInForce:
    """Find what is in force now."""
    row = (await session.execute(_IN_FORCE)).one()
    return RulesInForce(
        is_mass_silence=row.is_mass_silence,
        is_backup_called=row.is_backup_called,
        read_times_id=row.read_times_id,
        parameters=DEFAULTS if row.parameters is None else Parameters.from_json(row.parameters),
        parameters_id=row.parameters_id,
    )
