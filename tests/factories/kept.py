"""Studies whose images are kept, with cases and files at any point of their way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.documents.renderer import TypstDicomRenderer
from app.cases.domain.states import CaseState
from app.cases.models import Case, CaseStudy
from app.db.clock import Clock
from app.db.session import Sessions, unit_of_work
from app.delivery.models import Delivery
from app.directory.domain import Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.models import SettingValue
from app.intake.models import Instance, Series, Study
from app.settings import read_settings
from app.store.layout import Layout
from app.store.room import MeasureRoom, measure_room
from scheduler.job import Bench
from tests.factories.reading import add_instances
from tests.factories.stage import NIGHT, Stage, add_endpoint, add_study, add_user, set_stage
from tests.fakes.receiver import FakeSender

FILE_BYTES = 1000
_stages = count(1)


def make_bench(
    sessions: Sessions,
    *,
    data_dir: Path,
    clock: Clock,
    measure: MeasureRoom = measure_room,
    reserve_bytes: int = 0,
) -> Bench:
    """Make a bench on a data folder, whose disk may be measured otherwise."""
    settings = read_settings(
        {
            "ASTREINTE_DATA_DIR": str(data_dir),
            "ASTREINTE_DISK_RESERVE_BYTES": str(reserve_bytes),
        }
    )
    return Bench(
        settings=settings,
        sessions=sessions,
        clock=clock,
        peers=FakeSender({}),
        renderer=TypstDicomRenderer(),
        measure_room=measure,
    )


async def set_own_stage(session: AsyncSession) -> Stage:
    """Build a stage beside others of the same database: plannings may not overlap."""
    return await set_stage(session, night=NIGHT + timedelta(days=3 * next(_stages)))


async def keep_study(
    stage: Stage,
    *,
    data_dir: Path,
    at: datetime,
    state: CaseState | None = CaseState.DELIVERED,
    intake_class: str = "case",
    images: int = 2,
) -> Study:
    """Keep a study that arrived at an instant, with its files, and a case settled an hour later.

    Parameters
    ----------
    state
        Of its case; absent: it is in none.
    """
    session = stage.session
    study = await add_study(stage, at=at, instances=images)
    study.announced_count, study.intake_class = images, intake_class
    instances = await add_instances(session, study, count=images, at=at)
    layout = Layout(data_dir)
    for instance in instances:
        path = layout.stored_path(instance.arrival_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * FILE_BYTES)
        instance.path, instance.size_bytes = layout.relative(path), FILE_BYTES
    if state is not None:
        await add_case(stage, study, state=state, at=at + timedelta(hours=1))
    await session.flush()
    return study


async def add_case(stage: Stage, study: Study, *, state: CaseState, at: datetime) -> int:
    """Put a study in a case that came to a state at an instant."""
    case = Case(
        site_id=stage.site.id,
        patient_id=study.patient_id,
        priority="P2",
        priority_reason="default",
        state=CaseState.OPEN if state is CaseState.READING else state,
        state_at=at,
        created_at=study.first_image_at,
        first_image_at=study.first_image_at,
    )
    stage.session.add(case)
    await stage.session.flush()
    ended_at = at if state is CaseState.VOIDED else None
    stage.session.add(
        CaseStudy(
            case_id=case.id, study_id=study.id, linked_at=study.first_image_at, ended_at=ended_at
        )
    )
    await stage.session.flush()
    return case.id


async def add_images_delivery(stage: Stage, study: Study, *, state: str, at: datetime) -> Delivery:
    """Ask for the images of a study in a case to be sent to some node."""
    link = select(CaseStudy.case_id).where(CaseStudy.study_id == study.id)
    delivery = Delivery(
        kind="images",
        case_id=(await stage.session.scalars(link)).one(),
        endpoint_id=(await add_endpoint(stage.session)).id,
        study_id=study.id,
        state=state,
        created_at=at,
        asked_at=at,
        due_at=at,
    )
    stage.session.add(delivery)
    await stage.session.flush()
    return delivery


async def list_instances(session: AsyncSession, study_id: int) -> Sequence[Instance]:
    """List the instances of a study, as they stand in the database."""
    found = await session.scalars(
        select(Instance)
        .join(Series, Series.id == Instance.series_id)
        .where(Series.study_id == study_id)
        .order_by(Instance.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


def list_files(data_dir: Path) -> set[str]:
    """List the stems of all image files in the store: arrival ids."""
    return {path.stem for path in (data_dir / "store").rglob("*.dcm")}


async def is_kept(bench: Bench, study_id: int) -> bool:
    """Tell whether a study is kept; its rows and its files must say the same."""
    async with bench.sessions() as session:
        instances = await list_instances(session, study_id)
    files = list_files(bench.data_dir)
    by_rows = {each.purged_at is None for each in instances}
    by_paths = {each.path != "" for each in instances}
    by_files = {str(each.arrival_id) in files for each in instances}
    assert by_rows == by_paths == by_files
    assert len(by_rows) == 1
    return by_rows.pop()


async def keep_one(
    bench: Bench,
    *,
    at: datetime,
    state: CaseState | None = CaseState.DELIVERED,
    intake_class: str = "case",
) -> Study:
    """Keep a study of a hospital of its own."""
    async with unit_of_work(bench.sessions) as session:
        stage = await set_own_stage(session)
        return await keep_study(
            stage, data_dir=bench.data_dir, at=at, state=state, intake_class=intake_class
        )


async def set_value_of(
    bench: Bench, key: SettingKey, value: int, *, site_id: int | None = None
) -> None:
    """Set a value, of the group or of a site."""
    async with unit_of_work(bench.sessions) as session:
        actor = await add_user(await set_own_stage(session), role=Role.GCS_ADMIN)
        session.add(
            SettingValue(
                key=key.value,
                site_id=site_id,
                value={"value": value},
                set_at=NIGHT,
                set_by=actor.user_id,
            )
        )
