"""Several calendars over the API: hours beside the segments, and which hours an instant is."""

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from tests.factories.directory import add_user
from tests.factories.planning import add_group
from tests.integration.web.conftest import SignIn

EVERY_DAY = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday",
]  # fmt: skip
NIGHT = {"code": "late", "days": EVERY_DAY, "starts": "22:00", "ends": "06:00"}


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    await add_group(session)
    return await sign_in(await add_user(session, Role.PLANNER))


@pytest.mark.asyncio
async def test_a_calendar_of_hours_classifies_beside_the_segments(
    planner: httpx.AsyncClient,
) -> None:
    new = {"name": "Late hours", "kind": "hours"}

    made = await planner.put("/api/v1/segments/calendars/late", json=new)
    rules = await planner.put(
        "/api/v1/segments", json={"calendar": "late", "since": "2026-01-01", "rules": [NIGHT]}
    )
    at = await planner.get("/api/v1/segments/at", params={"at": "2026-03-02T23:30:00+01:00"})

    assert made.json() == {
        "code": "late",
        "name": "Late hours",
        "kind": "hours",
        "site_id": None,
        "alsace_moselle": False,
        "bridges": False,
    }
    assert [each["code"] for each in rules.json()] == ["late"]
    assert at.json()["calendars"] == {
        "gcs": ["evening"],
        "pdses": ["night"],
        "billing": ["night"],
        "late": ["late"],
    }
    listed = await planner.get("/api/v1/segments/calendars")
    assert [each["code"] for each in listed.json()] == ["billing", "gcs", "late", "pdses"]
    segments = (await planner.get("/api/v1/segments")).json()
    assert {each["code"] for each in segments} == {"day", "evening", "deep_night", "weekend"}
    late = (await planner.get("/api/v1/segments", params={"calendar": "late"})).json()
    assert late == rules.json()


@pytest.mark.asyncio
async def test_what_does_not_fit_is_refused(planner: httpx.AsyncClient) -> None:
    async def put(code: str, **changes: object) -> int:
        body = {"name": "x", "kind": "hours"} | changes
        answer = await planner.put(f"/api/v1/segments/calendars/{code}", json=body)
        return answer.status_code

    assert await put("Late Hours") == 422
    assert await put("late", kind="moon") == 422
    assert await put("late", site_id=1) == 422
    assert await put("echo", kind="on_site") == 422
    assert await put("echo", kind="on_site", site_id=10**9) == 404
    assert await put("billing", kind="guard") == 409
    assert await put("second", kind="guard") == 409
    unknown = await planner.get("/api/v1/segments", params={"calendar": "moon"})
    naive = await planner.get("/api/v1/segments/at", params={"at": "2026-03-02T23:30:00"})
    twice = {"calendar": "billing", "since": "2027-01-01", "rules": [NIGHT, NIGHT]}
    doubled = await planner.put("/api/v1/segments", json=twice)
    assert (unknown.status_code, naive.status_code, doubled.status_code) == (404, 422, 422)
    assert "late and late both cover" in doubled.json()["detail"]


@pytest.mark.asyncio
async def test_a_radiologist_reads_calendars_and_writes_none(
    session: AsyncSession, sign_in: SignIn
) -> None:
    group = await add_group(session)
    user = await add_user(
        session,
        Grant(Role.RADIOLOGIST, society_id=group.societies[0]),
        radiologist_id=group.everybody[0],
    )
    reader = await sign_in(user)

    read = await reader.get("/api/v1/segments/calendars")
    written = await reader.put(
        "/api/v1/segments/calendars/late", json={"name": "x", "kind": "hours"}
    )

    assert (read.status_code, written.status_code) == (200, 403)


@pytest.mark.asyncio
async def test_hours_of_a_night_are_what_elapses_when_the_clocks_change(
    planner: httpx.AsyncClient,
) -> None:
    async def measure(since: str, until: str) -> httpx.Response:
        params = {"since": since, "until": until}
        return await planner.get("/api/v1/segments/hours", params=params)

    spring = await measure("2026-03-28T20:00:00+01:00", "2026-03-29T08:00:00+02:00")
    autumn = await measure("2026-10-24T20:00:00+02:00", "2026-10-25T08:00:00+01:00")

    assert spring.json()["minutes"] == {
        "billing": {"night": 11 * 60, "rest_day": 7 * 60},
        "gcs": {"deep_night": 7 * 60, "weekend": 4 * 60},
        "pdses": {"night": 11 * 60},
    }
    assert autumn.json()["minutes"]["billing"]["night"] == 13 * 60
    long = await measure("2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z")
    backwards = await measure("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")
    assert (long.status_code, backwards.status_code) == (422, 422)
