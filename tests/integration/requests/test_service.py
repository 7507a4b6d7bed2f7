"""Requests and their images: found by their identifiers, asked for when they do not come."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain import Scope
from app.requests import service as requests
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.domain.matching import StudyKey
from app.requests.domain.states import RequestState
from app.requests.domain.summary import RequestSummary
from app.requests.repository.requests import count_to_decide, get_request
from app.tasks.models import Task
from tests.factories.asking import Asking, begin_asking
from tests.factories.requests import CONTENT
from tests.factories.stage import NIGHT

DUE = NIGHT + timedelta(minutes=45)


@pytest_asyncio.fixture
async def asking(session: AsyncSession) -> Asking:
    return await begin_asking(session)


async def find(
    asking: Asking, *, accessions: tuple[str, ...] = (), patient_id: str = "", hours: int = 0
) -> int | None:
    study = StudyKey(
        site_id=asking.stage.site.id,
        accession_numbers=frozenset(accessions),
        patient_id=patient_id,
        at=NIGHT + timedelta(hours=hours),
    )
    (found,) = await requests.find_for_studies(asking.session, [study])
    return None if found is None else found.id


async def list_tasks(session: AsyncSession) -> list[Task]:
    query = select(Task).where(Task.kind == "ask_for_images")
    return list(await session.scalars(query.execution_options(populate_existing=True)))


@pytest.mark.asyncio
async def test_a_study_finds_its_request_by_accession_number_else_by_patient(
    asking: Asking,
) -> None:
    request_id = await asking.submit()

    assert await find(asking, accessions=("X", "a-1")) == request_id
    assert await find(asking, patient_id="pid-1", hours=12) == request_id
    assert await find(asking, patient_id="PID-1", hours=13) is None
    assert await find(asking, accessions=("X",), patient_id="PID-2") is None
    assert await find(asking) is None


@pytest.mark.asyncio
async def test_a_dummy_patient_id_finds_no_request(asking: Asking) -> None:
    await asking.submit(replace(CONTENT, patient_id="INCONNU", accession_number=""))

    assert await find(asking, patient_id="INCONNU") is None


@pytest.mark.asyncio
@pytest.mark.parametrize("ending", ["refused", "cancelled"])
async def test_what_no_longer_stands_finds_no_images(asking: Asking, ending: str) -> None:
    request_id = await asking.submit()
    if ending == "refused":
        refusal = Decision(kind=DecisionKind.REFUSED, reason="Déjà fait")
        await asking.decide(request_id, refusal)
    else:
        await requests.cancel(
            asking.session, request_id, reason="Transfert", actor=asking.hospital, now=NIGHT
        )

    assert await find(asking, accessions=("A-1",)) is None


@pytest.mark.asyncio
async def test_the_site_is_asked_once_when_no_image_came_after_the_validation(
    asking: Asking,
) -> None:
    request_id = await asking.submit()
    await asking.decide(request_id)
    session = asking.session

    early = await pipeline.ask_for_images(session, now=DUE - timedelta(seconds=1), limit=9)
    assert await requests.find_next_due(session) == DUE
    asked = await pipeline.ask_for_images(session, now=DUE, limit=9)
    again = await pipeline.ask_for_images(session, now=DUE + timedelta(hours=1), limit=9)

    assert (early, asked, again) == (0, 1, 0)
    (task,) = await list_tasks(session)
    assert task.subject == f"request:{request_id}"
    assert task.site_id == asking.stage.site.id
    assert task.radiologist_id == asking.radiologist.id
    assert task.detail["telephone"] == asking.stage.site.telephone_ct
    assert not {"DUPONT", "PID-1"} & set(map(str, task.detail.values()))


@pytest.mark.asyncio
async def test_the_question_to_the_site_settles_by_itself_when_images_come(
    asking: Asking,
) -> None:
    request_id = await asking.submit()
    await asking.decide(request_id)
    await pipeline.ask_for_images(asking.session, now=DUE, limit=9)

    await pipeline.images_came(asking.session, request_id, now=DUE)
    await pipeline.images_came(asking.session, request_id, now=DUE + timedelta(minutes=1))

    (task,) = await list_tasks(asking.session)
    assert task.settled_at == DUE
    request = await get_request(asking.session, request_id)
    assert (request.images_at, request.images_due_at) == (DUE, None)


@pytest.mark.asyncio
async def test_images_that_came_before_the_time_is_up_ask_nobody(asking: Asking) -> None:
    request_id = await asking.submit()
    await asking.decide(request_id)

    await requests.images_came(asking.session, request_id, now=NIGHT)

    assert await pipeline.ask_for_images(asking.session, now=DUE, limit=9) == 0
    assert await requests.find_next_due(asking.session) is None


@pytest.mark.asyncio
async def test_a_request_that_is_decided_after_its_images_came_waits_for_none(
    asking: Asking,
) -> None:
    request_id = await asking.submit()
    await requests.images_came(asking.session, request_id, now=NIGHT)

    await asking.decide(request_id)

    assert (await get_request(asking.session, request_id)).images_due_at is None


@pytest.mark.asyncio
async def test_a_request_whose_images_came_is_not_cancelled(asking: Asking) -> None:
    request_id = await asking.submit()
    await asking.decide(request_id)
    await requests.images_came(asking.session, request_id, now=NIGHT)

    with pytest.raises(requests.ImagesCame):
        await pipeline.cancel_request(
            asking.session, request_id, reason="Trop tard", actor=asking.hospital, now=NIGHT
        )

    assert (await get_request(asking.session, request_id)).state == RequestState.VALIDATED


@pytest.mark.asyncio
async def test_a_cancelled_request_asks_for_no_images(asking: Asking) -> None:
    request_id = await asking.submit()
    await asking.decide(request_id)
    await pipeline.ask_for_images(asking.session, now=DUE, limit=9)

    await pipeline.cancel_request(
        asking.session, request_id, reason="Transfert", actor=asking.hospital, now=DUE
    )

    (task,) = await list_tasks(asking.session)
    assert task.outcome == "request cancelled"


@pytest.mark.asyncio
async def test_a_summary_says_what_was_asked_and_decided(asking: Asking) -> None:
    request_id = await asking.submit()
    other = await asking.submit()
    await asking.decide(
        request_id,
        Decision(kind=DecisionKind.SUBSTITUTED, exam="IRM", protocol="T2*", reason="Grossesse"),
    )

    first, second = await requests.load_summaries(asking.session, [other, request_id])

    assert isinstance(first, RequestSummary)
    assert (first.request_id, first.exam_to_do) == (request_id, "IRM")
    assert (first.protocol, first.reason, first.is_accepted) == ("T2*", "Grossesse", True)
    assert (second.exam_to_do, second.is_accepted) == (CONTENT.exam, False)


@pytest.mark.asyncio
async def test_what_waits_for_a_decision_is_counted_within_the_scope(asking: Asking) -> None:
    await asking.submit()
    await asking.decide(await asking.submit())
    site, elsewhere = asking.stage.site.id, Scope(site_ids=frozenset({2**40}))

    inside = await count_to_decide(asking.session, scope=Scope(site_ids=frozenset({site})))

    assert inside == 1
    assert await count_to_decide(asking.session, scope=elsewhere) == 0
