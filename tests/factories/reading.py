"""A case on its way through reading, signing and delivery."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.events import CaseOpened
from app.directory.domain import Actor
from app.directory.models import Radiologist
from app.dispatch import service as dispatch
from app.intake.models import Instance, Series, Study
from app.kit.ids import draw_arrival_id, draw_uid
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.reports.events import ReportSigned
from tests.factories.flow import take_news
from tests.factories.reports import CT_IMAGE
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_study, set_stage

TEXT = Chapters(findings="Pas de saignement.", conclusion="Scanner normal.")


@dataclass
class Reading:
    """A case that a radiologist reads."""

    session: AsyncSession
    stage: Stage
    study: Study
    case_id: int
    radiologist: Radiologist
    actor: Actor

    async def write_and_sign(self, *, now: datetime) -> ReportSigned:
        """Write a report and sign it."""
        draft = await reports.save_draft(
            self.session, case_id=self.case_id, base=0, chapters=TEXT, actor=self.actor, now=now
        )
        return await reports.sign(
            self.session,
            case_id=self.case_id,
            base=draft.draft_number,
            instance_count=self.study.instance_count,
            actor=self.actor,
            now=now,
        )


async def add_instances(
    session: AsyncSession, study: Study, *, count: int, at: datetime = NIGHT
) -> list[Instance]:
    """Add images to a study, in a series of their own."""
    series = Series(study_id=study.id, series_instance_uid=draw_uid(), modality="CT")
    session.add(series)
    await session.flush()
    instances = []
    for number in range(1, count + 1):
        arrival_id = draw_arrival_id()
        instances.append(
            Instance(
                series_id=series.id,
                sop_instance_uid=draw_uid(),
                sop_class_uid=CT_IMAGE,
                transfer_syntax_uid="1.2.840.10008.1.2.1",
                instance_number=str(number),
                arrival_id=arrival_id,
                association_id=draw_arrival_id(),
                arrived_at=at,
                digest=arrival_id.bytes * 2,
                size_bytes=1,
                path=f"store/{arrival_id}.dcm",
            )
        )
    session.add_all(instances)
    await session.flush()
    return instances


async def open_reading(session: AsyncSession, *, images: int = 2) -> Reading:
    """Bring a study to the point where a radiologist has claimed its case."""
    stage = await set_stage(session)
    radiologist, actor = await add_radiologist(stage)
    study = await add_study(stage, instances=images)
    study.as_received = {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 100"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "DUPONT^JEANNE"}]},
        "00100020": {"vr": "LO", "Value": ["PID-1"]},
        "00100030": {"vr": "DA", "Value": ["19500101"]},
        "00100040": {"vr": "CS", "Value": ["F"]},
        "00080050": {"vr": "SH", "Value": ["A-1"]},
    }
    await add_instances(session, study, count=images)
    opened = await take_news(session, study, now=NIGHT)
    assert isinstance(opened, CaseOpened)
    await dispatch.claim(session, case_id=opened.case_id, actor=actor, now=NIGHT)
    return Reading(session, stage, study, opened.case_id, radiologist, actor)
