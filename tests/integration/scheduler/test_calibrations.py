"""Calibrations by the scheduler: arrivals imported, worked out in a process, kept as a row."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM
from app.directory.models import Society
from app.planning.domain.calibration.criteria import Criteria
from app.planning.domain.calibration.ports import CalibrationFailed
from app.planning.domain.calibration.task import CalibrationTask, Trial
from app.planning.models import Calibration
from app.planning.repository import calibrations as repository
from app.planning.service.arrivals import import_arrivals
from app.planning.service.calibrations import CLAIMED_FOR, Wanted, ask_for_calibration
from app.planning.service.segments import lay_default_segments
from scheduler.job import Bench
from scheduler.jobs import calibrations
from tests.factories.directory import add_radiologist, add_society
from tests.factories.kept import make_bench
from tests.factories.planning import PARIS

EVENING = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
FIRST = date(2026, 9, 7)
NIGHT = {20: 6, 21: 8, 22: 8, 23: 8} | dict.fromkeys(range(20), 3)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    return make_bench(sessions, data_dir=tmp_path, clock=clock)


def write_file(society: Society, *, days: int = 28) -> bytes:
    lines = [
        f"{society.short_name};{FIRST + timedelta(days=day)};{hour};{exams}"
        for day in range(days)
        for hour, exams in NIGHT.items()
    ]
    return "\n".join(["society;day;hour;exams", *lines]).encode()


async def ask(bench: Bench, *, days: int = 28, trial: Trial | None = None) -> int:
    """Import arrivals of one society with two radiologists, and ask what they need."""
    async with unit_of_work(bench.sessions) as session:
        await lay_default_segments(session, zone=PARIS, valid_from=date(2025, 1, 6))
        society = await add_society(session)
        for _ in range(2):
            await add_radiologist(session, society_id=society.id)
        await import_arrivals(
            session,
            write_file(society, days=days),
            filename="arrivals.csv",
            actor=SYSTEM,
            now=EVENING,
            zone=PARIS,
        )
        wanted = Wanted(criteria=Criteria(), trial=trial or Trial(years=2))
        return (await ask_for_calibration(session, wanted, actor=SYSTEM, now=EVENING)).id


async def find(bench: Bench, calibration_id: int) -> Calibration:
    async with bench.sessions() as session:
        return await repository.find_calibration(session, calibration_id)


@pytest.mark.asyncio
async def test_what_was_asked_is_worked_out_and_kept(bench: Bench) -> None:
    asked = await ask(bench)

    await calibrations.run(bench)

    row = await find(bench, asked)
    assert (row.state, row.error, row.token, row.claimed_until) == ("done", "", None, None)
    assert (row.period.lower, row.period.upper) == (FIRST, FIRST + timedelta(days=28))
    assert row.finished_at == EVENING
    result = row.result or {}
    assert {each["segment"] for each in result["segments"]} == {
        "day",
        "evening",
        "deep_night",
        "weekend",
    }
    (own,) = result["comparison"]["societies"]
    assert (own["radiologists"], own["exams"]) == (2, 28 * sum(NIGHT.values()))
    assert own["alone_each"]["deep_nights"] * 2 == own["alone"]["deep_nights"]


@pytest.mark.asyncio
async def test_what_cannot_be_worked_out_has_failed_with_its_reason(bench: Bench) -> None:
    asked = await ask(bench)
    async with unit_of_work(bench.sessions) as session:
        row = await repository.find_calibration(session, asked)
        row.request = row.request | {"trial": row.request["trial"] | {"years": 99}}

    await calibrations.run(bench)

    row = await find(bench, asked)
    assert (row.state, row.result) == ("failed", None)
    assert row.error == "years is from 2 to 20, not 99"


class Refusing:
    """A calibrator whose process does not come to its end."""

    async def calibrate(self, task: CalibrationTask) -> dict[str, Any]:
        raise CalibrationFailed("its process ended before its answer: try it again")


@pytest.mark.asyncio
async def test_a_process_that_ends_early_leaves_its_reason(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    bench = make_bench(sessions, data_dir=tmp_path, clock=clock)
    failing = Bench(
        settings=bench.settings,
        sessions=bench.sessions,
        clock=bench.clock,
        peers=bench.peers,
        renderer=bench.renderer,
        calibrator=Refusing(),
    )
    asked = await ask(bench)

    await calibrations.run(failing)

    row = await find(bench, asked)
    assert (row.state, row.error) == ("failed", "its process ended before its answer: try it again")


@pytest.mark.asyncio
async def test_one_scheduler_works_it_out_and_another_takes_over_when_it_is_gone(
    bench: Bench,
) -> None:
    asked = await ask(bench)

    async def claim(now: datetime) -> Calibration | None:
        async with unit_of_work(bench.sessions) as session:
            return await repository.claim_next(session, now=now, lasts=CLAIMED_FOR)

    first = await claim(EVENING)
    nobody = await claim(EVENING)
    later = EVENING + CLAIMED_FOR
    second = await claim(later)
    assert first is not None
    assert second is not None
    async with unit_of_work(bench.sessions) as session:
        due = await repository.find_next_due(session)
        late = await repository.finish(session, first, result={}, error="", now=later)
        kept = await repository.finish(session, second, result={"a": 1}, error="", now=later)

    assert nobody is None
    assert first.id == second.id == asked
    assert due == later + CLAIMED_FOR
    assert (late, kept) == (False, True)
    assert (await find(bench, asked)).result == {"a": 1}
