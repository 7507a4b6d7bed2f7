"""A night in which readers are told of a case: by page, mail and telephone."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from app import pipeline
from app.adapters.documents.renderer import TypstDicomRenderer
from app.cases.domain.priority import Priority
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Actor, Role
from app.directory.models import User
from app.dispatch.domain.notification import Answer, Channel, NotificationState
from app.dispatch.models import Notification, NotificationTry
from app.dispatch.repository import list_nominees
from app.dispatch.repository.notification import offer_of
from app.dispatch.service.notification import note_shown
from app.pipeline.notifying import (
    Answered,
    telephone_answered,
)
from app.settings import read_settings
from scheduler.job import Bench
from scheduler.jobs import notifications
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, put_on_guard, set_stage
from tests.fakes.hook import FakeCaller
from tests.fakes.mailbox import FakeMailSender
from tests.fakes.receiver import FakeSender

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOOK, BROWSER, MAIL = Channel.HOOK.value, Channel.BROWSER.value, Channel.MAIL.value


class Night:
    """Readers on guard, a case that is offered to them, and the job that tells them."""

    def __init__(self, sessions: Sessions, clock: SetClock, *, data_dir: Path) -> None:
        self.sessions = sessions
        self.clock = clock
        self.hook = FakeCaller()
        self.mails = FakeMailSender()
        self.bench = Bench(
            settings=read_settings({"ASTREINTE_DATA_DIR": str(data_dir)}),
            sessions=sessions,
            clock=clock,
            peers=FakeSender(),
            renderer=TypstDicomRenderer(),
            mails=self.mails,
            caller=self.hook,
        )
        self.case_ids: list[int] = []
        self.readers: list[tuple[int, Actor]] = []

    @property
    def case_id(self) -> int:
        return self.case_ids[0]

    async def begin(
        self,
        *,
        readers: int = 1,
        cases: int = 1,
        priority: Priority = Priority.P1,
        has_mail: bool = True,
    ) -> None:
        async with unit_of_work(self.sessions) as session:
            stage = await set_stage(session)
            for _ in range(readers):
                await self._join(stage, has_mail=has_mail)
            self.case_ids = [await open_case(stage, at=NIGHT, urgent=True) for _ in range(cases)]
            if priority is not Priority.P1:
                boss = await add_user(stage, role=Role.COORDINATOR)
                await pipeline.change_priority(
                    session, self.case_id, priority=priority, reason="known", actor=boss, now=NIGHT
                )
        await self.decide()

    async def _join(self, stage: Stage, *, has_mail: bool) -> None:
        radiologist, actor = await add_radiologist(stage)
        await put_on_guard(stage, radiologist)
        self.readers.append((radiologist.id, actor))
        if has_mail:
            await stage.session.execute(
                update(User)
                .where(User.radiologist_id == radiologist.id)
                .values(email=f"reader{radiologist.id}@society.example")
            )

    async def decide(self) -> None:
        for case_id in self.case_ids:
            async with unit_of_work(self.sessions) as session:
                await pipeline.case_due(session, case_id, now=self.clock.instant)

    async def tell(self, *, after: timedelta = timedelta(0)) -> None:
        self.clock.advance(after)
        await notifications.run(self.bench)

    async def list_told(self, channel: str) -> list[Notification]:
        async with self.sessions() as session:
            rows = await session.scalars(
                select(Notification)
                .where(Notification.channel == channel)
                .order_by(Notification.id)
            )
            return list(rows)

    async def list_tries(self) -> list[tuple[int, str | None]]:
        async with self.sessions() as session:
            rows = await session.scalars(
                select(NotificationTry)
                .join(Notification, Notification.id == NotificationTry.notification_id)
                .where(Notification.channel == HOOK)
                .order_by(NotificationTry.id)
            )
            return [(each.number, each.outcome) for each in rows]

    async def show(self, row: Notification, *, has_sounded: bool) -> NotificationState:
        (state,) = (await self.show_all([row], has_sounded=has_sounded)).values()
        return state

    async def show_all(
        self, rows: Sequence[Notification], *, has_sounded: bool
    ) -> dict[int, NotificationState]:
        async with unit_of_work(self.sessions) as session:
            return await note_shown(
                session,
                [each.id for each in rows],
                radiologist_id=offer_of(rows[0]).radiologist_id,
                has_sounded=has_sounded,
                now=self.clock.instant,
            )

    async def answer(self, row: Notification, answer: Answer) -> Answered:
        async with unit_of_work(self.sessions) as session:
            return await telephone_answered(
                session,
                row.reference,
                case_id=row.case_id,
                answer=answer,
                now=self.clock.instant,
            )

    async def list_nominees(self) -> set[int]:
        async with self.sessions() as session:
            return await list_nominees(session, self.case_id)
