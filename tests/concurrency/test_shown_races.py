"""Two pages of one reader that say at the same moment what they have shown."""

import asyncio
from pathlib import Path

import pytest

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch.domain.notification import NotificationState
from app.dispatch.repository.notification import offer_of
from app.dispatch.service.notification import note_shown
from tests.factories.telling import BROWSER, HOOK, Night
from tests.factories.waiting import wait_for_a_waiter


@pytest.mark.parametrize("has_sounded", [True, False])
@pytest.mark.asyncio
async def test_what_two_pages_show_at_once_is_kept_once_in_whatever_order_they_name_it(
    sessions: Sessions, clock: SetClock, tmp_path: Path, *, has_sounded: bool
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin(cases=8)
    rows = await night.list_told(BROWSER)

    said = await asyncio.gather(
        *(
            night.show_all(order, has_sounded=has_sounded)
            for order in (rows, rows[::-1], rows[1::2], rows[::-2])
        )
    )

    state = NotificationState.SHOWN if has_sounded else NotificationState.FAILED
    assert len(rows) == 8
    assert {each for states in said for each in states.values()} == {state}
    calls = await night.list_told(HOOK)
    assert sorted(each.case_id or 0 for each in calls) == ([] if has_sounded else night.case_ids)


@pytest.mark.asyncio
async def test_a_mute_page_that_comes_upon_one_that_sounds_waits_for_it_and_calls_nobody(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin(cases=2)
    rows = await night.list_told(BROWSER)

    async with unit_of_work(sessions) as sounding:
        await note_shown(
            sounding,
            [each.id for each in rows],
            radiologist_id=offer_of(rows[0]).radiologist_id,
            has_sounded=True,
            now=clock.instant,
        )
        mute = asyncio.create_task(night.show_all(rows, has_sounded=False))
        await wait_for_a_waiter(sessions)

    assert set((await mute).values()) == {NotificationState.SHOWN}
    assert await night.list_told(HOOK) == []
