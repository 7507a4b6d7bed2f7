"""Rights count in days of the wall clock of the site, here Paris: one hour ahead in winter."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.events import CaseOpened
from app.cases.models import Case
from app.directory.models import RadiologistSite, RadiologistSociety
from app.dispatch.domain.policy import Reader, Ring
from app.dispatch.repository import readers
from app.dispatch.service.on_guard import load_on_guard
from tests.factories.flow import take_news
from tests.factories.stage import Stage, add_radiologist, add_study, put_on_guard, set_stage

FIRST_DAY = date(2026, 1, 15)
BEFORE_MIDNIGHT = datetime(2026, 1, 14, 22, 30, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2026, 1, 14, 23, 30, tzinfo=UTC)
"""Half past midnight in Paris, while it is still the 14th in UTC."""


async def open_case(stage: Stage, *, now: datetime) -> Case:
    event = await take_news(stage.session, await add_study(stage, at=now), now=now)
    assert isinstance(event, CaseOpened)
    return await cases.get_case(stage.session, event.case_id)


async def list_readers_of(
    session: AsyncSession, *, valid: Range[date], now: datetime
) -> tuple[Reader, bool]:
    """List who could read, and tell what the claim would ask, of somebody with these rights."""
    stage = await set_stage(session, night=now)
    radiologist, _ = await add_radiologist(stage)
    for model in (RadiologistSite, RadiologistSociety):
        whose = model.radiologist_id == radiologist.id
        await session.execute(update(model).where(whose).values(valid=valid))
    hours = timedelta(hours=3)
    await put_on_guard(stage, radiologist, period=(now - hours, now + hours))
    case = await open_case(stage, now=now)
    (reader,) = (await load_on_guard(session, case, now=now)).readers
    allowed = await readers.may_read_site(
        session, radiologist_id=radiologist.id, site_id=stage.site.id, now=now
    )
    return reader, allowed


@pytest.mark.asyncio
async def test_a_right_begins_at_midnight_where_the_site_is(session: AsyncSession) -> None:
    reader, allowed = await list_readers_of(
        session, valid=Range(FIRST_DAY, None), now=AFTER_MIDNIGHT
    )

    assert (reader.may_read_site, allowed, reader.ring) == (True, True, Ring.REFERENT)


@pytest.mark.asyncio
async def test_a_right_has_not_begun_in_the_last_hour_of_the_day_before(
    session: AsyncSession,
) -> None:
    reader, allowed = await list_readers_of(
        session, valid=Range(FIRST_DAY, None), now=BEFORE_MIDNIGHT
    )

    assert (reader.may_read_site, allowed, reader.ring) == (False, False, Ring.OUTSIDE)


@pytest.mark.asyncio
async def test_a_right_ends_at_midnight_where_the_site_is(session: AsyncSession) -> None:
    reader, allowed = await list_readers_of(
        session, valid=Range(date(2020, 1, 1), FIRST_DAY), now=AFTER_MIDNIGHT
    )

    assert (reader.may_read_site, allowed, reader.ring) == (False, False, Ring.OUTSIDE)


@pytest.mark.asyncio
async def test_a_site_overseas_counts_the_days_of_its_own_wall_clock(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session, night=AFTER_MIDNIGHT)
    radiologist, _ = await add_radiologist(stage)
    stage.site.zone = "America/Martinique"
    whose = RadiologistSite.radiologist_id == radiologist.id
    rights = update(RadiologistSite).where(whose).values(valid=Range(FIRST_DAY, None))
    await session.execute(rights)
    await session.flush()

    async def may_read(now: datetime) -> bool:
        return await readers.may_read_site(
            session, radiologist_id=radiologist.id, site_id=stage.site.id, now=now
        )

    assert not await may_read(AFTER_MIDNIGHT), "there it is half past seven on the 14th"
    assert not await may_read(datetime(2026, 1, 15, 3, 59, tzinfo=UTC))
    assert await may_read(datetime(2026, 1, 15, 4, 0, tzinfo=UTC))
