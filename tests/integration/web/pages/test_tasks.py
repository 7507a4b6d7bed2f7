"""What is to be done: who sees it, whose word settles it."""

import pytest
from sqlalchemy import select

from app.directory.domain import Actor, Role
from app.directory.models import RoleGrant
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from app.tasks.service import raise_task, raise_task_of_society
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_society, add_user, set_stage
from tests.integration.web.pages.conftest import Browse
from tests.integration.web.pages.test_hospital import browse_as_hospital


async def ask_for(stage: Stage, kind: TaskKind, *, reader: Actor | None = None) -> int:
    """Raise a task of a case of the stage's hospital."""
    case_id = await open_case(stage)
    task_id = await raise_task(
        stage.session,
        kind,
        subject=f"case:{case_id}",
        now=NIGHT,
        case_id=case_id,
        site_id=stage.site.id,
        radiologist_id=reader.radiologist_id if reader else None,
        detail={"instances": 4, "request": 7},
    )
    assert task_id is not None
    return task_id


async def find_outcome(stage: Stage, task_id: int) -> str | None:
    return await stage.session.scalar(select(Task.outcome).where(Task.id == task_id))


@pytest.mark.asyncio
async def test_the_strip_tells_the_reader_and_the_coordinator_and_nobody_else(
    stage: Stage, browse: Browse
) -> None:
    _, reader = await add_radiologist(stage)
    _, other = await add_radiologist(stage)
    await ask_for(stage, TaskKind.LATE_IMAGES, reader=reader)
    coordinator = await add_user(stage, role=Role.COORDINATOR)

    told = [
        "1 thing to do" in (await (await browse(each)).get("/tasks/strip", htmx=True)).text
        for each in (reader, coordinator, other)
    ]

    assert told == [True, True, False]


@pytest.mark.asyncio
async def test_planners_of_a_society_are_led_to_its_gaps_and_to_no_others(
    stage: Stage, browse: Browse
) -> None:
    other = await add_society(stage.session)
    await raise_task_of_society(
        stage.session,
        TaskKind.GAP,
        subject="seat:4",
        now=NIGHT,
        society_id=stage.society.id,
        detail={"seat": 4, "segment": "evening", "start": "2026-12-24 18:30"},
    )
    pages = []
    for society in (stage.society, other):
        actor = await add_user(stage, role=Role.PLANNER)
        grant = RoleGrant(user_id=actor.user_id, role=Role.PLANNER.value, society_id=society.id)
        stage.session.add(grant)
        await stage.session.flush()
        browser = await browse(actor)
        pages.append((await browser.get("/tasks")).text)

    own, others = pages
    assert "Nobody holds the seat of 2026-12-24 18:30" in own
    assert 'href="/planning?month=2026-12"' in own
    assert "Open the planning" in own
    assert "Nothing to do." in others


@pytest.mark.asyncio
async def test_a_neighbour_neither_sees_nor_settles_a_task(stage: Stage, browse: Browse) -> None:
    task_id = await ask_for(stage, TaskKind.ASK_FOR_IMAGES)
    neighbour = await set_stage(stage.session, night=NIGHT.replace(month=12))
    browser, _ = await browse_as_hospital(neighbour, browse)

    page = await browser.get("/tasks")
    answer = await browser.post(f"/tasks/{task_id}/settle", outcome="Rien")

    assert "Nothing to do." in page.text
    assert answer.status_code == 404
    assert await find_outcome(stage, task_id) is None


@pytest.mark.asyncio
async def test_the_hospital_answers_what_it_is_asked(stage: Stage, browse: Browse) -> None:
    task_id = await ask_for(stage, TaskKind.ASK_FOR_IMAGES)
    browser, _ = await browse_as_hospital(stage, browse)

    page = await browser.get("/hospital")
    answer = await browser.post(f"/tasks/{task_id}/settle", outcome="Patient transféré")

    assert "The exam was validated and no image has come" in page.text
    assert answer.headers["location"] == "/tasks"
    assert await find_outcome(stage, task_id) == "Patient transféré"


@pytest.mark.asyncio
async def test_nobodys_word_settles_a_critical_call(stage: Stage, browse: Browse) -> None:
    _, reader = await add_radiologist(stage)
    task_id = await ask_for(stage, TaskKind.CRITICAL_CALL, reader=reader)
    browser = await browse(reader)

    page = await browser.get("/tasks")
    answer = await browser.post(f"/tasks/{task_id}/settle", outcome="Fait")

    assert "Log the call on the page of the case." in page.text
    assert f"/tasks/{task_id}/settle" not in page.text
    assert answer.status_code == 409
    assert "log the call that settles it" in answer.text
    assert await find_outcome(stage, task_id) is None


@pytest.mark.asyncio
async def test_late_images_are_settled_by_one_click_of_a_radiologist(
    stage: Stage, browse: Browse
) -> None:
    _, reader = await add_radiologist(stage)
    task_id = await ask_for(stage, TaskKind.LATE_IMAGES, reader=reader)
    coordinator = await browse(await add_user(stage, role=Role.COORDINATOR))

    refused = await coordinator.post(f"/tasks/{task_id}/settle", outcome="nothing to add")
    settled = await (await browse(reader)).post(
        f"/tasks/{task_id}/settle", htmx=True, outcome="nothing to add"
    )

    assert refused.status_code == 403
    assert settled.headers["hx-trigger"] == "tasks-changed"
    assert await find_outcome(stage, task_id) == "nothing to add"


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", TaskKind)
async def test_every_kind_is_a_sentence(stage: Stage, browse: Browse, kind: TaskKind) -> None:
    await ask_for(stage, kind)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = await browser.get("/tasks")

    assert page.status_code == 200
    assert f'<p class="task-text">{kind}</p>' not in page.text
    assert "%(" not in page.text
