"""The gateway's own way to the database: one connection, whatever becomes of its questions."""

import asyncio
import uuid

import pytest
from sqlalchemy import select

from app.db.session import Sessions, unit_of_work
from app.intake.domain.commitment import AskOutcome, Question, Reference
from app.intake.models import Commitment
from dicom_gateway.commitment_rows import CommitmentRows
from tests.factories.commitments import add_committing_sender, draw_uids
from tests.factories.connections import count_connections
from tests.factories.steps import CT_IMAGE
from tests.factories.waiting import wait_for_a_waiter

_GATEWAY = "astreinte gateway"


@pytest.mark.asyncio
async def test_a_question_that_is_given_up_while_it_waits_for_its_turn_disturbs_nobody(
    sessions: Sessions, database_url: str
) -> None:
    async with unit_of_work(sessions) as session:
        sender = await add_committing_sender(session)
    question = Question(
        sender_id=sender.id,
        association_id=uuid.uuid4(),
        calling_ae_title=sender.ae_title,
        transaction_uid="1.2.1",
        references=(Reference(sop_instance_uid=draw_uids(1)[0], sop_class_uid=CT_IMAGE),),
    )
    rows = CommitmentRows(lambda: database_url)
    await rows.save(question)

    async with unit_of_work(sessions) as session:
        await session.execute(select(Commitment).with_for_update())
        first = asyncio.create_task(rows.save(question))
        await wait_for_a_waiter(sessions)
        second = asyncio.create_task(rows.save(question))
        await asyncio.sleep(0.1)
        second.cancel()
        await asyncio.wait([second])
        still = await count_connections(sessions, application=_GATEWAY)

    assert second.cancelled()
    assert await first is AskOutcome.TAKEN
    assert (still, await count_connections(sessions, application=_GATEWAY)) == (1, 1)
    await rows.save(question)
    assert await count_connections(sessions, application=_GATEWAY) == 1
    await rows.close()
