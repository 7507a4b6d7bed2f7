"""Cases brought to a point of their way by the use cases themselves."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import service as cases
from app.cases.events import CaseOpened, ImagesAdded, StudyJoined
from app.cases.repository import find_case_of_study
from app.db.apart import succeeds
from app.directory.domain import Actor
from app.directory.service.settings_history import read_values
from app.dispatch import service as dispatch
from app.dispatch.repository import list_nominees
from app.intake import service as intake
from app.intake.models import Study
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.settings import Settings
from tests.factories.stage import NIGHT, Stage, add_study


async def open_case(
    stage: Stage,
    *,
    at: datetime = NIGHT,
    instances: int = 2,
    urgent: bool = False,
    description: str = "Scanner cérébral",
) -> int:
    """Let a study arrive at an instant, and return the case that it opens."""
    called = f"{Settings().ae_title}_P1" if urgent else Settings().ae_title
    study = await add_study(
        stage, at=at, instances=instances, called_ae_title=called, description=description
    )
    await pipeline.images_arrived(stage.session, study, settings=Settings(), now=at)
    case_id = await find_case_of_study(stage.session, study.id)
    assert case_id is not None
    return case_id


async def take_news(
    session: AsyncSession, study: Study, *, now: datetime
) -> CaseOpened | StudyJoined | ImagesAdded | None:
    """Let the case of a study hear its news, and nobody else."""
    (new,) = await intake.read_news(session, [study])
    return await cases.take_news(
        session, new, now=now, ae_title="ASTREINTE", dispatch_latest=timedelta(minutes=5)
    )


async def class_studies(session: AsyncSession, studies: Sequence[Study]) -> None:
    """Class studies by the rules and settings that are in force."""
    values = await read_values(
        session, intake.CLASS_KEYS, site_ids={each.site_id for each in studies}
    )
    news = await intake.read_news(session, studies)
    await intake.classify(session, news, values=values, settings=Settings())
    await session.flush()


async def offer_case(stage: Stage, case_id: int, *, at: datetime) -> None:
    """Let a case be offered, if it was not at once; it must be due, and somebody on guard."""
    await pipeline.case_due(stage.session, case_id, now=at)
    assert await list_nominees(stage.session, case_id)


async def decide_due(session: AsyncSession, *, now: datetime) -> None:
    """Let all that is due be decided, as the job of dispatch does."""
    for case_id in await dispatch.find_due(session, now=now, limit=50):
        decide = partial(pipeline.case_due, session, case_id, now=now)
        if not await succeeds(session, decide, case=case_id):
            await dispatch.put_off(session, case_id, now=now)


async def sign_case(
    stage: Stage, case_id: int, *, actor: Actor, instances: int, at: datetime
) -> None:
    """Let a reader claim a case, write its report and sign it a minute later."""
    session = stage.session
    await pipeline.claim(session, case_id, actor=actor, now=at)
    draft = await reports.save_draft(
        session,
        case_id=case_id,
        base=0,
        chapters=Chapters(conclusion="Scanner normal."),
        actor=actor,
        now=at,
    )
    await pipeline.sign_report(
        session,
        case_id,
        base=draft.draft_number,
        instance_count=instances,
        actor=actor,
        now=at + timedelta(minutes=1),
    )
