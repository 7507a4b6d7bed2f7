"""Joining, splitting, incidents, read results and tasks, by whoever may."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service
from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.models import Radiologist, RoleGrant, User
from app.tasks.domain.kinds import TaskKind
from app.tasks.service import raise_task
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, set_stage
from tests.integration.web.conftest import SignIn

WHY = {"reason": "one patient"}


async def sign_in_as(
    stage: Stage, sign_in: SignIn, role: Role, *, at_site: bool = False
) -> httpx.AsyncClient:
    """Sign in somebody with one role, for the stage's site alone or everywhere."""
    actor = await add_user(stage, role=role)
    stage.session.add(
        RoleGrant(
            user_id=actor.user_id, role=role.value, site_id=stage.site.id if at_site else None
        )
    )
    return await sign_in(await stage.session.get_one(User, actor.user_id))


async def sign_in_reader(stage: Stage, sign_in: SignIn) -> tuple[Radiologist, httpx.AsyncClient]:
    radiologist, actor = await add_radiologist(stage)
    stage.session.add(RoleGrant(user_id=actor.user_id, role=Role.RADIOLOGIST.value))
    return radiologist, await sign_in(await stage.session.get_one(User, actor.user_id))


@pytest.mark.asyncio
async def test_the_coordinator_joins_two_cases_and_splits_them_again(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await set_stage(session)
    client = await sign_in_as(stage, sign_in, Role.COORDINATOR)
    kept, absorbed = await open_case(stage), await open_case(stage)
    (study,) = await cases.list_studies(session, absorbed)

    joined = await client.post(f"/api/v1/cases/{kept}/join", json={**WHY, "other_id": absorbed})
    divided = await client.post(
        f"/api/v1/cases/{kept}/split", json={**WHY, "study_ids": [study.id]}
    )

    assert (joined.status_code, joined.json()["id"]) == (200, kept)
    assert divided.status_code == 200
    assert divided.json()["id"] not in {kept, absorbed}
    assert await cases.find_case_of_study(session, study.id) == divided.json()["id"]


@pytest.mark.asyncio
async def test_who_only_sees_a_case_does_not_put_it_together(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await set_stage(session)
    client = await sign_in_as(stage, sign_in, Role.SITE, at_site=True)
    kept, absorbed = await open_case(stage), await open_case(stage)

    answers = [
        await client.post(f"/api/v1/cases/{kept}/join", json={**WHY, "other_id": absorbed}),
        await client.post(f"/api/v1/cases/{kept}/split", json={**WHY, "study_ids": [1]}),
        await client.post(f"/api/v1/cases/{kept}/join-request", json={**WHY, "request_id": 1}),
    ]
    knows_its_patients = await client.post(f"/api/v1/cases/{kept}/one-patient", json=WHY)

    assert [each.status_code for each in answers] == [403] * 3
    assert knows_its_patients.status_code == 200


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("join", {"reason": "x", "other_id": 0}),
        ("join", {"reason": "", "other_id": 1}),
        ("join", {"reason": "x" * 501, "other_id": 1}),
        ("split", {"reason": "x", "study_ids": [-1]}),
        ("split", {"reason": "x", "study_ids": list(range(1, 102))}),
        ("split", {"reason": "x", "study_ids": []}),
        ("incidents", {"kind": "aliens", "text": "x"}),
        ("incidents", {"kind": "other", "text": "x" * 501}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    session: AsyncSession, sign_in: SignIn, path: str, body: dict[str, object]
) -> None:
    stage = await set_stage(session)
    client = await sign_in_as(stage, sign_in, Role.COORDINATOR)
    case_id = await open_case(stage)

    answer = await client.post(f"/api/v1/cases/{case_id}/{path}", json=body)

    assert answer.status_code == 422
    assert (await cases.get_case(session, case_id)).state == "open"


@pytest.mark.asyncio
async def test_the_site_raises_a_priority_notes_an_incident_and_finishes_the_exam(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await set_stage(session)
    client = await sign_in_as(stage, sign_in, Role.SITE, at_site=True)
    case_id = await open_case(stage)
    path = f"/api/v1/cases/{case_id}"

    lowered = await client.put(f"{path}/priority", json={"priority": "P3", "reason": "no hurry"})
    raised = await client.put(f"{path}/priority", json={"priority": "P1", "reason": "coma"})
    noted = await client.post(
        f"{path}/incidents", json={"kind": "transmission", "text": "VPN down"}
    )
    finished = await client.post(f"{path}/exam-finished")

    assert (lowered.status_code, raised.json()["priority"]) == (403, "P1")
    assert (noted.status_code, finished.status_code) == (201, 200)
    assert len(finished.json()["study_ids"]) == 1
    kinds = [each.kind for each in await cases.list_events(session, case_id)]
    assert kinds[-3:] == ["priority_changed", "incident", "exam_finished"]


@pytest.mark.asyncio
async def test_a_case_of_another_site_is_not_there_for_a_site(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await set_stage(session)
    other = await set_stage(session, night=NIGHT - timedelta(days=30))
    client = await sign_in_as(stage, sign_in, Role.SITE, at_site=True)
    case_id = await open_case(other)

    answers = [
        await client.post(
            f"/api/v1/cases/{case_id}/incidents", json={"kind": "other", "text": "x"}
        ),
        await client.post(f"/api/v1/cases/{case_id}/acknowledge-result"),
        await client.post(f"/api/v1/cases/{case_id}/exam-finished"),
    ]

    assert [each.status_code for each in answers] == [404] * 3


@pytest.mark.asyncio
async def test_the_site_says_that_it_has_read_the_report(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await set_stage(session)
    client = await sign_in_as(stage, sign_in, Role.SITE, at_site=True)
    case_id = await open_case(stage)
    path = f"/api/v1/cases/{case_id}/acknowledge-result"

    early = await client.post(path)
    (await cases.get_case(session, case_id)).state = "delivered"
    await session.flush()
    read = await client.post(path)
    again = await client.post(path)

    assert early.status_code == 409
    assert (read.json()["state"], again.json()["state"]) == ("acknowledged", "acknowledged")


@pytest.mark.asyncio
async def test_late_images_are_settled_by_the_signer_with_nothing_to_add(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    stage = await set_stage(session)
    radiologist, client = await sign_in_reader(stage, sign_in)
    coordinator = await sign_in_as(stage, sign_in, Role.COORDINATOR)
    stranger = (await sign_in_reader(stage, sign_in))[1]
    case_id = await open_case(stage)
    case = await cases.get_case(session, case_id)
    case.state, case.reader_id = "signed", radiologist.id
    await session.flush()
    task_id = await service.raise_case_task(
        session, TaskKind.LATE_IMAGES, case_id=case_id, now=clock.instant
    )
    path, body = f"/api/v1/tasks/{task_id}/settle", {"outcome": "nothing to add"}

    (mine,) = (await client.get("/api/v1/tasks")).json()
    assert (mine["kind"], mine["case_id"]) == ("late_images", case_id)
    assert (await stranger.get("/api/v1/tasks")).json() == []
    assert (await stranger.post(path, json=body)).status_code == 404
    assert (await coordinator.post(path, json=body)).status_code == 403
    assert (await client.post(path, json={"outcome": ""})).status_code == 422
    assert (await client.post(path, json=body)).status_code == 204
    assert (await client.post(path, json=body)).status_code == 404

    last = (await cases.list_events(session, case_id))[-1]
    assert (last.kind, last.reason) == ("task_settled", "nothing to add")
    assert (await client.get("/api/v1/tasks")).json() == []


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", [TaskKind.CRITICAL_CALL, TaskKind.CALL_SITE, TaskKind.DISK])
async def test_no_word_settles_a_call_or_a_full_disk(
    session: AsyncSession, sign_in: SignIn, kind: TaskKind
) -> None:
    stage = await set_stage(session)
    client = await sign_in_as(stage, sign_in, Role.COORDINATOR)
    site_id = None if kind is TaskKind.DISK else stage.site.id
    task_id = await raise_task(session, kind, subject="x:1", site_id=site_id, now=NIGHT)

    answer = await client.post(f"/api/v1/tasks/{task_id}/settle", json={"outcome": "done"})

    assert answer.status_code == 409
    assert [each["task_id"] for each in (await client.get("/api/v1/tasks")).json()] == [task_id]
