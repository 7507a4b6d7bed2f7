"""Senders are asked by C-FIND how many images a study has."""

import socket
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from app.adapters.dicom.association import Patience
from app.adapters.dicom.query import PynetdicomCounter
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Endpoint, Sender
from app.intake import service
from app.intake.domain.ports import Archive
from app.intake.models import Announcement, Study
from scheduler.job import Bench
from scheduler.jobs import counts
from tests.factories.archive import FakeArchive, serve_archive
from tests.factories.arrivals import WAITS, make_arrival
from tests.factories.bench import make_bench
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice, make_ct_study
from tests.factories.directory import add_sender, add_site, add_society

pytestmark = pytest.mark.asyncio
SHORT = Patience(connect_s=2, acse_s=2, dimse_s=1, network_s=2)
COUNTER = PynetdicomCounter(ae_title="ASTREINTE", patience=SHORT, longest_s=2)
ARCHIVE = FakeArchive("1.2.3", {"1.2.3.1": ["1", "2", "3"], "1.2.3.2": ["4", "5"]})


@pytest.mark.parametrize(
    ("numbers", "asked"),
    [
        ({"STUDY"}, ["STUDY"]),
        ({"SERIES"}, ["STUDY", "SERIES"]),
        (set[str](), ["STUDY", "SERIES", "IMAGE", "IMAGE"]),
    ],
)
async def test_what_the_archive_does_not_count_is_counted_below(
    numbers: set[str], asked: list[str]
) -> None:
    archive = replace(ARCHIVE, numbers=frozenset(numbers), asked=[])
    with serve_archive(archive) as at:
        counted = await COUNTER.count("1.2.3", at=at)

    assert (counted.instance_count, counted.detail) == (5, "")
    assert archive.asked == asked


async def test_studies_that_nobody_asked_for_are_not_counted() -> None:
    with serve_archive(replace(ARCHIVE, others=True, asked=[])) as at:
        assert (await COUNTER.count("1.2.3", at=at)).instance_count == 5


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (replace(ARCHIVE, status=0xA700), "status 0xA700"),
        (replace(ARCHIVE, study_instance_uid="1.2.4"), "does not know the study"),
        (replace(ARCHIVE, delay_s=3), "nothing in time"),
        (replace(ARCHIVE, endless=True), "no end"),
    ],
)
async def test_an_archive_that_does_not_answer_costs_its_answer(
    archive: FakeArchive, reason: str
) -> None:
    with serve_archive(archive) as at:
        counted = await COUNTER.count("1.2.3", at=at)

    assert counted.instance_count is None
    assert reason in counted.detail


async def test_a_number_that_no_study_has_is_not_taken() -> None:
    with serve_archive(replace(ARCHIVE, claims=2_147_483_648 - 1, asked=[])) as at:
        counted = await COUNTER.count("1.2.3", at=at)

    assert counted.instance_count == 5, "counted below"


async def test_an_archive_that_rejects_us_says_so() -> None:
    with serve_archive(ARCHIVE, rejects=True) as at:
        counted = await COUNTER.count("1.2.3", at=at)

    assert counted.instance_count is None
    assert "rejected" in counted.detail


async def test_nobody_and_somebody_silent_at_the_address_are_no_errors() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        counted = await COUNTER.count("1.2.3", at=Archive("ARCHIVE", "127.0.0.1", port))
    gone = await COUNTER.count("1.2.3", at=Archive("ARCHIVE", "127.0.0.1", port))

    assert (counted.instance_count, gone.instance_count) == (None, None)
    assert counted.detail
    assert gone.detail


@pytest_asyncio.fixture
async def study_id(sessions: Sessions) -> int:
    """Give a study of three slices whose sender has a node."""
    async with unit_of_work(sessions) as session:
        society = await add_society(session)
        site = await add_site(session, society_id=society.id)
        sender = await add_sender(session, site_id=site.id)
        endpoint = Endpoint(name="archive", ae_title="ARCHIVE", host="127.0.0.1", port=1)
        session.add(endpoint)
        await session.flush()
        sender.endpoint_id = endpoint.id
        study = make_ct_study()
        batch = [
            make_arrival(make_ct_slice(study, number=number), sender_id=sender.id)
            for number in (1, 2, 3)
        ]
        recorded = await service.record(session, batch, waits=WAITS)
        (found,) = recorded.study_ids
        return found


@pytest.fixture
def clock() -> SetClock:
    return SetClock(ACQUIRED_AT + timedelta(seconds=10))


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock) -> Bench:
    return make_bench(sessions, clock, counter=COUNTER)


async def read_study(sessions: Sessions, study_id: int) -> Study:
    async with sessions() as session:
        return await session.get_one(Study, study_id)


async def lay_archive(sessions: Sessions, study_id: int, *, images: int) -> FakeArchive:
    uid = (await read_study(sessions, study_id)).study_instance_uid
    return FakeArchive(uid, {"1.2.3.1": [f"1.{number}" for number in range(1, images + 1)]})


async def move_endpoint(sessions: Sessions, at: Archive) -> None:
    async with unit_of_work(sessions) as session:
        endpoint = (await session.scalars(select(Endpoint))).one()
        endpoint.port = at.port


async def test_a_silent_study_is_complete_when_its_archive_has_no_more(
    sessions: Sessions, bench: Bench, study_id: int
) -> None:
    archive = await lay_archive(sessions, study_id, images=3)
    with serve_archive(archive) as at:
        await move_endpoint(sessions, at)
        await counts.run(bench)

    study = await read_study(sessions, study_id)
    assert study.complete_reason == "3 of 3 images announced by C-FIND"
    assert study.complete_due_at == study.last_image_at
    assert (study.expected_count, study.expected_by) == (3, "c_find")


async def test_a_study_that_lacks_images_is_asked_for_again_after_a_pause(
    sessions: Sessions, bench: Bench, clock: SetClock, study_id: int
) -> None:
    archive = await lay_archive(sessions, study_id, images=4)
    with serve_archive(archive) as at:
        await move_endpoint(sessions, at)
        await counts.run(bench)
        first = (await read_study(sessions, study_id)).complete_reason
        clock.instant += timedelta(seconds=19)
        await counts.run(bench)
        asked_early = len(archive.asked)
        clock.instant += timedelta(seconds=1)
        archive.series["1.2.3.1"].append("1.5")
        await counts.run(bench)

    study = await read_study(sessions, study_id)
    assert first == "3 of 4 images announced by C-FIND"
    assert (asked_early, len(archive.asked)) == (1, 2)
    assert study.complete_reason == "3 of 5 images announced by C-FIND"


async def test_a_study_whose_images_are_still_coming_is_not_asked_for(
    sessions: Sessions, bench: Bench, clock: SetClock, study_id: int
) -> None:
    clock.instant = ACQUIRED_AT + timedelta(seconds=9)
    archive = await lay_archive(sessions, study_id, images=3)
    with serve_archive(archive) as at:
        await move_endpoint(sessions, at)
        await counts.run(bench)

    assert archive.asked == []
    async with sessions() as session:
        due = await counts.JOB.find_next_due(session)
    assert due == ACQUIRED_AT + timedelta(seconds=10)


@pytest.mark.parametrize("why", ["complete", "disabled", "no node"])
async def test_a_sender_is_not_asked_when_it_need_not_or_cannot_answer(
    sessions: Sessions, bench: Bench, clock: SetClock, study_id: int, why: str
) -> None:
    archive = await lay_archive(sessions, study_id, images=3)
    async with unit_of_work(sessions) as session:
        study = await session.get_one(Study, study_id)
        sender = await session.get_one(Sender, study.sender_id)
        if why == "complete":
            study.complete_at = clock.instant
        elif why == "disabled":
            sender.disabled_at = clock.instant
        else:
            sender.endpoint_id = None
    with serve_archive(archive) as at:
        await move_endpoint(sessions, at)
        await counts.run(bench)

    assert archive.asked == []
    async with sessions() as session:
        assert await counts.JOB.find_next_due(session) is None


async def test_an_archive_that_is_down_changes_nothing(
    sessions: Sessions, bench: Bench, clock: SetClock, study_id: int
) -> None:
    await counts.run(bench)

    study = await read_study(sessions, study_id)
    assert study.complete_reason == "silent 60 s (CT)"
    assert study.counted_at == clock.instant
    async with sessions() as session:
        assert (await session.scalars(select(Announcement))).all() == []


async def test_a_study_of_paper_alone_is_not_asked_for_ever(
    sessions: Sessions, bench: Bench, study_id: int
) -> None:
    async with unit_of_work(sessions) as session:
        study = await session.get_one(Study, study_id)
        study.paper_count, study.image_count = study.image_count, 0
    archive = await lay_archive(sessions, study_id, images=3)
    with serve_archive(archive) as at:
        await move_endpoint(sessions, at)
        await counts.run(bench)

    assert archive.asked == []
    async with sessions() as session:
        assert await counts.JOB.find_next_due(session) is None
