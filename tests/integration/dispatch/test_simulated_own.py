"""`astreinte simulate --since`: the nights that this platform has read are read again."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import pipeline
from app.cli import app
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions, unit_of_work
from app.kit.errors import Invalid
from tests.factories.flow import open_case, sign_case
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)


async def read_a_night(url: str) -> str:
    """Let one case be signed, one wait, one be voided, and one come by day; name the society."""
    engine = make_unpooled_engine(url)
    async with unit_of_work(make_sessions(engine)) as session:
        stage = await set_stage(session)
        reader, actor = await add_radiologist(stage)
        await put_on_guard(stage, reader)
        signed = await open_case(stage, urgent=True, at=NIGHT)
        await sign_case(stage, signed, actor=actor, instances=2, at=NIGHT + 5 * MINUTE)
        await open_case(stage, at=NIGHT + 10 * MINUTE)
        void = await open_case(stage, at=NIGHT + 20 * MINUTE)
        await pipeline.claim(session, void, actor=actor, now=NIGHT + 21 * MINUTE)
        await pipeline.void(session, void, actor=actor, reason="essai", now=NIGHT + 22 * MINUTE)
        await open_case(stage, at=NIGHT - timedelta(hours=9))
    await engine.dispose()
    return stage.society.short_name


@pytest.fixture
def society(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ASTREINTE_DATABASE_URL", database_url)
    monkeypatch.setenv("ASTREINTE_DATA_DIR", str(tmp_path))
    return asyncio.run(read_a_night(database_url))


def run(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_the_nights_of_the_platform_are_read_again_and_can_be_written(
    society: str, tmp_path: Path
) -> None:
    figures, arrivals = tmp_path / "figures.json", tmp_path / "arrivals.csv"
    day = NIGHT.date()

    said = run(
        f"--since={day}",
        f"--until={day + timedelta(days=1)}",
        "--readers=1",
        "--policy=pool",
        f"--json={figures}",
        f"--arrivals={arrivals}",
    )

    found = json.loads(figures.read_text(encoding="utf-8"))
    assert f"1 nights, 1 arrivals by day left out; societies: 1 {society}" in said
    assert found["policies"]["pool"]["all"]["cases"] == 2
    lines = arrivals.read_text(encoding="utf-8").splitlines()
    assert lines == [
        "arrived_at,society,priority,read_minutes",
        f"{NIGHT.isoformat()},{society},P1,1.00",
        f"{(NIGHT + 10 * MINUTE).isoformat()},{society},P2,",
    ]


@pytest.mark.usefixtures("society")
def test_dates_without_a_night_and_options_that_do_not_go_together_are_told() -> None:
    for arguments, message in (
        (["--since=2026-01-02", "--until=2026-01-02"], "to a later one"),
        (["--since=2026-01-02", "--until=2026-01-04"], "nothing to replay"),
        (["--until=2026-01-04"], "go with --since"),
        (["--since=2026-01-02", "--replay=x.csv"], "does without --replay"),
    ):
        with pytest.raises(Invalid, match=message):
            CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)
