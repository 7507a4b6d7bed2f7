"""Passes that let a title of a known address in, over the API."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Grant, Role
from app.directory.domain.addresses import name_caller
from app.directory.models import Sender
from app.tasks import repository as tasks
from app.tasks import service as task_service
from app.tasks.domain.kinds import TaskKind
from dicom_gateway.admission import AdmissionPass
from dicom_gateway.directory import take_snapshot
from tests.factories.directory import add_sender, add_site, add_society, add_user
from tests.integration.web.conftest import SignIn

pytestmark = pytest.mark.asyncio
PATH = "/api/v1/admission-passes"


async def make_sender(session: AsyncSession) -> Sender:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    return await add_sender(session, site_id=site.id, addresses=["10.1.2.0/24"])


def ask_for(sender: Sender, **values: object) -> dict[str, object]:
    return {
        "sender_id": sender.id,
        "calling_ae_title": "NEW_CT",
        "address": "10.1.2.7",
        **values,
    }


async def test_a_coordinator_lets_a_title_in_and_the_task_is_settled(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    sender = await make_sender(session)
    grant = Grant(Role.COORDINATOR, site_id=sender.site_id)
    client = await sign_in(await add_user(session, grant))
    subject = name_caller(sender.id, calling_ae_title="NEW_CT", address="10.1.2.7")
    kind = TaskKind.ASSOCIATION_REFUSED
    task_id = await task_service.raise_task(session, kind, subject=subject, now=clock.instant)
    assert task_id is not None

    created = await client.post(PATH, json=ask_for(sender, address="::ffff:10.1.2.7"))
    listed = await client.get(PATH)

    assert created.status_code == 201
    assert created.json()["address"] == "10.1.2.7"
    until = datetime.fromisoformat(created.json()["until"])
    assert until == clock.instant + timedelta(hours=12)
    assert listed.json()["items"] == [created.json()]
    task = await tasks.get_task(session, task_id)
    assert (task.outcome, task.settled_by) == ("admitted for 12 h", created.json()["given_by"])
    snapshot = await take_snapshot(session, now=clock.instant)
    assert snapshot.passes == (AdmissionPass(sender.id, "NEW_CT", "10.1.2.7", until),)


async def test_a_pass_is_ended_once_and_then_admits_nobody(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    sender = await make_sender(session)
    client = await sign_in(await add_user(session, Role.COORDINATOR))
    one = f"{PATH}/{(await client.post(PATH, json=ask_for(sender))).json()['id']}"

    ended = await client.delete(one)
    again = await client.delete(one)

    assert (ended.status_code, again.status_code) == (204, 409)
    assert (await take_snapshot(session, now=clock.instant)).passes == ()
    assert (await client.get(PATH)).json()["items"] == []


async def test_a_pass_is_over_when_its_hours_are(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    sender = await make_sender(session)
    client = await sign_in(await add_user(session, Role.COORDINATOR))
    await client.post(PATH, json=ask_for(sender, hours=2))

    at_the_end = clock.instant + timedelta(hours=2)

    assert len((await take_snapshot(session, now=clock.instant)).passes) == 1
    assert (await take_snapshot(session, now=at_the_end)).passes == ()


async def test_a_second_pass_for_the_same_caller_takes_the_place_of_the_first(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    sender = await make_sender(session)
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    first = await client.post(PATH, json=ask_for(sender, hours=12))
    second = await client.post(PATH, json=ask_for(sender, hours=1))

    listed = (await client.get(PATH)).json()["items"]
    assert [each["id"] for each in listed] == [second.json()["id"]]
    assert (await client.delete(f"{PATH}/{first.json()['id']}")).status_code == 409


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({"address": "10.1.3.7"}, 422, "address"),
        ({"address": "somewhere"}, 422, "address"),
        ({"calling_ae_title": "A" * 17}, 422, "calling_ae_title"),
        ({"calling_ae_title": "A\x00"}, 422, "calling_ae_title"),
        ({"hours": 13}, 422, "hours"),
        ({"hours": 0}, 422, "hours"),
        ({"sender_id": 999_999_999}, 404, None),
    ],
)
async def test_what_may_not_be_let_in_is_refused(
    session: AsyncSession,
    sign_in: SignIn,
    values: dict[str, object],
    status: int,
    field: str | None,
) -> None:
    sender = await make_sender(session)
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    refused = await client.post(PATH, json=ask_for(sender, **values))

    assert refused.status_code == status
    if field is not None:
        (error,) = refused.json()["errors"]
        assert error["field"].removeprefix("body.") == field


async def test_a_disabled_sender_lets_nobody_in(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    sender = await make_sender(session)
    sender.disabled_at = clock.instant
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    assert (await client.post(PATH, json=ask_for(sender))).status_code == 422


async def test_a_coordinator_of_another_society_lets_nobody_in(
    session: AsyncSession, sign_in: SignIn
) -> None:
    sender = await make_sender(session)
    other = await add_society(session)
    mine = await sign_in(await add_user(session, Role.COORDINATOR))
    grant = Grant(Role.COORDINATOR, society_id=other.id)
    theirs = await sign_in(await add_user(session, grant))
    given = await mine.post(PATH, json=ask_for(sender))

    refused = await theirs.post(PATH, json=ask_for(sender))
    ended = await theirs.delete(f"{PATH}/{given.json()['id']}")

    assert (refused.status_code, ended.status_code) == (403, 403)
    assert (await theirs.get(PATH)).json()["items"] == []


async def test_a_sender_says_what_it_does_with_unknown_titles_and_where_it_answers(
    session: AsyncSession, sign_in: SignIn
) -> None:
    sender = await make_sender(session)
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    path = f"/api/v1/senders/{sender.id}"
    body = {
        "name": "PACS",
        "ae_title": "PACS",
        "addresses": ["10.1.2.0/24"],
        "domain_id": sender.domain_id,
        "site_id": sender.site_id,
    }
    node = {"ae_title": "PACS_Q", "host": "pacs.example", "port": 104}

    first = await client.put(path, json={**body, "unknown_calling": "refuse", "node": node})
    shown = await client.get(path)
    second = await client.put(path, json=body)
    wrong = await client.put(path, json={**body, "unknown_calling": "perhaps"})

    assert first.json()["unknown_calling"] == "refuse"
    assert {key: first.json()["node"][key] for key in node} == node
    assert shown.json() == first.json()
    assert (second.json()["unknown_calling"], second.json()["node"]) == ("accept", None)
    assert wrong.status_code == 422
