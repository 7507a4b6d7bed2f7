"""The on-call sheet is made daily and when who is on guard soon changes, and lies on the disk."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.models import Delivery
from app.directory.domain import SYSTEM
from app.directory.domain.setting_keys import SettingKey
from app.directory.models import SettingValue, User
from app.planning.domain.on_call_sheet import SPAN, SheetLanguage
from app.planning.models import OnCallSheet
from app.planning.service import on_call_sheets as sheets
from app.planning.service.on_call import on_call
from app.planning.service.publishing import assign_seat, publish_draft
from app.store.files import digest
from scheduler.job import Bench
from scheduler.jobs import on_call_sheet
from tests.factories.directory import add_site, add_user
from tests.factories.kept import make_bench
from tests.factories.planning import add_draft, add_group, add_planning, add_published
from tests.fakes.mailbox import FakeMailSender

EVENING = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    return make_bench(sessions, data_dir=tmp_path, clock=clock)


async def _publish(bench: Bench) -> None:
    async with unit_of_work(bench.sessions) as session:
        await add_group(session)
        await add_published(session, now=EVENING - timedelta(hours=2))


async def _list(bench: Bench) -> list[OnCallSheet]:
    async with bench.sessions() as session:
        return list(await session.scalars(select(OnCallSheet).order_by(OnCallSheet.id)))


@pytest.mark.asyncio
async def test_a_sheet_is_made_once_and_its_bytes_are_kept(bench: Bench) -> None:
    await _publish(bench)

    await on_call_sheet.run(bench)
    await on_call_sheet.run(bench)

    (sheet,) = await _list(bench)
    assert sheet.made_at == EVENING
    assert (sheet.period.lower, sheet.period.upper) == (EVENING, EVENING + SPAN)
    content = (bench.data_dir / sheet.path).read_bytes()
    assert content.startswith(b"%PDF-")
    assert (sheet.digest, sheet.size_bytes) == (digest([content]), len(content))


@pytest.mark.asyncio
async def test_there_is_no_sheet_while_nothing_is_published(bench: Bench) -> None:
    async with unit_of_work(bench.sessions) as session:
        await add_group(session)
        await add_draft(session, await add_planning(session))

    await on_call_sheet.run(bench)

    assert await _list(bench) == []
    assert not (bench.data_dir / "on_call").exists()


@pytest.mark.asyncio
async def test_the_next_one_is_made_at_its_hour_of_the_next_day(
    bench: Bench, clock: SetClock
) -> None:
    await _publish(bench)
    await on_call_sheet.run(bench)
    # 22:00 in Paris; the hour is 17:00.
    clock.instant = EVENING + timedelta(hours=18, minutes=59)
    await on_call_sheet.run(bench)
    assert len(await _list(bench)) == 1

    clock.instant = EVENING + timedelta(hours=19)
    await on_call_sheet.run(bench)

    assert [each.made_at for each in await _list(bench)] == [EVENING, clock.instant]


@pytest.mark.asyncio
async def test_the_hour_is_a_setting(bench: Bench, clock: SetClock) -> None:
    await _publish(bench)
    await on_call_sheet.run(bench)
    async with unit_of_work(bench.sessions) as session:
        user: User = await add_user(session)
        session.add(
            SettingValue(
                key=SettingKey.ON_CALL_SHEET_HOUR.value,
                value={"value": 23},
                set_at=EVENING,
                set_by=user.id,
            )
        )

    clock.advance(timedelta(hours=1))
    await on_call_sheet.run(bench)

    assert len(await _list(bench)) == 2


@pytest.mark.asyncio
async def test_a_change_of_who_is_on_guard_soon_makes_another_at_once(
    bench: Bench, clock: SetClock
) -> None:
    await _publish(bench)
    await on_call_sheet.run(bench)
    now = clock.advance(timedelta(minutes=10))
    async with unit_of_work(bench.sessions) as session:
        (seat,) = (await on_call(session, now)).first_line
        assert seat.reader is not None
        await assign_seat(
            session,
            seat_id=seat.seat_id,
            radiologist_id=None,
            seen=seat.reader.radiologist_id,
            actor=SYSTEM,
            now=now,
        )

    clock.advance(timedelta(seconds=5))
    await on_call_sheet.run(bench)
    await on_call_sheet.run(bench)

    assert len(await _list(bench)) == 2
    async with bench.sessions() as session:
        sheet = await sheets.lay_sheet(
            session, zone="Europe/Paris", language=SheetLanguage.FRENCH, now=clock.instant
        )
    assert sheet is not None
    assert any(each.is_uncovered for guard in sheet.guards for each in guard.seats)


@pytest.mark.asyncio
async def test_a_planning_of_another_month_makes_none(bench: Bench, clock: SetClock) -> None:
    await _publish(bench)
    await on_call_sheet.run(bench)
    now = clock.advance(timedelta(hours=2))
    async with unit_of_work(bench.sessions) as session:
        planning = await add_planning(session, first=date(2027, 1, 11), now=now)
        draft = await add_draft(session, planning, now=now)
        await publish_draft(session, revision_id=draft, actor=SYSTEM, now=now)

    await on_call_sheet.run(bench)

    assert len(await _list(bench)) == 1


@pytest.mark.asyncio
async def test_of_two_schedulers_one_makes_the_sheet_and_no_file_is_left_over(
    bench: Bench,
) -> None:
    await _publish(bench)
    async with bench.sessions() as session:
        sheet = await sheets.find_due(
            session, zone="Europe/Paris", language=SheetLanguage.ENGLISH, now=EVENING
        )
    assert sheet is not None

    await on_call_sheet.make(bench, sheet)
    await on_call_sheet.make(bench, sheet)

    (kept,) = await _list(bench)
    assert [path.name for path in (bench.data_dir / "on_call").iterdir()] == [Path(kept.path).name]


@pytest.mark.asyncio
async def test_the_sheet_covers_every_instant_of_the_next_three_days(bench: Bench) -> None:
    await _publish(bench)
    async with bench.sessions() as session:
        sheet = await sheets.lay_sheet(
            session, zone="Europe/Paris", language=SheetLanguage.FRENCH, now=EVENING
        )
        assert sheet is not None
        for hour in range(0, 48, 5):
            at = EVENING + timedelta(hours=hour)
            expected = {
                each.reader.name for each in (await on_call(session, at)).seats if each.reader
            }
            shown = {
                seat.name
                for guard in sheet.guards
                if guard.interval.contains(at)
                for seat in guard.seats
                if seat.name
            }
            assert shown == expected
            assert len(shown) == 3


@pytest.mark.asyncio
async def test_the_sheet_is_mailed_to_every_site_and_every_reader_once(
    bench: Bench, clock: SetClock
) -> None:
    async with unit_of_work(bench.sessions) as session:
        group = await add_group(session)
        await add_published(session, now=EVENING - timedelta(hours=2))
        site = await add_site(session, society_id=group.societies[0])
        closed = await add_site(session, society_id=group.societies[0])
        await add_site(session, society_id=group.societies[0])
        site.email, closed.email, closed.disabled_at = "er@site.test", "old@site.test", EVENING
        reader = await add_user(session, radiologist_id=group.everybody[0])
        planner = await add_user(session)
        reader.email, planner.email = "reader@centre.test", "planner@centre.test"

    await on_call_sheet.run(bench)
    async with bench.sessions() as session:
        # Without a mail server nothing is asked for that nobody could send.
        assert (await session.scalars(select(Delivery))).all() == []
    clock.advance(timedelta(days=1))
    with_mails = replace(bench, mails=FakeMailSender())
    await on_call_sheet.run(with_mails)
    await on_call_sheet.run(with_mails)

    async with bench.sessions() as session:
        mails = list(await session.scalars(select(Delivery).order_by(Delivery.mail_to)))
    assert [each.mail_to for each in mails] == ["er@site.test", "reader@centre.test"]
    assert {(each.kind, each.state) for each in mails} == {("notification", "waiting")}
    assert {each.created_at for each in mails} == {clock.instant}
