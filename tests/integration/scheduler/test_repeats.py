"""What a known UID with other bytes turns out to be, from files on the disk to rows."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydicom import FileDataset
from pydicom.uid import JPEG2000Lossless, RLELossless
from sqlalchemy import select, update

from app.adapters.documents.renderer import TypstDicomRenderer
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.intake import service as intake
from app.intake.models import Instance, Study, StudyIdentity
from app.settings import read_settings
from app.store.layout import Layout
from scheduler.job import Bench
from scheduler.jobs import repeats
from tests.factories.arrivals import WAITS, make_arrival
from tests.factories.dicom import ACQUIRED_AT, CtStudy, Patient, make_ct_slice, make_ct_study
from tests.factories.directory import add_sender, add_site, add_society
from tests.fakes.receiver import FakeSender

pytestmark = pytest.mark.asyncio
UID = "1.2.840.99.1"
CLAIRE = Patient()
CORRECTED = replace(CLAIRE, patient_id="P-0002", name="ESSAI^CLARA")


@dataclass
class Hospital:
    """A sender, its study, and the platform that receives from it."""

    sessions: Sessions
    bench: Bench
    sender_id: int
    study: CtStudy
    minutes: int = 0

    def make_slice(self, *, patient: Patient = CLAIRE, **attributes: object) -> FileDataset:
        study = replace(self.study, patient=patient)
        return make_ct_slice(study, sop_instance_uid=UID, **attributes)  # type: ignore[arg-type]

    async def send(self, dataset: FileDataset, *, syntax: str | None = None) -> Instance | None:
        """Lay a file into the store as the index does; return its row if it has one."""
        self.minutes += 1
        arrived_at = ACQUIRED_AT + timedelta(minutes=self.minutes)
        if syntax is not None:
            dataset.compress(syntax, generate_instance_uid=False)
        arrival = make_arrival(dataset, sender_id=self.sender_id, arrived_at=arrived_at)
        arrival = replace(arrival, transfer_syntax_uid=str(dataset.file_meta.TransferSyntaxUID))
        path = Layout(self.bench.data_dir).stored_path(arrival.arrival_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
        async with unit_of_work(self.sessions) as session:
            await intake.record(session, [arrival], waits=WAITS)
        async with self.sessions() as session:
            found: Instance | None = await session.scalar(
                select(Instance).where(Instance.arrival_id == arrival.arrival_id)
            )
        return found

    async def compare(self) -> None:
        await repeats.run(self.bench)

    async def tell_cases(self) -> None:
        async with unit_of_work(self.sessions) as session:
            await session.execute(
                update(Study).values(announced_count=Study.instance_count, complete_at=ACQUIRED_AT)
            )

    async def read_study(self) -> Study:
        async with self.sessions() as session:
            return (await session.scalars(select(Study))).one()

    async def read_repeats(self) -> list[str | None]:
        async with self.sessions() as session:
            return list(await session.scalars(select(Instance.repeat).order_by(Instance.id)))

    async def read_identities(self) -> list[tuple[int, bool, str | None]]:
        async with self.sessions() as session:
            rows = await session.scalars(select(StudyIdentity).order_by(StudyIdentity.id))
            return [(each.instance_count, each.is_correction, each.news) for each in rows]

    def count_files(self) -> int:
        return len(list(Layout(self.bench.data_dir).store.rglob("*.dcm")))


@pytest_asyncio.fixture
async def hospital(sessions: Sessions, tmp_path: Path) -> Hospital:
    async with unit_of_work(sessions) as session:
        society = await add_society(session)
        site = await add_site(session, society_id=society.id)
        sender = await add_sender(session, site_id=site.id)
    bench = Bench(
        settings=read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)}),
        sessions=sessions,
        clock=SetClock(ACQUIRED_AT + timedelta(hours=10)),
        peers=FakeSender(),
        renderer=TypstDicomRenderer(),
    )
    return Hospital(sessions, bench, sender.id, make_ct_study(rows=64))


async def test_the_night_re_sent_recompressed_is_silent(hospital: Hospital) -> None:
    await hospital.send(hospital.make_slice())
    await hospital.tell_cases()
    before = await hospital.read_study()

    for syntax in (RLELossless, JPEG2000Lossless):
        await hospital.send(hospital.make_slice(), syntax=syntax)
    await hospital.compare()

    assert await hospital.read_repeats() == [None, "same", "same"]
    study = await hospital.read_study()
    assert (study.instance_count, study.image_count, study.conflict_count) == (1, 1, 0)
    assert study.complete_at == before.complete_at
    assert study.last_image_at == before.last_image_at
    assert hospital.count_files() == 1


async def test_a_third_copy_of_what_was_given_up_is_known_by_its_digest(
    hospital: Hospital,
) -> None:
    await hospital.send(hospital.make_slice())
    copy = hospital.make_slice(ImageComments="sent again")
    await hospital.send(copy)
    await hospital.compare()

    again = await hospital.send(copy)

    assert again is None, "it got no row of its own"
    assert await hospital.read_repeats() == [None, "same"]


async def test_an_image_sent_again_under_another_identity_is_a_correction(
    hospital: Hospital,
) -> None:
    await hospital.send(hospital.make_slice())
    await hospital.tell_cases()

    await hospital.send(hospital.make_slice(patient=CORRECTED))
    waiting = await hospital.read_study()
    await hospital.compare()

    assert waiting.identity_open, "nothing is signed while it waits to be compared"
    assert await hospital.read_repeats() == [None, "identity"]
    study = await hospital.read_study()
    assert study.identity_open
    assert (study.instance_count, study.announced_count) == (1, 1)
    assert study.complete_at is not None
    assert await hospital.read_identities() == [(1, False, None), (1, True, "correction")]
    assert hospital.count_files() == 2


async def test_the_corrected_image_sent_a_third_time_recompressed_is_silent(
    hospital: Hospital,
) -> None:
    await hospital.send(hospital.make_slice())
    await hospital.send(hospital.make_slice(patient=CORRECTED))
    await hospital.compare()

    await hospital.send(hospital.make_slice(patient=CORRECTED), syntax=RLELossless)
    await hospital.compare()

    assert await hospital.read_repeats() == [None, "identity", "same"]
    assert await hospital.read_identities() == [(1, False, None), (1, True, "correction")]


async def test_a_name_padded_otherwise_is_no_correction(hospital: Hospital) -> None:
    await hospital.send(hospital.make_slice())
    padded = replace(CLAIRE, name="Essai^Claire^^^")

    await hospital.send(hospital.make_slice(patient=padded))
    await hospital.compare()

    assert await hospital.read_repeats() == [None, "same"]
    assert not (await hospital.read_study()).identity_open


async def test_other_pixels_under_a_known_uid_count_as_a_new_image(hospital: Hospital) -> None:
    await hospital.send(hospital.make_slice(number=1))
    await hospital.tell_cases()

    await hospital.send(hospital.make_slice(number=7))
    await hospital.compare()

    assert await hospital.read_repeats() == [None, "pixels"]
    study = await hospital.read_study()
    assert (study.instance_count, study.announced_count, study.conflict_count) == (2, 1, 1)
    assert study.complete_at is None
    async with hospital.sessions() as session:
        assert list(await session.scalars(select(Instance.conflicting))) == [True, True]


async def test_other_pixels_of_another_patient_are_a_conflict_of_identity_too(
    hospital: Hospital,
) -> None:
    await hospital.send(hospital.make_slice(number=1))

    await hospital.send(hospital.make_slice(number=7, patient=CORRECTED))
    await hospital.compare()

    assert await hospital.read_repeats() == [None, "pixels"]
    assert (await hospital.read_study()).identity_open
    assert await hospital.read_identities() == [(1, False, None), (1, False, "conflict")]


@pytest.mark.parametrize(("patient", "repeat"), [(CLAIRE, "same"), (CORRECTED, "identity")])
async def test_what_comes_again_after_a_purge_is_known_by_its_uid(
    hospital: Hospital, patient: Patient, repeat: str
) -> None:
    kept = await hospital.send(hospital.make_slice(number=1))
    assert kept is not None
    async with unit_of_work(hospital.sessions) as session:
        await session.execute(update(Instance).values(purged_at=ACQUIRED_AT, path=""))
    Layout(hospital.bench.data_dir).stored_path(kept.arrival_id).unlink()

    await hospital.send(hospital.make_slice(number=1, patient=patient), syntax=RLELossless)
    await hospital.compare()

    assert await hospital.read_repeats() == [None, repeat]
    assert (await hospital.read_study()).instance_count == 1


async def test_a_lost_original_is_no_reason_to_lose_its_copy(hospital: Hospital) -> None:
    kept = await hospital.send(hospital.make_slice())
    assert kept is not None
    Layout(hospital.bench.data_dir).stored_path(kept.arrival_id).unlink()

    await hospital.send(hospital.make_slice(), syntax=RLELossless)
    await hospital.compare()

    assert await hospital.read_repeats() == [None, "pixels"]
    assert hospital.count_files() == 1


async def test_pixels_that_no_codec_reads_make_a_conflict_and_stop_nothing(
    hospital: Hospital,
) -> None:
    await hospital.send(hospital.make_slice())
    broken = hospital.make_slice(Rows=65535, Columns=65535)

    await hospital.send(broken)
    await hospital.compare()

    assert await hospital.read_repeats() == [None, "pixels"]


async def test_two_runs_at_once_settle_each_repeat_once(hospital: Hospital) -> None:
    await hospital.send(hospital.make_slice(number=1))
    await hospital.send(hospital.make_slice(number=7))

    await asyncio.gather(hospital.compare(), hospital.compare())

    study = await hospital.read_study()
    assert (study.instance_count, study.conflict_count) == (2, 1)
