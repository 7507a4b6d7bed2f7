"""The way of a study through the use cases, as `app.pipeline` chains them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.cases.models import Case
from app.delivery.models import Delivery
from app.directory.domain import Actor, Role
from app.directory.models import Centre, Radiologist
from app.dispatch.models import Claim, Nomination
from app.intake.models import Study
from app.kit.errors import NotAllowed
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.reports.domain.versions import Means
from app.reports.models import Document
from app.settings import read_settings
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_study,
    add_user,
    put_on_guard,
    set_stage,
)

SETTINGS = read_settings({})


async def arrive(stage: Stage, study: Study) -> int:
    """Let the images of a study arrive, and give the case's id."""
    case_id = await pipeline.images_arrived(stage.session, study, settings=SETTINGS, now=NIGHT)
    assert case_id is not None
    await pipeline.offer_at_once(stage.session, case_id, now=NIGHT)
    return case_id


async def list_deliveries(session: AsyncSession, case_id: int) -> list[Delivery]:
    rows = await session.scalars(
        select(Delivery)
        .where(Delivery.case_id == case_id)
        .order_by(Delivery.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def node_of(session: AsyncSession, radiologist: Radiologist) -> int:
    endpoint = await session.scalar(
        select(Centre.endpoint_id).where(Centre.id == radiologist.centre_id)
    )
    assert endpoint is not None
    return endpoint


async def write_and_sign(session: AsyncSession, case: Case, actor: Actor) -> None:
    draft = await reports.save_draft(
        session,
        case_id=case.id,
        base=0,
        chapters=Chapters(findings="Normal.", conclusion="Pas d'hémorragie."),
        actor=actor,
        now=NIGHT,
    )
    await pipeline.sign_report(
        session,
        case.id,
        base=draft.draft_number,
        instance_count=case.instance_count,
        actor=actor,
        now=NIGHT,
    )


@pytest.mark.asyncio
async def test_a_nominated_case_has_its_images_sent_to_the_nominees_centre(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)

    case_id = await arrive(stage, await add_study(stage, called_ae_title="ASTREINTE_P1"))

    assert (await cases.get_case(session, case_id)).state == "nominated", "with its first image"
    (images,) = await list_deliveries(session, case_id)
    assert (images.kind, images.endpoint_id) == ("images", await node_of(session, reader))


@pytest.mark.asyncio
async def test_a_claim_by_another_sends_the_images_to_that_ones_centre_too(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    nominee, _ = await add_radiologist(stage)
    other, actor = await add_radiologist(stage)
    await put_on_guard(stage, nominee)
    case_id = await arrive(stage, await add_study(stage, called_ae_title="ASTREINTE_P1"))

    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)

    nodes = [each.endpoint_id for each in await list_deliveries(session, case_id)]
    assert nodes == [await node_of(session, nominee), await node_of(session, other)]


@pytest.mark.asyncio
async def test_a_signature_puts_every_form_the_site_takes_into_the_outbox(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    _, actor = await add_radiologist(stage)
    case_id = await arrive(stage, await add_study(stage))
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)
    await pipeline.give_preliminary(
        session,
        case_id,
        text="No bleeding",
        told_to="Dr Emergency",
        means=Means.TELEPHONE,
        actor=actor,
        now=NIGHT,
    )

    await write_and_sign(session, await cases.get_case(session, case_id), actor)

    signed = await cases.get_case(session, case_id)
    reports_out = [d for d in await list_deliveries(session, case_id) if d.kind == "report"]
    documents = (await session.scalars(select(Document).order_by(Document.id))).all()
    assert signed.state == "signed"
    assert signed.preliminary_at == NIGHT
    assert {each.endpoint_id for each in reports_out} == {stage.site.endpoint_id}
    sent = {d.document_id for d in reports_out}
    assert {d.form for d in documents if d.id in sent} == {"sr", "encapsulated_pdf"}
    assert all(d.sop_instance_uid for d in documents if d.id in sent), "drawn at signature"


@pytest.mark.asyncio
async def test_a_released_case_is_offered_to_another_whose_centre_gets_the_images(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    first, actor = await add_radiologist(stage)
    second, _ = await add_radiologist(stage)
    for each in (first, second):
        await put_on_guard(stage, each)
    case_id = await arrive(stage, await add_study(stage))
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)

    await pipeline.release(session, case_id, actor=actor, reason="too many", now=NIGHT)

    nodes = {each.endpoint_id for each in await list_deliveries(session, case_id)}
    assert nodes == {await node_of(session, first), await node_of(session, second)}


@pytest.mark.asyncio
async def test_a_voided_case_asks_nobody_and_sends_nothing_more(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    case_id = await arrive(stage, await add_study(stage, called_ae_title="ASTREINTE_P1"))

    await pipeline.void(session, case_id, actor=coordinator, reason="phantom", now=NIGHT)

    assert [each.state for each in await list_deliveries(session, case_id)] == ["cancelled"]
    for offer in (Nomination, Claim):
        standing = select(offer.id).where(offer.case_id == case_id, offer.ended_at.is_(None))
        assert (await session.scalars(standing)).all() == []
    assert not await pipeline.case_due(session, case_id, now=NIGHT + timedelta(hours=1))


@pytest.mark.asyncio
async def test_a_raised_priority_makes_the_case_due_at_once(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case_id = await arrive(stage, await add_study(stage))
    assert not await pipeline.case_due(session, case_id, now=NIGHT)

    await pipeline.change_priority(
        session, case_id, priority=Priority.P1, reason="coma", actor=actor, now=NIGHT
    )

    assert await pipeline.case_due(session, case_id, now=NIGHT)


@pytest.mark.asyncio
async def test_a_case_that_is_offered_is_not_offered_again_when_it_is_complete(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    study = await add_study(stage, called_ae_title="ASTREINTE_P1")
    case_id = await arrive(stage, study)
    assert (await cases.get_case(session, case_id)).state == "nominated"

    study.complete_at = later = NIGHT + timedelta(seconds=10)
    await session.flush()
    await pipeline.studies_completed(session, [study.id], now=later)

    assert not await pipeline.case_due(session, case_id, now=later)


@pytest.mark.asyncio
async def test_the_platform_itself_never_voids_a_case(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case_id = await arrive(stage, await add_study(stage))
    nobody = Actor(user_id=None, name="system")

    with pytest.raises(NotAllowed):
        await pipeline.void(session, case_id, actor=nobody, reason="x", now=NIGHT)
