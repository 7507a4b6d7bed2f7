"""Calibrations and arrivals over the API."""

from datetime import date, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Society
from app.planning.models import ArrivalCount, VolumeImport
from tests.factories.directory import add_society, add_user
from tests.integration.web.conftest import SignIn


@pytest_asyncio.fixture
async def society(session: AsyncSession) -> Society:
    return await add_society(session)


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in(await add_user(session, Role.PLANNER))


async def send(client: httpx.AsyncClient, *rows: str) -> httpx.Response:
    content = "\n".join(["society;day;hour;exams", *rows]).encode()
    return await client.post("/api/v1/arrivals/imports", files={"file": ("a.csv", content)})


def list_rows(society: Society, *, days: int, exams: int = 3) -> list[str]:
    first = date(2026, 9, 7)
    return [
        f"{society.name};{first + timedelta(days=day)};{hour};{exams}"
        for day in range(days)
        for hour in (9, 21)
    ]


@pytest.mark.asyncio
async def test_a_calibration_is_asked_for_and_waits_for_a_scheduler(
    planner: httpx.AsyncClient, society: Society
) -> None:
    stored = await send(planner, *list_rows(society, days=21))
    asked = await planner.post(
        "/api/v1/calibrations",
        json={
            "since": "2026-09-07",
            "criteria": {"limit_min": 45, "least_by_segment": {"deep_night": 2}},
            "trial": {"seed": 7},
        },
    )

    assert (stored.status_code, stored.json()["row_count"]) == (201, 42)
    shown = asked.json()
    assert (asked.status_code, shown["state"], shown["result"]) == (202, "queued", None)
    assert (shown["since"], shown["until"]) == ("2026-09-07", "2026-09-28")
    assert shown["request"]["criteria"]["limit_min"] == 45
    assert shown["request"]["criteria"]["least_by_segment"] == {"deep_night": 2}
    assert shown["request"]["trial"]["seed"] == 7
    assert (await planner.get(f"/api/v1/calibrations/{shown['id']}")).json() == shown
    listed = (await planner.get("/api/v1/calibrations")).json()
    assert [each["id"] for each in listed["items"]] == [shown["id"]]
    assert (await planner.get("/api/v1/calibrations/999999")).status_code == 404


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "words"),
    (
        ({}, "no arrival is known"),
        ({"criteria": {"limit_min": 20}}, "leaves no time to wait"),
        ({"criteria": {"floor": 8}}, "floor must be"),
        ({"trial": {"mix": [0, 0, 0, 0]}}, "mix has four weights"),
    ),
)
async def test_what_cannot_be_calibrated_is_refused_with_its_reason(
    planner: httpx.AsyncClient, body: dict[str, object], words: str
) -> None:
    answer = await planner.post("/api/v1/calibrations", json=body)

    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.asyncio
async def test_a_period_that_is_too_short_or_empty_is_refused(
    planner: httpx.AsyncClient, society: Society
) -> None:
    await send(planner, *list_rows(society, days=3))

    short = await planner.post("/api/v1/calibrations", json={})
    empty = await planner.post(
        "/api/v1/calibrations", json={"since": "2026-01-01", "until": "2026-02-01"}
    )
    backwards = await planner.post(
        "/api/v1/calibrations", json={"since": "2026-02-01", "until": "2026-01-01"}
    )

    assert "less than a week" in short.json()["detail"]
    assert "they are known from 2026-09-07 to 2026-09-09" in empty.json()["detail"]
    assert (short.status_code, empty.status_code, backwards.status_code) == (422, 422, 422)


@pytest.mark.asyncio
async def test_of_a_file_with_a_fault_nothing_is_taken(
    planner: httpx.AsyncClient, society: Society, session: AsyncSession
) -> None:
    answer = await send(planner, f"{society.name};2026-09-07;9;3", "Nobody;2026-09-07;9;-3")

    assert answer.status_code == 422
    assert "line 3, column 1: there is no society 'Nobody'" in answer.json()["detail"]
    assert "line 3, column 4: -3 is negative" in answer.json()["detail"]
    assert (await session.scalars(select(ArrivalCount))).all() == []
    assert (await session.scalars(select(VolumeImport))).all() == []


@pytest.mark.asyncio
async def test_a_file_replaces_the_days_that_it_names_and_no_others(
    planner: httpx.AsyncClient, society: Society, session: AsyncSession
) -> None:
    await send(planner, f"{society.name};2026-09-07;9;3", f"{society.name};2026-09-08;9;4")
    await send(planner, f"{society.name};2026-09-07;10;5")

    rows = (await session.scalars(select(ArrivalCount).order_by(ArrivalCount.day))).all()
    assert [(row.day.day, row.hour, row.exams, row.source) for row in rows] == [
        (7, 10, 5, "imported"),
        (8, 9, 4, "imported"),
    ]


@pytest.mark.asyncio
async def test_who_plans_for_one_society_imports_its_arrivals_and_asks_for_nothing_of_the_group(
    society: Society, session: AsyncSession, sign_in: SignIn
) -> None:
    other = await add_society(session)
    own = await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=society.id)))

    mine = await send(own, *list_rows(society, days=8))
    theirs = await send(own, *list_rows(other, days=8))
    asked = await own.post("/api/v1/calibrations", json={})
    measured = await own.post(
        "/api/v1/arrivals/measure", json={"since": "2026-09-01", "until": "2026-10-01"}
    )

    assert mine.status_code == 201
    assert [each.status_code for each in (theirs, asked, measured)] == [403, 403, 403]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("since", "until", "words"),
    (
        ("2026-10-01", "2026-09-01", "from a date up to a later one"),
        ("2020-01-01", "2026-09-01", "three years at most"),
        ("2026-11-01", "2026-12-01", "are not over"),
    ),
)
async def test_days_that_cannot_be_measured_are_refused(
    planner: httpx.AsyncClient, since: str, until: str, words: str
) -> None:
    answer = await planner.post("/api/v1/arrivals/measure", json={"since": since, "until": until})

    assert answer.status_code == 422
    assert words in answer.json()["detail"]
