"""Those who come and go: changes of a planning that is in force, and a morning's handover."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.directory.models import Radiologist
from app.dispatch import repository as offers
from app.dispatch.models import Handover, HandoverItem
from app.dispatch.service import handover as service
from app.planning.models import Assignment, PlanningRevision, Seat
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from tests.factories.flow import offer_case, open_case
from tests.factories.stage import Stage, add_radiologist, put_on_guard, set_stage


async def give_seat(
    stage: Stage, seat: Seat, radiologist: Radiologist | None, *, at: datetime
) -> None:
    """Publish at an instant that a seat is held by somebody else, or by nobody."""
    session = stage.session
    await session.execute(
        update(Assignment)
        .where(Assignment.seat_id == seat.id, Assignment.in_force)
        .values(in_force=False)
    )
    stage.revision = PlanningRevision(
        planning_id=stage.planning.id,
        number=(stage.revision.number or 0) + 1,
        created_at=at,
        published_at=at,
    )
    session.add(stage.revision)
    await session.flush()
    session.add(
        Assignment(
            seat_id=seat.id,
            revision_id=stage.revision.id,
            society_id=stage.society.id,
            radiologist_id=None if radiologist is None else radiologist.id,
            reason="repair",
            period=seat.period,
            in_force=True,
        )
    )
    await session.flush()


@dataclass
class Relief:
    """A morning: one reader leaves, one comes, one stays, somebody coordinates.

    `replacing` may read for the site, and holds no seat; who coordinates may not.
    """

    stage: Stage
    end: datetime
    """When the one who leaves goes off guard."""
    leaving: Radiologist
    leaving_actor: Actor
    coming: Radiologist
    coming_actor: Actor
    coming_seat: Seat
    staying: Radiologist
    staying_actor: Actor
    staying_seat: Seat
    coordinator: Radiologist
    replacing: Radiologist
    replacing_actor: Actor


async def lay_relief(session: AsyncSession, *, end: datetime) -> Relief:
    """Let a reader's guard of two seats end at an instant; the one who stays is on the backup."""
    stage = await set_stage(session, night=end - timedelta(hours=5))
    stage.revision.published_at = end - timedelta(days=20)
    leaving, leaving_actor = await add_radiologist(stage)
    middle = end - timedelta(hours=8)
    await put_on_guard(stage, leaving, period=(end - timedelta(hours=11), middle))
    await put_on_guard(stage, leaving, period=(middle, end))
    coming, coming_actor = await add_radiologist(stage)
    coming_seat = await put_on_guard(stage, coming, period=(end, end + timedelta(hours=10)))
    around = (end - timedelta(hours=11), end + timedelta(hours=10))
    staying, staying_actor = await add_radiologist(stage)
    staying_seat = await put_on_guard(stage, staying, line="backup", period=around)
    coordinator, _ = await add_radiologist(stage, may_read=False)
    await put_on_guard(stage, coordinator, kind="coordinator", period=around)
    replacing, replacing_actor = await add_radiologist(stage)
    return Relief(
        stage=stage,
        end=end,
        leaving=leaving,
        leaving_actor=leaving_actor,
        coming=coming,
        coming_actor=coming_actor,
        coming_seat=coming_seat,
        staying=staying,
        staying_actor=staying_actor,
        staying_seat=staying_seat,
        coordinator=coordinator,
        replacing=replacing,
        replacing_actor=replacing_actor,
    )


async def look(relief: Relief, now: datetime) -> None:
    """Do what the job of handovers does at an instant."""
    session = relief.stage.session
    await service.open_all(session, now=now)
    while await service.look_next(session, now=now, zone=ZoneInfo("Europe/Paris")):
        pass


async def list_rows(relief: Relief) -> list[HandoverItem]:
    """List all offers, superseded ones too, in their order."""
    rows = await relief.stage.session.scalars(
        select(HandoverItem).order_by(HandoverItem.id).execution_options(populate_existing=True)
    )
    return list(rows)


async def find_handover(relief: Relief) -> Handover:
    """Read the only handover there is."""
    rows = await relief.stage.session.scalars(
        select(Handover).execution_options(populate_existing=True)
    )
    return rows.one()


async def list_told(relief: Relief, kind: TaskKind) -> list[tuple[int | None, object]]:
    """List whom a kind of task is for, and of how many things it speaks."""
    standing = await tasks.list_standing(relief.stage.session, kind)
    return [(each.radiologist_id, each.detail["count"]) for each in standing]


async def offer_one(relief: Relief, *, at: datetime | None = None) -> int:
    """Let a case be offered to the one who leaves, and to nobody else."""
    at = relief.end - timedelta(minutes=20) if at is None else at
    case_id = await open_case(relief.stage, at=at - timedelta(minutes=10))
    await offer_case(relief.stage, case_id, at=at)
    assert await offers.list_nominees(relief.stage.session, case_id) == {relief.leaving.id}
    return case_id
