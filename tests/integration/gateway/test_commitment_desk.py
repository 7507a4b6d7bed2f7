"""The commitment desk of the gateway, with a real database and without one."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
from pydicom import Dataset
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import create_async_engine

from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender, Site
from app.intake.domain.announcements import AnnouncementHeard, Source
from app.intake.models import Commitment, CommitmentInstance
from app.kit.clock import read_host_clock, read_monotonic_s
from dicom_gateway.announcing import Announcing
from dicom_gateway.commitment import CommitmentDesk
from tests.factories.commitments import add_committing_sender, draw_uids, make_action, set_days
from tests.factories.connections import end_connections
from tests.factories.steps import CT_IMAGE, make_commitment, make_reference
from tests.factories.waiting import wait_for_a_waiter
from tests.integration.gateway.notices import list_woken, listen_to_work

pytestmark = pytest.mark.asyncio
SUCCESS, NO_DATABASE, IN_USE, OFF = 0x0000, 0x0110, 0x0115, 0x0124


class Asking:
    """A desk, what it journals, and a sender that asks it."""

    def __init__(self, url: str | None, *, patience_s: float = 20.0) -> None:
        self.url = url
        self.heard: list[AnnouncementHeard] = []
        announcing = Announcing(write=self.heard.append, read_clock=read_host_clock)
        self.desk = CommitmentDesk(
            announcing=announcing, find_url=lambda: self.url, patience_s=patience_s
        )

    async def ask(
        self, sender: Sender, data_set: Dataset | bytes, *, implicit: bool = False
    ) -> int:
        answer = await self.desk.ask(
            make_action(data_set, implicit=implicit),
            sender_id=sender.id,
            association_id=uuid.uuid4(),
            calling_ae_title=sender.ae_title,
        )
        return answer.status


@pytest.fixture
def asking(database_url: str) -> Iterator[Asking]:
    asking = Asking(database_url)
    yield asking
    asking.desk.close()


@pytest_asyncio.fixture
async def sender(sessions: Sessions) -> Sender:
    async with unit_of_work(sessions) as session:
        return await add_committing_sender(session)


async def list_asked(sessions: Sessions) -> list[Commitment]:
    async with sessions() as session:
        return list(await session.scalars(select(Commitment).order_by(Commitment.id)))


async def list_references(sessions: Sessions, commitment_id: int) -> set[tuple[str, str]]:
    async with sessions() as session:
        rows = await session.execute(
            select(CommitmentInstance.sop_instance_uid, CommitmentInstance.sop_class_uid).where(
                CommitmentInstance.commitment_id == commitment_id
            )
        )
        return {(row[0], row[1]) for row in rows}


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_question_is_committed_and_its_list_announced_and_the_scheduler_woken(
    asking: Asking, sessions: Sessions, sender: Sender, database_url: str, *, implicit: bool
) -> None:
    uids = draw_uids(3)

    async with listen_to_work(database_url) as ear:
        status = await asking.ask(sender, make_commitment(*uids), implicit=implicit)
        woken = await list_woken(ear)

    (asked,) = await list_asked(sessions)
    assert status == SUCCESS
    assert (asked.state, asked.until, asked.next_at) == ("asked", None, asked.asked_at)
    assert (asked.sender_id, asked.calling_ae_title) == (sender.id, sender.ae_title)
    assert await list_references(sessions, asked.id) == {(uid, CT_IMAGE) for uid in uids}
    assert [(each.source, each.sop_instance_uids) for each in asking.heard] == [
        (Source.COMMITMENT, uids)
    ]
    assert woken == ["commitments"]


async def test_a_list_of_twenty_thousand_instances_is_taken(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    uids = draw_uids(20_000)

    assert await asking.ask(sender, make_commitment(*uids)) == SUCCESS

    (asked,) = await list_asked(sessions)
    assert len(await list_references(sessions, asked.id)) == len(uids)


async def test_the_same_question_again_is_answered_again_and_kept_once(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    first, last = draw_uids(2)
    await asking.ask(sender, make_commitment(first, last))
    (before,) = await list_asked(sessions)
    async with unit_of_work(sessions) as session:
        await session.execute(
            update(Commitment).values(
                state="reported",
                next_at=None,
                attempts=4,
                until=before.asked_at + timedelta(days=3),
                token=uuid.uuid4(),
            )
        )

    status = await asking.ask(sender, make_commitment(last, first))

    (after,) = await list_asked(sessions)
    assert status == SUCCESS
    assert (after.state, after.attempts, after.token) == ("asked", 0, None)
    assert after.asked_at > before.asked_at
    # What was promised holds meanwhile.
    assert after.until == before.asked_at + timedelta(days=3)
    assert len(await list_references(sessions, after.id)) == 2


async def test_a_transaction_that_names_another_list_is_in_use(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    first, last = draw_uids(2)
    await asking.ask(sender, make_commitment(first))

    statuses = [
        await asking.ask(sender, make_commitment(first, last)),
        await asking.ask(sender, make_commitment(last)),
    ]

    (asked,) = await list_asked(sessions)
    assert statuses == [IN_USE, IN_USE]
    assert await list_references(sessions, asked.id) == {(first, CT_IMAGE)}


async def test_two_senders_may_draw_the_same_transaction(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    async with unit_of_work(sessions) as session:
        other = await add_committing_sender(session)
    first, last = draw_uids(2)

    assert await asking.ask(sender, make_commitment(first)) == SUCCESS
    assert await asking.ask(other, make_commitment(last)) == SUCCESS
    assert len(await list_asked(sessions)) == 2


async def test_an_instance_that_is_listed_twice_is_kept_once(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    (uid,) = draw_uids(1)

    assert await asking.ask(sender, make_commitment(uid, uid)) == SUCCESS

    (asked,) = await list_asked(sessions)
    assert await list_references(sessions, asked.id) == {(uid, CT_IMAGE)}


@pytest.mark.parametrize("how", ["off", "nowhere", "disabled"])
async def test_who_gets_no_commitments_is_refused_but_heard(
    asking: Asking, sessions: Sessions, sender: Sender, how: str
) -> None:
    async with unit_of_work(sessions) as session:
        row = await session.merge(sender)
        if how == "off":
            await set_days(session, row, None)
        elif how == "nowhere":
            row.endpoint_id = None
        else:
            row.disabled_at = read_host_clock()

    assert await asking.ask(sender, make_commitment(*draw_uids(2))) == OFF
    assert await list_asked(sessions) == []
    assert [each.instance_count for each in asking.heard] == [2]


async def test_a_question_that_is_wrong_is_refused_for_the_right_reason(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    without_class = make_commitment("1.2.1", "1.2.2")
    del without_class.ReferencedSOPSequence[1].ReferencedSOPClassUID

    assert await asking.ask(sender, make_commitment()) == 0x0120
    assert await asking.ask(sender, without_class) == 0x0120
    assert await asking.ask(sender, make_commitment("1.2.1", transaction_uid="")) == 0x0106
    assert await asking.ask(sender, b"nonsense") == 0x0110
    assert await asking.ask(sender, b"\0" * ((4 << 20) + 1)) == 0x0213
    assert (await list_asked(sessions), asking.heard) == ([], [])


async def test_what_is_asked_without_a_database_fails_and_is_taken_when_it_is_back(
    sessions: Sessions, sender: Sender, database_url: str
) -> None:
    asking = Asking(None)
    asked = make_commitment(*draw_uids(1))
    try:
        statuses = [await asking.ask(sender, asked)]
        # Nobody listens there.
        asking.url = "postgresql://nobody@127.0.0.1:1/nothing"
        statuses.append(await asking.ask(sender, asked))
        asking.url = database_url
        statuses.append(await asking.ask(sender, asked))
    finally:
        asking.desk.close()

    assert statuses == [NO_DATABASE, NO_DATABASE, SUCCESS]
    assert len(await list_asked(sessions)) == 1


async def test_a_connection_that_broke_costs_nothing_but_a_new_one(
    asking: Asking, sessions: Sessions, sender: Sender, database_url: str
) -> None:
    await asking.ask(sender, make_commitment(*draw_uids(1), transaction_uid="1.2.1"))
    await end_connections(database_url, application="astreinte gateway")

    status = await asking.ask(sender, make_commitment(*draw_uids(1), transaction_uid="1.2.2"))

    assert status == SUCCESS
    assert len(await list_asked(sessions)) == 2


async def test_a_connection_that_breaks_in_the_middle_of_a_question_costs_a_second_attempt(
    asking: Asking, sessions: Sessions, sender: Sender, database_url: str
) -> None:
    asked = make_commitment(*draw_uids(1))
    await asking.ask(sender, asked)
    async with unit_of_work(sessions) as session:
        await session.execute(select(Commitment).with_for_update())
        again = asyncio.create_task(asking.ask(sender, asked))
        await wait_for_a_waiter(sessions)
        await end_connections(database_url, application="astreinte gateway")
        # The second attempt waits for the same row.
        await wait_for_a_waiter(sessions)

    assert await again == SUCCESS
    assert len(await list_asked(sessions)) == 1


async def test_a_database_that_keeps_us_waiting_is_not_waited_for(
    sessions: Sessions, sender: Sender, database_url: str
) -> None:
    asking = Asking(database_url, patience_s=20)
    asked = make_commitment(*draw_uids(1))
    await asking.ask(sender, asked)
    impatient = Asking(database_url, patience_s=1.0)
    # Its first question has more time, to load what speaks to the database.
    await impatient.ask(sender, asked)
    try:
        async with unit_of_work(sessions) as session:
            await session.execute(select(Commitment).with_for_update())
            began_s = read_monotonic_s()
            status = await impatient.ask(sender, asked)
            took_s = read_monotonic_s() - began_s
        later = await asking.ask(sender, asked)
    finally:
        asking.desk.close()
        impatient.desk.close()

    assert (status, later) == (NO_DATABASE, SUCCESS)
    assert took_s < 5


async def test_a_schema_that_is_not_ours_takes_no_question(
    asking: Asking, sessions: Sessions, sender: Sender, database_url: str
) -> None:
    engine = create_async_engine(f"postgresql+psycopg://{database_url.partition('://')[2]}")
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0014_x'")
    await engine.dispose()

    assert await asking.ask(sender, make_commitment(*draw_uids(1))) == NO_DATABASE
    assert await list_asked(sessions) == []


async def test_two_who_ask_the_same_at_once_ask_once(
    asking: Asking, sessions: Sessions, sender: Sender, database_url: str
) -> None:
    other = Asking(database_url)
    asked = make_commitment(*draw_uids(200))
    try:
        statuses = await asyncio.gather(
            *(each.ask(sender, asked) for each in (asking, other, asking, other))
        )
    finally:
        other.desk.close()

    async with sessions() as session:
        count = await session.scalar(select(func.count()).select_from(CommitmentInstance))
    assert statuses == [SUCCESS] * 4
    assert count == 200


async def test_a_desk_that_was_closed_answers_with_a_failure(sender: Sender) -> None:
    asking = Asking(None)
    asking.desk.close()

    assert await asking.ask(sender, make_commitment("1.2")) == NO_DATABASE


async def test_the_days_of_a_site_are_asked_of_the_directory_each_time(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    statuses: list[int] = []
    for days in (None, 7, None):
        async with unit_of_work(sessions) as session:
            await session.execute(update(Site).values(commitment_days=days))
        asked = make_commitment(*draw_uids(1), transaction_uid=f"1.2.{len(statuses)}")
        statuses.append(await asking.ask(sender, asked))

    assert statuses == [OFF, SUCCESS, OFF]


async def test_a_reference_with_two_classes_counts_by_its_first(
    asking: Asking, sessions: Sessions, sender: Sender
) -> None:
    asked = make_commitment("1.2.77")
    asked.ReferencedSOPSequence.append(make_reference("1.2.840.10008.5.1.4.1.1.4", "1.2.77"))

    assert await asking.ask(sender, asked) == SUCCESS

    (row,) = await list_asked(sessions)
    assert await list_references(sessions, row.id) == {("1.2.77", CT_IMAGE)}
