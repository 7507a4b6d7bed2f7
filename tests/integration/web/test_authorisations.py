"""Authorisations over the API: outside readers and hospital radiologists, by a dated act."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Radiologist, Society
from app.kit.interval import Interval
from app.planning.repository.people import list_readers
from tests.factories.directory import add_radiologist, add_society, add_user
from tests.factories.planning import PARIS
from tests.integration.web.conftest import SignIn

PATH = "/api/v1/authorisations"
ACT = {"kind": "hospital", "reference": "ARS 2026-14", "since": "2027-01-01", "until": "2027-07-01"}


@pytest_asyncio.fixture
async def society(session: AsyncSession) -> Society:
    """Give a society."""
    return await add_society(session)


@pytest_asyncio.fixture
async def radiologist(session: AsyncSession, society: Society) -> Radiologist:
    """Give one of its people."""
    return await add_radiologist(session, society_id=society.id)


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn, society: Society) -> httpx.AsyncClient:
    """Sign in a planner of that society."""
    return await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=society.id)))


@pytest.mark.asyncio
async def test_an_act_lets_somebody_from_outside_hold_seats_on_its_dates(
    session: AsyncSession, planner: httpx.AsyncClient, radiologist: Radiologist
) -> None:
    made = await planner.post(PATH, json={"radiologist_id": radiologist.id, **ACT})

    assert made.status_code == 201, made.text
    shown = made.json()
    assert {name: shown[name] for name in ACT} == ACT
    assert shown["written_by"] is not None
    assert (await planner.get(PATH)).json()["items"] == [shown]
    start = datetime(2027, 2, 1, tzinfo=UTC)
    (reader,) = await list_readers(
        session,
        period=Interval(start, start + timedelta(days=1)),
        zone=PARIS,
        ids=[radiologist.id],
    )
    (membership,) = reader.memberships
    assert membership.outside
    assert membership.start == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert membership.end == datetime(2027, 6, 30, 22, tzinfo=UTC)


@pytest.mark.asyncio
async def test_two_at_once_are_refused_by_the_database(
    planner: httpx.AsyncClient, radiologist: Radiologist
) -> None:
    body = {"radiologist_id": radiologist.id, **ACT}
    first = (await planner.post(PATH, json=body)).json()

    twice = await planner.post(PATH, json={**body, "kind": "outside"})
    ended = await planner.post(f"{PATH}/{first['id']}/end", json={"until": "2027-03-01"})
    after = await planner.post(PATH, json={**body, "since": "2027-03-01", "kind": "outside"})

    assert (twice.status_code, twice.json()["type"]) == (409, "urn:astreinte:problem:dates-overlap")
    assert (ended.status_code, ended.json()["until"]) == (200, "2027-03-01")
    assert after.status_code == 201
    assert (await planner.delete(f"{PATH}/{first['id']}")).status_code == 204
    left = (await planner.get(PATH, params={"radiologist_id": radiologist.id})).json()["items"]
    assert left == [after.json()]
    assert (await planner.delete(f"{PATH}/{first['id']}")).status_code == 404


@pytest.mark.asyncio
async def test_only_who_plans_for_them_writes_it(
    session: AsyncSession, sign_in: SignIn, planner: httpx.AsyncClient, radiologist: Radiologist
) -> None:
    stranger = await add_radiologist(session, society_id=(await add_society(session)).id)
    group = await sign_in(await add_user(session, Role.PLANNER))
    foreign = {"radiologist_id": stranger.id, **ACT}
    nobody_s = {"radiologist_id": (await add_radiologist(session)).id, **ACT}
    path = f"{PATH}/{(await group.post(PATH, json=foreign)).json()['id']}"
    himself = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=stranger.id))

    refused = [
        await planner.post(PATH, json=foreign),
        await planner.post(PATH, json=nobody_s),
        await planner.post(f"{path}/end", json={"until": "2027-02-01"}),
        await planner.delete(path),
        await himself.post(PATH, json=foreign),
    ]

    assert [each.status_code for each in refused] == [403] * 5
    assert (await group.post(PATH, json=nobody_s)).status_code == 201


@pytest.mark.parametrize(
    ("change", "status"),
    (
        ({"reference": "  "}, 422),
        ({"kind": "friend"}, 422),
        ({"until": "2026-12-31"}, 422),
        ({"radiologist_id": 2**62}, 404),
    ),
)
@pytest.mark.asyncio
async def test_bad_input_is_refused(
    planner: httpx.AsyncClient, radiologist: Radiologist, change: dict[str, object], status: int
) -> None:
    body = {"radiologist_id": radiologist.id, **ACT, **change}

    assert (await planner.post(PATH, json=body)).status_code == status
