"""Exams of a night without a gateway: rows as the index writes them, and readers who claim."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event, Thread
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app import pipeline
from app.cases.repository import find_case_of_study
from app.db.clock import DatabaseClock
from app.db.engine import make_unpooled_engine
from app.db.notify import WORK, notify
from app.db.session import Sessions, make_sessions, run_unit_of_work
from app.directory.domain import Actor, Grant, Role
from app.directory.models import Sender
from app.dispatch.repository import list_nominees
from app.intake.models import Patient, Study
from app.kit.clock import read_monotonic_s
from app.kit.errors import Conflict
from app.kit.ids import draw_uid

_GLANCE_S = 0.02
_NEVER = timedelta(days=1)
_URGENT = "ASTREINTE_P1"


@dataclass(slots=True)
class Arrived:
    """What has come, filled by the thread of arrivals."""

    study_ids: list[int] = field(default_factory=list)
    claimed: dict[int, int] = field(default_factory=dict)
    """Cases that a reader has taken, with who."""


class Arrivals:
    """Urgent exams at a steady pace in a thread of their own; some are claimed by who is asked.

    Parameters
    ----------
    url
        Of a database with people on guard.
    sender_ids
        In turn.
    period_s
        Between two exams, > 0.
    count
        How many exams come in all; each waits until it is let in.
    claim_every
        Each such exam is claimed, a while after it was offered; 0: none.
    seed
        Draws who claims, and when.
    """

    def __init__(
        self,
        url: str,
        *,
        sender_ids: Sequence[int],
        period_s: float,
        count: int,
        claim_every: int,
        seed: int,
    ) -> None:
        self.arrived = Arrived()
        self._url = url
        self._sender_ids = sender_ids
        self._period_s = period_s
        self._count = count
        self._claim_every = claim_every
        self._chance = Random(seed)  # noqa: S311 - reproducible load, no secret
        self._allowed = 0
        self._stop = Event()
        self._failed: list[BaseException] = []
        self._thread = Thread(target=self._run, name="arrivals")

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, and raise what went wrong meanwhile."""
        self._stop.set()
        self._thread.join()
        if self._failed:
            raise self._failed[0]

    def let_in(self, count: int) -> None:
        """Let so many more come, one after the other."""
        self._allowed += count

    def wait_for(self, count: int) -> None:
        """Wait until so many have come, or something went wrong."""
        while len(self.arrived.study_ids) < count and self._thread.is_alive():
            time.sleep(_GLANCE_S)

    def wait(self) -> None:
        """Wait until all have come, and one was claimed if any was to be."""
        self._thread.join()

    def _run(self) -> None:
        engine = make_unpooled_engine(self._url, application="arrivals")
        try:
            asyncio.run(self._arrive(engine))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._failed.append(error)

    async def _arrive(self, engine: AsyncEngine) -> None:
        sessions = make_sessions(engine)
        due_s, to_claim = read_monotonic_s(), list[int]()
        number = 0
        while number < self._count and not self._stop.wait(_GLANCE_S):
            if number >= self._allowed or read_monotonic_s() < due_s:
                continue
            due_s = read_monotonic_s() + self._period_s
            sender_id = self._sender_ids[number % len(self._sender_ids)]
            study_id = await add_study(sessions, number, sender_id=sender_id)
            self.arrived.study_ids.append(study_id)
            if self._claim_every and number % self._claim_every == 0:
                to_claim.append(study_id)
            if to_claim and self._chance.random() < 1 / self._claim_every:
                await self._claim(sessions, to_claim)
            number += 1
        while to_claim and not self.arrived.claimed and not self._stop.wait(_GLANCE_S):
            await self._claim(sessions, to_claim)
        await engine.dispose()

    async def _claim(self, sessions: Sessions, study_ids: list[int]) -> None:
        study_id = self._chance.choice(study_ids)

        async def claim(session: AsyncSession) -> tuple[int, int] | None:
            case_id = await find_case_of_study(session, study_id)
            asked = () if case_id is None else await list_nominees(session, case_id)
            if case_id is None or not asked:
                return None
            reader_id = self._chance.choice(sorted(asked))
            now = await DatabaseClock().now(session)
            await pipeline.claim(session, case_id, actor=_make_actor(reader_id), now=now)
            return case_id, reader_id

        with suppress(Conflict):
            done = await run_unit_of_work(sessions, claim)
            if done is not None:
                self.arrived.claimed[done[0]] = done[1]
                study_ids.remove(study_id)


def _make_actor(reader_id: int) -> Actor:
    return Actor(
        user_id=None,
        name="Ada",
        radiologist_id=reader_id,
        grants=(Grant(Role.RADIOLOGIST),),
    )


async def add_study(sessions: Sessions, number: int, *, sender_id: int) -> int:
    """Enter an urgent study of one image that no case was told of yet, and wake who tells."""

    async def add(session: AsyncSession) -> int:
        sender = await session.get_one(Sender, sender_id)
        now = await DatabaseClock().now(session)
        patient = Patient(
            domain_id=sender.domain_id,
            patient_id=f"N{number}",
            patient_name=f"Night^{number}",
            patient_birth_date="19510203",
            patient_sex="F",
        )
        session.add(patient)
        await session.flush()
        study = _make_study(sender, patient_id=patient.id, now=now)
        session.add(study)
        await session.flush()
        await notify(session, channel=WORK, payload="studies")
        return study.id

    return await run_unit_of_work(sessions, add)


def _make_study(sender: Sender, *, patient_id: int, now: datetime) -> Study:
    return Study(
        domain_id=sender.domain_id,
        study_instance_uid=draw_uid(),
        patient_id=patient_id,
        site_id=sender.site_id,
        sender_id=sender.id,
        called_ae_title=_URGENT,
        modalities=["CT"],
        study_description="Scanner cerebral",
        first_image_at=now,
        last_image_at=now,
        instance_count=1,
        image_count=1,
        announced_count=0,
        complete_due_at=now + _NEVER,
    )
