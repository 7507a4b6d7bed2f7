import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.intake import service
from app.intake.domain.arrival import AssociationSeen
from app.intake.models import Association, Instance, Patient, Series, Study
from tests.factories.arrivals import ASSOCIATION_ID, WAITS, make_arrival
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice, make_ct_study
from tests.factories.directory import add_sender, add_site, add_society

pytestmark = pytest.mark.asyncio
SECOND = timedelta(seconds=1)


async def make_sender(session: AsyncSession) -> Sender:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    return await add_sender(session, site_id=site.id)


async def read_study(session: AsyncSession) -> Study:
    return (await session.scalars(select(Study))).one()


async def test_a_study_grows_with_its_instances(session: AsyncSession) -> None:
    sender = await make_sender(session)
    study = make_ct_study()
    batch = [
        make_arrival(
            make_ct_slice(study, number=number),
            sender_id=sender.id,
            arrived_at=ACQUIRED_AT + number * SECOND,
            called_ae_title="ASTREINTE_P1",
        )
        for number in (3, 1, 2)
    ]

    recorded = await service.record(session, batch, waits=WAITS)
    row = await read_study(session)

    assert set(recorded.kept) == {each.arrival_id for each in batch}
    assert recorded.study_ids == {row.id}
    assert (row.instance_count, row.series_count, row.announced_count) == (3, 1, 0)
    assert row.modalities == ["CT"]
    assert row.first_image_at == ACQUIRED_AT + SECOND
    assert row.last_image_at == ACQUIRED_AT + 3 * SECOND
    assert row.complete_due_at == ACQUIRED_AT + 63 * SECOND
    assert row.complete_reason == "silent 60 s (CT)"
    assert row.called_ae_title == "ASTREINTE_P1"
    assert row.site_id == sender.site_id
    assert row.as_received["00100010"]["Value"] == [{"Alphabetic": "ESSAI^CLAIRE"}]


async def test_a_batch_recorded_again_changes_nothing(session: AsyncSession) -> None:
    sender = await make_sender(session)
    batch = [make_arrival(sender_id=sender.id)]

    first = await service.record(session, batch, waits=WAITS)
    again = await service.record(session, batch, waits=WAITS)

    assert first.kept == again.kept == (batch[0].arrival_id,)
    assert not again.study_ids
    assert (await read_study(session)).instance_count == 1


async def test_the_same_instance_again_is_a_duplicate(session: AsyncSession) -> None:
    sender = await make_sender(session)
    dataset = make_ct_slice()
    first, second = (make_arrival(dataset, sender_id=sender.id) for _ in range(2))
    await service.record(session, [first], waits=WAITS)

    recorded = await service.record(session, [second], waits=WAITS)

    assert [(each.arrival_id, each.kept_arrival_id) for each in recorded.duplicates] == [
        (second.arrival_id, first.arrival_id)
    ]
    assert (await read_study(session)).instance_count == 1


async def test_other_bytes_under_the_same_uid_are_kept_and_wait_to_be_compared(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    study = make_ct_study()
    uid = "1.2.3.4"
    one = make_ct_slice(study, sop_instance_uid=uid)
    other = make_ct_slice(study, sop_instance_uid=uid, ImageComments="changed")
    await service.record(session, [make_arrival(one, sender_id=sender.id)], waits=WAITS)
    before = (await read_study(session)).complete_due_at

    recorded = await service.record(
        session,
        [make_arrival(other, sender_id=sender.id, arrived_at=ACQUIRED_AT + SECOND)],
        waits=WAITS,
    )

    assert recorded.repeat_count == 1
    assert not recorded.study_ids
    first, second = await session.scalars(select(Instance).order_by(Instance.id))
    assert (first.repeat, second.repeat, second.repeats_id) == (None, "to_compare", first.id)
    row = await read_study(session)
    assert (row.instance_count, row.image_count, row.conflict_count) == (1, 1, 0)
    assert row.complete_due_at == before


async def test_identifiers_are_local_to_the_sender_s_domain(session: AsyncSession) -> None:
    one, other = await make_sender(session), await make_sender(session)
    dataset = make_ct_slice()

    await service.record(
        session,
        [make_arrival(dataset, sender_id=one.id), make_arrival(dataset, sender_id=other.id)],
        waits=WAITS,
    )

    assert await session.scalar(select(func.count()).select_from(Study)) == 2
    assert await session.scalar(select(func.count()).select_from(Patient)) == 2


async def test_text_that_no_database_takes_is_recorded_all_the_same(session: AsyncSession) -> None:
    sender = await make_sender(session)
    arrived = make_arrival(make_ct_slice(StudyDescription="A\0B"), sender_id=sender.id)

    await service.record(session, [arrived], waits=WAITS)

    assert (await read_study(session)).study_description == "AB"


async def test_an_unknown_sender_is_named_and_nothing_is_recorded(session: AsyncSession) -> None:
    with pytest.raises(service.UnknownSender, match="no sender 99"):
        await service.record(session, [make_arrival(sender_id=99)], waits=WAITS)

    assert await session.scalar(select(func.count()).select_from(Patient)) == 0


async def test_a_late_image_takes_completeness_away(session: AsyncSession) -> None:
    sender = await make_sender(session)
    study = make_ct_study()
    await service.record(
        session, [make_arrival(make_ct_slice(study), sender_id=sender.id)], waits=WAITS
    )
    (row,) = await service.studies_with_news(session, ae_title="ASTREINTE", limit=5)
    row.announced_count = row.instance_count
    due = await service.find_next_due(session)
    assert due == ACQUIRED_AT + 60 * SECOND

    early = await service.complete_due_studies(session, now=due - SECOND, limit=5)
    completed = await service.complete_due_studies(session, now=due, limit=5)

    assert (early, completed) == ([], [row.id])
    assert await service.find_next_due(session) is None
    late = make_arrival(make_ct_slice(study), sender_id=sender.id, arrived_at=due + SECOND)
    await service.record(session, [late], waits=WAITS)
    await session.refresh(row)
    assert row.complete_at is None
    assert row.complete_due_at == due + 61 * SECOND


async def test_a_study_is_complete_only_after_its_case_was_told(session: AsyncSession) -> None:
    sender = await make_sender(session)
    await service.record(session, [make_arrival(sender_id=sender.id)], waits=WAITS)
    much_later = ACQUIRED_AT + timedelta(days=1)

    assert await service.find_next_due(session) is None
    assert await service.complete_due_studies(session, now=much_later, limit=5) == []


async def test_a_person_may_call_a_study_complete_once(session: AsyncSession) -> None:
    sender = await make_sender(session)
    await service.record(session, [make_arrival(sender_id=sender.id)], waits=WAITS)
    study_id = (await read_study(session)).id

    first = await service.mark_complete(session, study_id=study_id, now=ACQUIRED_AT, reason="said")
    again = await service.mark_complete(session, study_id=study_id, now=ACQUIRED_AT, reason="said")

    assert (first, again) == (True, False)


async def test_the_log_of_associations_takes_lines_in_any_order_and_twice(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    start = AssociationSeen(
        association_id=ASSOCIATION_ID,
        sender_id=sender.id,
        calling_ae_title="CT1",
        called_ae_title="ASTREINTE",
        address="127.0.0.1",
        opened_at=ACQUIRED_AT,
    )
    end = replace(
        start,
        sender_id=99,
        closed_at=ACQUIRED_AT + SECOND,
        outcome="released",
        instance_count=400,
    )
    refused = AssociationSeen(
        association_id=uuid.uuid4(),
        sender_id=None,
        calling_ae_title="NOBODY",
        called_ae_title="ASTREINTE",
        address="::1",
        opened_at=ACQUIRED_AT,
        closed_at=ACQUIRED_AT,
        outcome="refused",
        reason="calling_ae_title_unknown",
    )

    await service.log_associations(session, [start, refused, end, start], clock_offset_ms=12)

    rows = {row.id: row for row in await session.scalars(select(Association))}
    assert rows[ASSOCIATION_ID].outcome == "released"
    assert rows[ASSOCIATION_ID].instance_count == 400
    assert rows[ASSOCIATION_ID].sender_id == sender.id
    assert rows[ASSOCIATION_ID].clock_offset_ms == 12
    assert rows[refused.association_id].reason == "calling_ae_title_unknown"


async def test_two_indexes_that_record_one_study_at_once_lose_no_count(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        sender = await make_sender(session)
    study = make_ct_study()

    async def record(first: int) -> None:
        for number in range(first, 40, 2):
            arrived = make_arrival(make_ct_slice(study, number=number), sender_id=sender.id)
            async with unit_of_work(sessions) as session:
                await service.record(session, [arrived], waits=WAITS)

    await asyncio.gather(record(0), record(1))

    async with sessions() as session:
        assert (await read_study(session)).instance_count == 40
        assert await session.scalar(select(func.sum(Series.instance_count))) == 40
