"""What others than the reader do to a case, in every state that it can have."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.incidents import IncidentKind
from app.cases.domain.priority import Priority
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState, MoveRefused
from app.cases.models import Case
from app.directory.domain import Role
from app.kit.errors import Conflict, Invalid, NotAllowed
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_user, set_stage

LATER = NIGHT + timedelta(minutes=30)


async def open_in(stage: Stage, state: CaseState) -> int:
    """Open a case, and put its row into a state."""
    session = stage.session
    case_id = await open_case(stage)
    await session.execute(text('ALTER TABLE "case" DROP CONSTRAINT ck_case_reading_has_reader'))
    await session.execute(update(Case).where(Case.id == case_id).values(state=state.value))
    return case_id


@pytest.mark.asyncio
@pytest.mark.parametrize("state", CaseState)
async def test_an_incident_is_noted_in_every_state(session: AsyncSession, state: CaseState) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.SITE)
    case_id = await open_in(stage, state)

    await pipeline.note_incident(
        session,
        case_id,
        kind=IncidentKind.TRANSMISSION,
        text="VPN down for ten minutes",
        actor=actor,
        now=LATER,
    )

    last = (await cases.list_events(session, case_id))[-1]
    assert (last.kind, last.reason, last.by_user_id) == (
        "incident",
        "VPN down for ten minutes",
        actor.user_id,
    )
    assert last.detail == {"kind": "transmission"}
    assert (await cases.get_case(session, case_id)).state == state


@pytest.mark.asyncio
@pytest.mark.parametrize("said", ["", "  ", "x" * 501])
async def test_an_incident_says_something(session: AsyncSession, said: str) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.SITE)
    case_id = await open_case(stage)

    with pytest.raises(Invalid):
        await pipeline.note_incident(
            session, case_id, kind=IncidentKind.OTHER, text=said, actor=actor, now=LATER
        )


@pytest.mark.asyncio
@pytest.mark.parametrize("state", CaseState)
async def test_the_requester_reads_what_was_delivered_and_nothing_else(
    session: AsyncSession, state: CaseState
) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.SITE)
    case_id = await open_in(stage, state)

    if state in {CaseState.DELIVERED, CaseState.ACKNOWLEDGED}:
        await pipeline.acknowledge_result(session, case_id, actor=actor, now=LATER)
        await pipeline.acknowledge_result(session, case_id, actor=actor, now=LATER)
        assert (await cases.get_case(session, case_id)).state == "acknowledged"
        return
    with pytest.raises(MoveRefused):
        await pipeline.acknowledge_result(session, case_id, actor=actor, now=LATER)
    assert (await cases.get_case(session, case_id)).state == state


@pytest.mark.asyncio
@pytest.mark.parametrize("state", CaseState)
async def test_the_site_raises_what_is_not_signed_and_lowers_nothing(
    session: AsyncSession, state: CaseState
) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.SITE)
    case_id = await open_in(stage, state)
    wanted = {"reason": "coma", "actor": actor, "now": LATER, "may_lower": False}

    if state not in OPEN_FOR_DISPATCH:
        with pytest.raises(Conflict):
            await pipeline.change_priority(session, case_id, priority=Priority.P1, **wanted)  # type: ignore[arg-type]
        return
    with pytest.raises(NotAllowed):
        await pipeline.change_priority(session, case_id, priority=Priority.P3, **wanted)  # type: ignore[arg-type]
    await pipeline.change_priority(session, case_id, priority=Priority.P1, **wanted)  # type: ignore[arg-type]
    assert (await cases.get_case(session, case_id)).priority == "P1"


@pytest.mark.asyncio
async def test_the_hospital_says_that_the_exam_is_finished(session: AsyncSession) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.SITE)
    case_id = await open_case(stage)
    (study,) = await cases.list_studies(session, case_id)

    finished = await pipeline.finish_exam(session, case_id, actor=actor, now=LATER)

    assert finished == {study.id}
    assert (await cases.list_events(session, case_id))[-1].kind == "exam_finished"
