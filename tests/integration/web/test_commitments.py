"""What senders asked us to keep, for those who look at it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Sender, Site
from app.intake.models import CommitmentInstance
from app.intake.service import commitments
from tests.factories.commitments import add_committing_sender, make_question
from tests.factories.directory import add_user
from tests.integration.web.conftest import SignIn

pytestmark = pytest.mark.asyncio
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
URL = "/api/v1/commitments"


async def ask(session: AsyncSession, sender: Sender, *uids: str) -> str:
    question = make_question(sender, *uids)
    await commitments.ask(session, question, now=NOON)
    return question.transaction_uid


async def test_commitments_are_read_in_pages_newest_first(
    session: AsyncSession, sign_in: SignIn
) -> None:
    sender = await add_committing_sender(session)
    asked = [await ask(session, sender, "1.2.1") for _ in range(3)]
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    first = (await client.get(URL, params={"limit": 2, "sender_id": sender.id})).json()
    last = (
        await client.get(URL, params={"limit": 2, "sender_id": sender.id, "before": first["next"]})
    ).json()

    seen = [each["transaction_uid"] for each in [*first["items"], *last["items"]]]
    assert seen == asked[::-1]
    assert last["next"] is None


async def test_a_commitment_tells_its_state_and_how_much_of_it_failed(
    session: AsyncSession, sign_in: SignIn
) -> None:
    sender = await add_committing_sender(session)
    await ask(session, sender, "1.2.1", "1.2.2", "1.2.3")
    await session.execute(
        update(CommitmentInstance)
        .where(CommitmentInstance.sop_instance_uid == "1.2.2")
        .values(failure_reason=0x0112)
    )
    client = await sign_in(await add_user(session, Role.AUDITOR))

    (item,) = (await client.get(URL, params={"state": "asked"})).json()["items"]
    told = (await client.get(URL, params={"state": "reported"})).json()["items"]

    assert (item["instance_count"], item["failed_count"], item["state"]) == (3, 1, "asked")
    assert (item["calling_ae_title"], item["until"]) == (sender.ae_title, None)
    assert told == []


async def test_who_belongs_to_a_society_sees_the_commitments_of_its_sites_only(
    session: AsyncSession, sign_in: SignIn
) -> None:
    sender, foreign = [await add_committing_sender(session) for _ in range(2)]
    own = await ask(session, sender, "1.2.1")
    await ask(session, foreign, "1.2.1")
    site = await session.get_one(Site, sender.site_id)
    grant = Grant(Role.COORDINATOR, society_id=site.society_id)
    client = await sign_in(await add_user(session, grant))

    listed = (await client.get(URL)).json()["items"]

    assert [each["transaction_uid"] for each in listed] == [own]


async def test_commitments_are_for_those_who_may_read_associations(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.PLANNER))

    assert (await client.get(URL)).status_code == 403
