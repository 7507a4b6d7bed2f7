"""`astreinte planning` as planners and scripts call it."""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner, Result

from app.commands.planning import planning
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions, unit_of_work
from app.planning.domain.errors import AlreadyPublished, NothingToShare
from tests.factories.planning import NOW, add_group, add_published


def seed(url: str, add: Callable[[AsyncSession], Awaitable[object]]) -> None:
    async def run() -> None:
        engine = make_unpooled_engine(url)
        async with unit_of_work(make_sessions(engine)) as session:
            await add(session)
        await engine.dispose()

    asyncio.run(run())


@pytest.fixture
def call(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    monkeypatch.setenv("ASTREINTE_DATABASE_URL", database_url)
    monkeypatch.setenv("ASTREINTE_DATA_DIR", str(tmp_path))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(planning, arguments)

    return invoke


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_four_weeks_around_now_are_generated_shown_published_and_exported(
    call: Callable[..., Result], database_url: str, tmp_path: Path
) -> None:
    seed(database_url, add_group)

    made = read(call("generate", "--json"))
    listed = read(call("show", "--json"))
    published = read(call("publish", str(made["revision_id"]), "--json"))
    seats = read(call("show", str(made["revision_id"]), "--json"))
    target = tmp_path / "roster.csv"
    exported = call("export", str(made["revision_id"]), "--format", "csv", "--output", str(target))

    assert made["number"] is None
    assert (published["number"], published["seats"]) == (1, made["seats"])
    assert [each["number"] for each in listed] == [None]
    assert len(seats) == made["seats"] > 300
    assert exported.exit_code == 0
    lines = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert len(lines) == made["seats"]
    rows = read(call("export", str(made["revision_id"])))
    assert [row["seat_id"] for row in rows] == [int(line["seat_id"]) for line in lines]


def test_a_second_call_plans_what_comes_next_unless_only_what_is_needed_is_asked_for(
    call: Callable[..., Result], database_url: str
) -> None:
    seed(database_url, add_group)
    first = read(call("generate", "--publish", "--if-needed", "--json"))

    again = read(call("generate", "--publish", "--if-needed", "--json"))
    following = read(call("generate", "--weeks", "1", "--json"))

    assert again == first
    assert first["number"] == 1
    assert following["planning_id"] != first["planning_id"]


def test_a_period_that_was_laid_out_gets_a_new_draft(
    call: Callable[..., Result], database_url: str
) -> None:
    seed(database_url, add_group)
    arguments = ("generate", "--from", "2030-01-07", "--weeks", "1", "--json")

    first, second = read(call(*arguments)), read(call(*arguments))

    assert first["planning_id"] == second["planning_id"]
    assert first["revision_id"] != second["revision_id"]


def test_people_are_told_in_a_sentence_and_a_table(
    call: Callable[..., Result], database_url: str
) -> None:
    seed(database_url, add_group)

    made = call("generate", "--from", "2030-01-07", "--weeks", "1", "--publish")
    listed, seats = call("show"), call("show", "1")

    assert "published as number 1" in made.stderr
    assert made.stdout == ""
    assert "2030-01-07" in listed.stdout
    assert "deep_night" in seats.stdout


def test_what_is_wrong_goes_through_to_the_one_who_prints_it(
    call: Callable[..., Result], database_url: str
) -> None:
    assert isinstance(call("generate").exception, NothingToShare)

    async def publish(session: AsyncSession) -> None:
        await add_group(session)
        await add_published(session, now=NOW)

    seed(database_url, publish)
    assert isinstance(call("publish", "1").exception, AlreadyPublished)
    assert call("publish", "1", "--accept", "nothing").exit_code == 2


def test_the_solver_makes_a_draft_that_is_published_when_asked_for(
    call: Callable[..., Result], database_url: str
) -> None:
    seed(database_url, lambda session: add_group(session, people_each=10, volumes=(600, 300)))

    made = read(call("generate", "--weeks", "2", "--solver", "60", "--publish", "--json"))

    assert made["number"] == 1
    assert made["uncovered"] == 0
    again = read(call("generate", "--if-needed", "--solver", "6", "--json"))
    assert again["revision_id"] == made["revision_id"]
