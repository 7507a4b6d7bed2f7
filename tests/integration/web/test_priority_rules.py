"""The rules that give a priority, over the API."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.events import CaseOpened
from app.db.clock import SetClock
from app.directory.domain import Grant, Role
from app.directory.models import AccessLog
from tests.factories.directory import add_sender, add_site, add_society, add_user
from tests.factories.flow import take_news
from tests.factories.stage import NIGHT, add_study, set_stage
from tests.integration.web.conftest import SignIn

PATH = "/api/v1/priority-rules"
STROKE = {"rank": 10, "words": "AVC thrombolyse", "priority": "P1"}
NOTHING = {"sender_id": None, "modality": None, "station_name": None, "words": None}


def fields(answer: httpx.Response) -> list[str]:
    return [each["field"] for each in answer.json()["errors"]]


async def list_ranks(client: httpx.AsyncClient) -> list[int]:
    return [each["rank"] for each in (await client.get(PATH)).json()["items"]]


@pytest.mark.asyncio
async def test_a_rule_is_added_replaced_as_a_whole_and_deleted(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))

    created = await client.post(PATH, json=STROKE)
    path = f"{PATH}/{created.json()['id']}"
    changed = await client.put(path, json={"rank": 11, "modality": "MR", "priority": "P3"})
    listed = await client.get(PATH)
    deleted = await client.delete(path)

    assert created.status_code == 201
    assert created.json() == {**NOTHING, **STROKE, "id": created.json()["id"]}
    assert changed.json() == {
        **NOTHING,
        "id": created.json()["id"],
        "rank": 11,
        "modality": "MR",
        "priority": "P3",
    }
    assert listed.json()["items"] == [changed.json()]
    assert deleted.status_code == 204
    assert await list_ranks(client) == []


@pytest.mark.asyncio
async def test_a_rule_speaks_of_the_studies_that_arrive_once_it_is_there(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    stage = await set_stage(session)

    async def open_case() -> tuple[str, str]:
        event = await take_news(session, await add_study(stage, description="TDM AVC"), now=NIGHT)
        assert isinstance(event, CaseOpened)
        case = await cases.get_case(session, event.case_id)
        return case.priority, case.priority_reason

    assert await open_case() == ("P2", "no rule speaks of it")
    rule = (await client.post(PATH, json={**STROKE, "sender_id": stage.sender.id})).json()
    assert await open_case() == ("P1", "rule 10")
    await client.delete(f"{PATH}/{rule['id']}")
    assert await open_case() == ("P2", "no rule speaks of it")


@pytest.mark.asyncio
async def test_every_change_is_logged_with_who_and_when(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    user = await add_user(session, Role.GCS_ADMIN)
    client = await sign_in(user)

    rule_id = (await client.post(PATH, json=STROKE)).json()["id"]
    await client.put(f"{PATH}/{rule_id}", json={**STROKE, "priority": "P2"})
    await client.post(PATH, json=STROKE)
    await client.delete(f"{PATH}/{rule_id}")

    log = AccessLog.subject == "priority_rule"
    rows = (await session.scalars(select(AccessLog).where(log).order_by(AccessLog.id))).all()
    assert [row.action for row in rows] == ["create", "change", "delete"], "not what was refused"
    assert {(row.subject_id, row.user_id, row.at) for row in rows} == {
        (rule_id, user.id, clock.instant)
    }


@pytest.mark.asyncio
async def test_two_rules_of_the_same_rank_are_a_conflict(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    await client.post(PATH, json=STROKE)
    other = (await client.post(PATH, json={**STROKE, "rank": 20})).json()

    added = await client.post(PATH, json={**STROKE, "words": "hémorragie"})
    moved = await client.put(f"{PATH}/{other['id']}", json=STROKE)

    for answer in (added, moved):
        assert (answer.status_code, fields(answer)) == (409, ["rank"])
    assert await list_ranks(client) == [10, 20]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender_id": 2**62}, "sender_id"),
        ({"modality": "ct"}, "modality"),
        ({"modality": "A" * 17}, "modality"),
        ({"station_name": "A" * 17}, "station_name"),
        ({"words": "--"}, "words"),
        ({"words": ""}, "body.words"),
        ({"words": "a" * 201}, "body.words"),
        ({"priority": "P5"}, "body.priority"),
        ({"rank": 0}, "body.rank"),
    ],
)
async def test_what_breaks_a_rule_names_its_field(
    session: AsyncSession, sign_in: SignIn, change: dict[str, Any], field: str
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    rule_id = (await client.post(PATH, json=STROKE)).json()["id"]

    added = await client.post(PATH, json={**STROKE, "rank": 20, **change})
    changed = await client.put(f"{PATH}/{rule_id}", json={**STROKE, **change})

    for answer in (added, changed):
        assert (answer.status_code, fields(answer)) == (422, [field])
    assert (await client.get(PATH)).json()["items"] == [{**NOTHING, **STROKE, "id": rule_id}]


@pytest.mark.asyncio
async def test_a_rule_that_would_match_every_study_is_refused(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))

    answer = await client.post(PATH, json={"rank": 1, "priority": "P4"})

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:astreinte:problem:rule-without-criterion"


@pytest.mark.asyncio
async def test_a_rule_that_is_not_there_is_neither_changed_nor_deleted(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))

    changed = await client.put(f"{PATH}/{2**62}", json=STROKE)
    deleted = await client.delete(f"{PATH}/{2**62}")

    assert (changed.status_code, deleted.status_code) == (404, 404)


@pytest.mark.asyncio
async def test_the_pages_follow_the_ranks_and_leave_nothing_out(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    for rank in (50, 10, 40, 20, 30):
        await client.post(PATH, json={**STROKE, "rank": rank})

    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = (await client.get(PATH, params={"limit": 2, "after": after})).json()
        seen += [each["rank"] for each in page["items"]]
        after = page["next"]

    assert seen == [10, 20, 30, 40, 50]


@pytest.mark.asyncio
async def test_a_coordinator_reads_the_rules_of_all_and_of_the_own_senders_and_changes_none(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    own, other = [await add_society(session) for _ in range(2)]
    for rank, society in ((2, own), (3, other)):
        site = await add_site(session, society_id=society.id)
        sender = await add_sender(session, site_id=site.id)
        await admin.post(PATH, json={"rank": rank, "sender_id": sender.id, "priority": "P3"})
    rule_id = (await admin.post(PATH, json={**STROKE, "rank": 1})).json()["id"]
    everywhere = await sign_in(await add_user(session, Role.COORDINATOR))
    inside = await sign_in(await add_user(session, Grant(Role.COORDINATOR, society_id=own.id)))

    refused = [
        await everywhere.post(PATH, json={**STROKE, "rank": 9}),
        await everywhere.put(f"{PATH}/{rule_id}", json=STROKE),
        await everywhere.delete(f"{PATH}/{rule_id}"),
    ]

    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert await list_ranks(everywhere) == [1, 2, 3]
    assert await list_ranks(inside) == [1, 2]


@pytest.mark.asyncio
async def test_an_administrator_of_a_part_of_the_group_changes_no_rule_of_the_group(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society = await add_society(session)
    client = await sign_in(await add_user(session, Grant(Role.GCS_ADMIN, society_id=society.id)))

    answer = await client.post(PATH, json=STROKE)

    assert answer.status_code == 403
