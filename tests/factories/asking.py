"""A hospital that asks, and a radiologist on guard who decides."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain import Actor, Role
from app.directory.models import Radiologist, RoleGrant, User
from app.requests import service as requests
from app.requests.domain.content import RequestContent
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.repository.requests import get_request
from tests.factories.requests import CONTENT
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_user,
    put_on_guard,
    set_stage,
)

VALIDATION = Decision(kind=DecisionKind.VALIDATED, protocol="Sans injection, 1 mm")


@dataclass
class Asking:
    """A hospital's user, and a radiologist on guard for it."""

    session: AsyncSession
    stage: Stage
    hospital: Actor
    radiologist: Radiologist
    reader: Actor

    async def submit(self, content: RequestContent = CONTENT, *, now: datetime = NIGHT) -> int:
        """Submit a request of the hospital."""
        event = await requests.submit(
            self.session,
            site_id=self.stage.site.id,
            content=content,
            actor=self.hospital,
            now=now,
        )
        return event.request_id

    async def decide(
        self, request_id: int, decision: Decision = VALIDATION, *, now: datetime = NIGHT
    ) -> None:
        """Let the radiologist decide on the request as it is now."""
        request = await get_request(self.session, request_id)
        await pipeline.decide_request(
            self.session,
            request_id,
            decision=decision,
            version=request.version,
            actor=self.reader,
            now=now,
        )

    async def user_of(self, actor: Actor) -> User:
        """Load the login of somebody."""
        return await self.session.get_one(User, actor.user_id)


async def begin_asking(session: AsyncSession) -> Asking:
    """Build a hospital with its user, and a radiologist on guard."""
    stage = await set_stage(session)
    hospital = await add_user(stage, role=Role.SITE)
    session.add(RoleGrant(user_id=hospital.user_id, role=Role.SITE, site_id=stage.site.id))
    radiologist, reader = await add_radiologist(stage)
    session.add(RoleGrant(user_id=reader.user_id, role=Role.RADIOLOGIST))
    await put_on_guard(stage, radiologist)
    await session.flush()
    return Asking(session, stage, hospital, radiologist, reader)
