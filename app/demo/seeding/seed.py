"""The demo GCS from nothing, or the new ports of its peers."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import DatabaseClock
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions, unit_of_work
from app.demo.seeding.organisations import (
    keep_centres,
    keep_senders,
    keep_sites,
    keep_societies,
)
from app.demo.seeding.people import keep_radiologists, keep_users
from app.planning.repository.plannings import find_planned_end
from app.planning.service.segments import lay_default_segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Where the peers of the demo listen this time."""

    hospital_port: int
    centre_port: int


async def seed_database(url: str, *, nodes: Nodes, password: str, zone: str) -> datetime | None:
    """Enter the demo GCS into the database at a URL, in one transaction.

    Returns
    -------
    datetime
        Until when guards are laid out already, aware; nothing when there are none.
    """
    engine = make_unpooled_engine(url, application="astreinte-demo")
    try:
        async with unit_of_work(make_sessions(engine)) as session:
            now = await DatabaseClock().now(session)
            today = now.astimezone(ZoneInfo(zone)).date()
            await seed(session, nodes=nodes, password=password, zone=zone, today=today)
            return await find_planned_end(session)
    finally:
        await engine.dispose()


async def seed(
    session: AsyncSession, *, nodes: Nodes, password: str, zone: str, today: date
) -> None:
    """Enter the demo GCS; a second time, what is there stays, and only the ports change.

    Parameters
    ----------
    nodes
        Every hospital's node is the one peer, every centre's the other.
    password
        Of every user that is entered now.
    zone
        Of the segments.
    today
        Volumes are those of the calendar year before.
    """
    societies = await keep_societies(session, today=today)
    centres = await keep_centres(session, societies=societies, port=nodes.centre_port)
    sites = await keep_sites(session, societies=societies, port=nodes.hospital_port)
    await keep_senders(session, sites=sites)
    radiologists = await keep_radiologists(
        session, societies=societies, centres=centres, sites=sites
    )
    await keep_users(session, radiologists=radiologists, sites=sites, password=password)
    # The year of the volumes: the segments must be valid before any planning begins.
    await lay_default_segments(session, zone=ZoneInfo(zone), valid_from=date(today.year - 1, 1, 1))
