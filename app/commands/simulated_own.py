"""Nights that this platform has read, taken from its database to be read again."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, time

from app.commands.database import database_of
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions
from app.dispatch.domain.simulation.plan import Plan
from app.dispatch.domain.simulation.replayed import Line, Replay, make_replay
from app.dispatch.repository.arrivals import list_arrivals
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.settings import Settings

_NOON = time(12)


def read_own(
    settings: Settings, *, since: date, until: date, plan: Plan, say: Callable[[str], None]
) -> Replay:
    """Read the nights whose evenings are on these dates; `until` is the first that does not count.

    Raises
    ------
    Invalid
        If the dates are in no order, or nothing arrived on a night between them.
    """
    if not since < until:
        raise Invalid(f"since: nights are replayed from a date to a later one, not to {until}")
    start, end = (
        instant_of(datetime.combine(day, _NOON), zone=plan.zone) for day in (since, until)
    )
    with database_of(settings, say=say) as found:
        lines = asyncio.run(_list_lines(found, Interval(start, end)))
    return make_replay(lines, plan=plan)


async def _list_lines(url: str, interval: Interval) -> list[Line]:
    engine = make_unpooled_engine(url, application="astreinte simulate")
    try:
        async with make_sessions(engine)() as session:
            return await list_arrivals(session, interval=interval)
    finally:
        await engine.dispose()
