"""Working times over the API: dated, never two at once, and known to rosters."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.kit.interval import Interval
from app.planning.repository.people import list_readers
from tests.factories.directory import add_radiologist, add_society, add_user
from tests.factories.planning import PARIS
from tests.integration.web.conftest import SignIn

PATH = "/api/v1/working-times"
HALF = {"since": "2027-01-01", "until": "2027-04-01", "fte": 500}


@dataclass
class Ground:
    """Planners of the group and of the first society, a radiologist of each of two."""

    planner: httpx.AsyncClient
    own: httpx.AsyncClient
    reader: httpx.AsyncClient
    one: int
    other: int


@pytest_asyncio.fixture
async def ground(session: AsyncSession, sign_in: SignIn) -> Ground:
    """Sign them in."""
    societies = [await add_society(session) for _ in range(2)]
    one, other = [(await add_radiologist(session, society_id=each.id)).id for each in societies]
    grant = Grant(Role.PLANNER, society_id=societies[0].id)
    return Ground(
        await sign_in(await add_user(session, Role.PLANNER)),
        await sign_in(await add_user(session, grant)),
        await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=one)),
        one,
        other,
    )


async def read_fte(session: AsyncSession, radiologist: int, *, on: str) -> int:
    start = datetime.fromisoformat(f"{on}T12:00:00").replace(tzinfo=UTC)
    period = Interval(start, start + timedelta(days=1))
    (found,) = await list_readers(session, period=period, zone=PARIS, ids=[radiologist])
    return found.fte


@pytest.mark.asyncio
async def test_a_working_time_holds_on_its_dates_and_rosters_know_it(
    session: AsyncSession, ground: Ground
) -> None:
    made = await ground.own.post(PATH, json={"radiologist_id": ground.one, **HALF})

    assert made.status_code == 201, made.text
    assert made.json() == {"id": made.json()["id"], "radiologist_id": ground.one, **HALF}
    assert (await ground.reader.get(PATH)).json()["items"] == [made.json()]
    other = await ground.reader.get(PATH, params={"radiologist_id": ground.other})
    assert other.json()["items"] == []
    assert [
        await read_fte(session, ground.one, on=day) for day in ("2027-03-31", "2027-04-01")
    ] == [
        500,
        1000,
    ]


@pytest.mark.asyncio
async def test_two_at_once_are_refused_and_one_after_the_other_is_not(
    session: AsyncSession, ground: Ground
) -> None:
    body = {"radiologist_id": ground.one, **HALF}
    await ground.planner.post(PATH, json=body)

    twice = await ground.planner.post(PATH, json={**body, "since": "2027-03-31", "until": None})
    after = await ground.planner.post(PATH, json={**body, "since": "2027-04-01", "until": None})
    other = await ground.planner.post(PATH, json={**body, "radiologist_id": ground.other})

    assert (twice.status_code, twice.json()["type"]) == (409, "urn:astreinte:problem:dates-overlap")
    assert "end that one first" in twice.json()["detail"]
    assert (after.status_code, other.status_code) == (201, 201)


@pytest.mark.asyncio
async def test_it_is_ended_on_a_date_and_deleted(session: AsyncSession, ground: Ground) -> None:
    body = {"radiologist_id": ground.one, "since": "2027-01-01", "fte": 800}
    path = f"{PATH}/{(await ground.own.post(PATH, json=body)).json()['id']}"

    ended = await ground.own.post(f"{path}/end", json={"until": "2027-06-01"})
    later = await ground.own.post(f"{path}/end", json={"until": "2027-07-01"})
    before = await ground.own.post(f"{path}/end", json={"until": "2027-01-01"})

    assert (ended.status_code, ended.json()["until"]) == (200, "2027-06-01")
    assert (later.status_code, before.status_code) == (422, 422)
    assert (await ground.own.delete(path)).status_code == 204
    assert (await ground.own.delete(path)).status_code == 404
    assert (await ground.own.post(f"{path}/end", json={"until": "2027-06-01"})).status_code == 404
    assert await read_fte(session, ground.one, on="2027-03-01") == 1000


@pytest.mark.asyncio
async def test_who_does_not_plan_for_the_radiologist_writes_nothing(ground: Ground) -> None:
    foreign = {"radiologist_id": ground.other, **HALF}
    made = (await ground.planner.post(PATH, json=foreign)).json()
    path = f"{PATH}/{made['id']}"

    refused = [
        await ground.own.post(PATH, json={**foreign, "since": "2028-01-01", "until": None}),
        await ground.own.post(f"{path}/end", json={"until": "2027-02-01"}),
        await ground.own.delete(path),
        await ground.reader.post(PATH, json={"radiologist_id": ground.one, **HALF}),
    ]

    assert [each.status_code for each in refused] == [403] * 4
    assert (await ground.planner.get(PATH)).json()["items"] == [made]


@pytest.mark.parametrize(
    ("change", "status"),
    (
        ({"fte": 0}, 422),
        ({"fte": 1001}, 422),
        ({"until": "2027-01-01"}, 422),
        ({"radiologist_id": 2**62}, 404),
    ),
)
@pytest.mark.asyncio
async def test_bad_input_is_refused(ground: Ground, change: dict[str, object], status: int) -> None:
    body = {"radiologist_id": ground.one, **HALF, **change}

    assert (await ground.planner.post(PATH, json=body)).status_code == status
