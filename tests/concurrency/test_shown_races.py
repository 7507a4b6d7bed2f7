"""Two pages of one reader that say at the same moment what they have shown."""

import asyncio
from pathlib import Path

import pytest

from app.db.clock import SetClock
from app.db.session import Sessions
from app.dispatch.domain.notification import NotificationState
from tests.factories.telling import BROWSER, HOOK, Night


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
