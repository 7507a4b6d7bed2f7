"""Storage commitment at the network side: it waits for the database, and never without end."""

import asyncio

import pytest

from dicom_gateway.association import OwnProbe
from dicom_gateway.dimse.command_set import Command, CommandField
from dicom_gateway.dimse.notification import CommitmentService
from dicom_gateway.dimse.service import AcceptedContext
from dicom_gateway.notices import COMMITMENT_CLASS, COMMITMENT_INSTANCE, Answer, Notice

pytestmark = pytest.mark.asyncio
MOST_ASKED = 8
REQUEST = Command(
    CommandField.N_ACTION_RQ,
    message_id=1,
    requested_sop_class_uid=COMMITMENT_CLASS,
    requested_sop_instance_uid=COMMITMENT_INSTANCE,
    action_type_id=1,
)


class Slow(OwnProbe):
    """An association whose database answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()

    async def ask(self, notice: Notice) -> Answer:
        assert notice.action_type == 1
        await self.answers.wait()
        return Answer(0)


class Responses(list[int]):
    """The statuses that were sent."""

    def respond(
        self,
        status: int,
        *,
        error_id: int | None = None,
        affected_sop_instance_uid: str | None = None,
    ) -> None:
        assert (error_id, affected_sop_instance_uid) == (None, None)
        self.append(status)


async def test_of_too_many_questions_at_once_the_last_is_refused_and_the_others_answered() -> None:
    service, association, responses = CommitmentService(), Slow(), Responses()
    context = AcceptedContext(1, COMMITMENT_CLASS, "1.2.840.10008.1.2", service)

    for _ in range(MOST_ASKED + 1):
        service.begin(REQUEST, context=context, of=association, responder=responses)
    assert responses == [0x0213]

    association.answers.set()
    async with asyncio.timeout(5):
        while len(responses) <= MOST_ASKED:  # noqa: ASYNC110 - told by tasks
            await asyncio.sleep(0)
    assert responses == [0x0213, *[0] * MOST_ASKED]
