"""kill -9 of the gateway at random points, under four senders: what it acknowledged is kept.

This is the short version; `make soak` runs the long one.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.db.clock import SetClock
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions
from app.kit.clock import read_host_clock
from app.kit.errors import Unavailable
from benchmarks._kill_windows import AwayDatabase, FullDisk, small_disk
from benchmarks._kills import DISK_MIB, DISK_MIB_PER_KILL, Ground, run_kills
from scheduler.jobs import studies
from tests.e2e.gateway_process import CALLING, add_sender, ask
from tests.factories.kept import make_bench

pytestmark = pytest.mark.e2e
KILLS = 8
SEED = 20261122
_CASES_OF_STUDIES = """
SELECT study.id, count(case_study.case_id) FROM study
LEFT JOIN case_study ON case_study.study_id = study.id AND case_study.ended_at IS NULL
GROUP BY study.id
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Give a data folder with a small disk of its own."""
    folder = tmp_path / "var"
    folder.mkdir()
    with ExitStack() as stack:
        try:
            stack.enter_context(small_disk(folder, mebibytes=DISK_MIB + KILLS * DISK_MIB_PER_KILL))
        except Unavailable as error:
            pytest.skip(error.message)
        yield folder


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, data_dir: Path, database_url: str
) -> None:
    add_sender(database_url)

    killed = run_kills(
        Ground(
            data_dir=data_dir,
            log=tmp_path / "gateway.log",
            database_url=database_url,
            calling=CALLING,
            called="ASTREINTE",
            disk=FullDisk(data_dir),
            database=AwayDatabase(database_url),
        ),
        kills=KILLS,
        seed=SEED,
    )

    assert killed.wrong == []
    assert killed.kills.total() == KILLS
    assert killed.acknowledged > 20 * KILLS
    assert killed.broken > 0
    asyncio.run(open_cases(database_url, data_dir=data_dir))
    cases = ask(database_url, _CASES_OF_STUDIES)
    assert len(cases) > KILLS
    assert {count for _, count in cases} == {1}


async def open_cases(database_url: str, *, data_dir: Path) -> None:
    """Open the cases of all studies, as the scheduler does; a second time nothing is new."""
    engine = make_unpooled_engine(database_url)
    bench = make_bench(make_sessions(engine), data_dir=data_dir, clock=SetClock(read_host_clock()))
    for _ in range(2):
        await studies.run(bench)
    await engine.dispose()
