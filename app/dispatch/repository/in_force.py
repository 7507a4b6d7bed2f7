"""What holds for everybody on guard at an instant, read at once."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.models import MassSilence, ReadTimeTable, Surge


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What a decision about any case has to mind."""

    is_mass_silence: bool
    """Then nobody is gone for not being heard."""
    is_backup_called: bool
    """Was the backup line called in the surge that is on?"""
    read_times_id: int | None
    """The version of the table of read times; nothing: none was made yet."""


_IN_FORCE = select(
    select(MassSilence.id).where(MassSilence.ended_at.is_(None)).exists().label("is_mass_silence"),
    select(Surge.id)
    .where(Surge.ended_at.is_(None), Surge.called_at.is_not(None))
    .exists()
    .label("is_backup_called"),
    select(ReadTimeTable.id)
    .order_by(ReadTimeTable.next_due_at.desc())
    .limit(1)
    .scalar_subquery()
    .label("read_times_id"),
)


async def find_in_force(session: AsyncSession) -> InForce:
    """Find what is in force now."""
    row = (await session.execute(_IN_FORCE)).one()
    return InForce(**row._mapping)  # noqa: SLF001 - the library's documented name
