"""Incompatibilities over the API: two who are never on guard together."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.kit.interval import Interval
from app.planning.repository.people import list_readers
from tests.factories.directory import add_radiologist, add_society, add_user
from tests.factories.planning import NOW, PARIS
from tests.integration.web.conftest import SignIn

PATH = "/api/v1/incompatibilities"


def pair(one: int, other: int) -> dict[str, int]:
    return {"one_id": one, "other_id": other}


async def list_pairs(client: httpx.AsyncClient, **params: int) -> list[tuple[int, int]]:
    items = (await client.get(PATH, params=params)).json()["items"]
    return [(each["one_id"], each["other_id"]) for each in items]


@pytest.mark.asyncio
async def test_two_of_one_society_are_kept_apart_by_its_planner(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society = (await add_society(session)).id
    one, other, third = [(await add_radiologist(session, society_id=society)).id for _ in range(3)]
    planner = await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=society)))
    reader = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=one))

    made = await planner.post(PATH, json=pair(other, one))
    again = await planner.post(PATH, json=pair(one, other))
    alone = await planner.post(PATH, json=pair(one, one))

    assert (made.status_code, again.status_code, alone.status_code) == (201, 409, 422)
    assert await list_pairs(planner) == [(one, other)]
    assert await list_pairs(planner, radiologist_id=other) == [(one, other)]
    assert await list_pairs(planner, radiologist_id=third) == []
    assert (await reader.get(PATH)).status_code == 403
    (known,) = await list_readers(
        session, period=Interval(NOW, NOW.replace(hour=22)), zone=PARIS, ids=[other]
    )
    assert known.incompatible == {one}
    path = f"{PATH}/{made.json()['id']}"
    assert (await planner.delete(path)).status_code == 204
    assert (await planner.delete(path)).status_code == 404
    assert await list_pairs(planner) == []


@pytest.mark.asyncio
async def test_two_of_different_societies_are_the_group_s_to_keep_apart(
    session: AsyncSession, sign_in: SignIn
) -> None:
    societies = [(await add_society(session)).id for _ in range(3)]
    one, other = [(await add_radiologist(session, society_id=each)).id for each in societies[:2]]
    grants = [Grant(Role.PLANNER, society_id=each) for each in societies]
    of_one, of_third = [
        await sign_in(await add_user(session, each)) for each in (grants[0], grants[2])
    ]
    of_both = await sign_in(await add_user(session, *grants[:2]))
    group = await sign_in(await add_user(session, Role.PLANNER))

    refused = [await each.post(PATH, json=pair(one, other)) for each in (of_one, of_both)]
    made = await group.post(PATH, json=pair(one, other))
    path = f"{PATH}/{made.json()['id']}"

    assert [each.status_code for each in refused] == [403, 403]
    assert made.status_code == 201
    assert await list_pairs(of_one) == [(one, other)]
    assert await list_pairs(of_third) == []
    assert (await of_one.delete(path)).status_code == 403
    assert (await group.delete(path)).status_code == 204
    assert (await group.post(PATH, json=pair(one, 2**62))).status_code == 404
