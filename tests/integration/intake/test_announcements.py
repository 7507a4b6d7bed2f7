"""What was announced of a study, heard before, between and after its images."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from pydicom import Dataset
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Sender, SiteRule
from app.intake import service
from app.intake.domain.announcements import AnnouncementHeard, Source
from app.intake.models import Announcement, Study
from app.intake.service import announcements
from app.kit.errors import Invalid
from tests.factories.arrivals import WAITS, make_arrival
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice, make_ct_study
from tests.factories.directory import add_domain, add_sender, add_site, add_society

pytestmark = pytest.mark.asyncio
SILENT_AT = ACQUIRED_AT + timedelta(seconds=60)
NOW = ACQUIRED_AT + timedelta(seconds=30)


async def make_sender(session: AsyncSession, *, domain_id: int | None = None) -> Sender:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    return await add_sender(session, site_id=site.id, domain_id=domain_id)


def make_slices(count: int) -> list[Dataset]:
    study = make_ct_study()
    return [make_ct_slice(study, number=number) for number in range(1, count + 1)]


async def arrive(session: AsyncSession, slices: Sequence[Dataset], *, sender: Sender) -> Study:
    batch = [make_arrival(each, sender_id=sender.id) for each in slices]
    await service.record(session, batch, waits=WAITS)
    return await read_study(session, slices[0])


async def read_study(session: AsyncSession, slice_: Dataset) -> Study:
    uid = str(slice_.StudyInstanceUID)
    return (await session.scalars(select(Study).where(Study.study_instance_uid == uid))).one()


def make_heard(
    slices: Sequence[Dataset],
    *,
    sender: Sender,
    source: Source = Source.MPPS,
    names_study: bool = True,
    is_final: bool = True,
    step_uid: str = "1.2.3.4",
    said_at: datetime = NOW,
) -> AnnouncementHeard:
    uids = tuple(str(each.SOPInstanceUID) for each in slices) if is_final else ()
    return AnnouncementHeard(
        announcement_id=uuid.uuid4(),
        sender_id=sender.id,
        source=source,
        study_instance_uid=str(slices[0].StudyInstanceUID) if names_study else "",
        step_uid=step_uid,
        said_at=said_at,
        instance_count=len(uids) if is_final else None,
        sop_instance_uids=uids,
        is_final=is_final,
    )


async def test_all_images_that_the_modality_announced_make_a_study_complete_at_once(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    slices = make_slices(3)
    study = await arrive(session, slices, sender=sender)
    assert study.complete_due_at == SILENT_AT

    about = await announcements.hear(session, [make_heard(slices, sender=sender)], waits=WAITS)

    assert about == {study.id}
    assert study.complete_due_at == ACQUIRED_AT
    assert study.complete_reason == "3 of 3 images announced by MPPS"
    assert (study.expected_count, study.expected_by) == (3, "mpps")


async def test_a_step_that_was_over_before_the_first_image_waits_for_the_images(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    slices = make_slices(3)

    about = await announcements.hear(session, [make_heard(slices, sender=sender)], waits=WAITS)
    assert about == frozenset()
    study = await arrive(session, slices[:2], sender=sender)
    missing = (study.complete_due_at, study.complete_reason)
    await arrive(session, slices[2:], sender=sender)

    assert missing == (SILENT_AT, "2 of 3 images announced by MPPS")
    assert study.complete_due_at == ACQUIRED_AT
    assert study.complete_reason == "3 of 3 images announced by MPPS"


async def test_a_step_that_goes_on_announces_nothing(session: AsyncSession) -> None:
    sender = await make_sender(session)
    slices = make_slices(2)
    begun = make_heard(slices, sender=sender, is_final=False)

    await announcements.hear(session, [begun], waits=WAITS)
    study = await arrive(session, slices, sender=sender)
    assert (study.expected_count, study.complete_due_at) == (None, SILENT_AT)
    # The end of a step does not name its study: PS3.4 table F.7.2-1.
    over = make_heard(slices, sender=sender, names_study=False, said_at=NOW + timedelta(seconds=1))
    await announcements.hear(session, [over], waits=WAITS)

    assert study.complete_reason == "2 of 2 images announced by MPPS"


async def test_what_was_heard_twice_is_recorded_once(session: AsyncSession) -> None:
    sender = await make_sender(session)
    heard = make_heard(make_slices(2), sender=sender)

    await announcements.hear(session, [heard], waits=WAITS)
    await announcements.hear(session, [heard], waits=WAITS)

    assert await session.scalar(select(func.count()).select_from(Announcement)) == 1


async def test_a_commitment_list_finds_its_study_by_the_names_of_images(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    slices = make_slices(4)
    first = make_heard(
        slices[:3], sender=sender, source=Source.COMMITMENT, names_study=False, step_uid="1.7"
    )
    await arrive(session, slices[:2], sender=sender)

    await announcements.hear(session, [first], waits=WAITS)
    study = await read_study(session, slices[0])
    waiting = (study.complete_due_at, study.complete_reason)
    await arrive(session, slices[2:3], sender=sender)
    complete = (study.complete_due_at, study.complete_reason)
    await arrive(session, slices[3:], sender=sender)

    assert waiting == (SILENT_AT, "2 of 3 images announced by storage commitment")
    assert complete == (ACQUIRED_AT, "3 of 3 images announced by storage commitment")
    assert study.complete_reason == "silent 60 s (CT)", "an image came that the list lacks"
    assert study.expected_count is None


async def test_a_list_heard_before_any_of_its_images_counts_when_they_come(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    slices = make_slices(2)
    heard = make_heard(slices, sender=sender, source=Source.COMMITMENT, names_study=False)

    await announcements.hear(session, [heard], waits=WAITS)
    study = await arrive(session, slices, sender=sender)

    assert study.complete_reason == "2 of 2 images announced by storage commitment"


async def test_a_list_of_two_studies_counts_for_each_when_all_have_come(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    one, two = make_slices(2), make_slices(3)
    heard = make_heard([*one, *two], sender=sender, source=Source.COMMITMENT, names_study=False)

    await announcements.hear(session, [heard], waits=WAITS)
    first = await arrive(session, one, sender=sender)
    second = await arrive(session, two, sender=sender)

    assert first.complete_reason == "2 of 5 images announced by storage commitment"
    assert second.complete_reason == "3 of 3 images announced by storage commitment"


async def test_the_same_uids_of_another_hospital_mean_nothing(session: AsyncSession) -> None:
    here, there = await make_sender(session), await make_sender(session)
    slices = make_slices(2)

    await announcements.hear(
        session,
        [
            make_heard(slices, sender=there),
            make_heard(slices, sender=there, source=Source.COMMITMENT, names_study=False),
        ],
        waits=WAITS,
    )
    study = await arrive(session, slices, sender=here)

    assert (study.expected_count, study.complete_reason) == (None, "silent 60 s (CT)")


async def test_a_site_with_a_domain_of_its_own_hears_what_its_shared_sender_said(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    domain = await add_domain(session)
    slices = make_slices(2)
    name = str(slices[0].InstitutionName)
    session.add(
        SiteRule(
            sender_id=sender.id,
            rank=1,
            institution_name=name,
            site_id=sender.site_id,
            domain_id=domain.id,
        )
    )
    await session.flush()

    await announcements.hear(session, [make_heard(slices, sender=sender)], waits=WAITS)
    study = await arrive(session, slices, sender=sender)

    assert study.domain_id == domain.id
    assert study.complete_reason == "2 of 2 images announced by MPPS"


async def test_the_answer_of_the_archive_is_believed_less_than_the_modality(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    slices = make_slices(3)
    study = await arrive(session, slices, sender=sender)

    await announcements.note_count(
        session, study_id=study.id, announcement_id=uuid.uuid4(), count=4, waits=WAITS, now=NOW
    )
    by_archive = study.complete_reason
    await announcements.hear(session, [make_heard(slices, sender=sender)], waits=WAITS)

    assert by_archive == "3 of 4 images announced by C-FIND"
    assert study.complete_reason == "3 of 3 images announced by MPPS"


async def test_the_request_announces_a_number_that_images_may_refute(
    session: AsyncSession,
) -> None:
    sender = await make_sender(session)
    slices = make_slices(3)
    study = await arrive(session, slices[:1], sender=sender)

    await announcements.announce(session, [study.id], source=Source.REQUEST, count=2, waits=WAITS)
    short = study.complete_reason
    await arrive(session, slices[1:2], sender=sender)
    reached = (study.complete_due_at, study.complete_reason)
    await arrive(session, slices[2:], sender=sender)

    assert short == "1 of 2 images announced by the request"
    assert reached == (ACQUIRED_AT, "2 of 2 images announced by the request")
    assert (study.expected_count, study.complete_reason) == (None, "silent 60 s (CT)")


async def test_a_number_for_two_studies_is_not_shared_among_them(session: AsyncSession) -> None:
    sender = await make_sender(session)
    studies = [await arrive(session, make_slices(1), sender=sender) for _ in range(2)]
    first = await announcements.announce(
        session, [studies[0].id], source=Source.HOSPITAL, count=2, waits=WAITS
    )

    believed = await announcements.announce(
        session, [each.id for each in studies], source=Source.HOSPITAL, count=2, waits=WAITS
    )

    assert (first and first.words) == "1 of 2 images announced by the hospital"
    assert believed is None
    assert [each.expected_count for each in studies] == [None, None]
    assert [each.complete_reason for each in studies] == ["silent 60 s (CT)"] * 2


@pytest.mark.parametrize(("source", "count"), [(Source.REQUEST, 0), (Source.MPPS, 3)])
async def test_a_number_that_nobody_can_announce_is_refused(
    session: AsyncSession, source: Source, count: int
) -> None:
    with pytest.raises(Invalid):
        await announcements.announce(session, [1], source=source, count=count, waits=WAITS)


async def test_the_hospital_says_that_the_exam_is_finished(session: AsyncSession) -> None:
    sender = await make_sender(session)
    slices = make_slices(2)
    whole = await arrive(session, slices, sender=sender)
    others = make_slices(3)
    partial = await arrive(session, others[:2], sender=sender)
    await announcements.hear(session, [make_heard(others, sender=sender)], waits=WAITS)

    finished = await announcements.finish_exam(
        session, [whole.id, partial.id], by_user_id=1, now=NOW
    )

    assert finished == {whole.id}
    assert whole.complete_due_at == NOW
    assert whole.complete_reason == "the hospital said that the exam is finished"
    assert (partial.complete_due_at, partial.complete_reason) == (
        SILENT_AT,
        "2 of 3 images announced by MPPS",
    )
