"""The sheet of a case and the list of deliveries: everything, in order, within the scope."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain.actor import EVERYTHING, Scope
from app.intake.models import Series
from app.kit.ids import draw_uid
from app.reports.domain.versions import Means
from app.worklist.queries.case import (
    find_case_place,
    load_case_sheet,
    load_radiologist_names,
)
from app.worklist.queries.deliveries import list_deliveries
from tests.factories.flow import open_case, sign_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, set_stage

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    return await set_stage(session)


@pytest.mark.asyncio
async def test_the_sheet_follows_a_case_to_its_addendum(stage: Stage) -> None:
    radiologist, actor = await add_radiologist(stage)
    session = stage.session
    case_id = await open_case(stage)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT)
    await pipeline.add_addendum(
        session, case_id, base=1, text="Relu.", actor=actor, now=NIGHT + 5 * MINUTE
    )

    sheet = await load_case_sheet(session, case_id=case_id)

    assert sheet is not None
    assert (sheet.patient.patient_name, sheet.patient.patient_birth_date) == (
        "DUPONT^JEANNE",
        "19500101",
    )
    assert [each.kind for each in sheet.signed] == ["report", "addendum"]
    assert sheet.signed[0].signed_by_name == f"{radiologist.given_name} {radiologist.family_name}"
    assert sheet.draft is None
    moves = [event.state_to for event in sheet.timeline if event.kind == "moved"]
    assert moves == ["open", "nominated", "reading", "signed"]
    assert sheet.state_by_name == actor.name
    assert sheet.unseen_count == 0
    assert sheet.site.telephone_emergency == stage.site.telephone_emergency


@pytest.mark.asyncio
async def test_the_sheet_holds_the_draft_and_what_was_told(stage: Stage) -> None:
    _, actor = await add_radiologist(stage)
    session = stage.session
    case_id = await open_case(stage, instances=4)
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)
    await pipeline.give_preliminary(
        session,
        case_id,
        text="Pas de saignement.",
        told_to="Dr Roux",
        means=Means.TELEPHONE,
        actor=actor,
        now=NIGHT,
    )

    sheet = await load_case_sheet(session, case_id=case_id)

    assert sheet is not None
    assert [(each.told_to, each.means) for each in sheet.preliminaries] == [
        ("Dr Roux", "telephone")
    ]
    assert sheet.unseen_count == 4
    assert sheet.row.preliminary_at == NIGHT


@pytest.mark.asyncio
async def test_series_stand_by_number_and_those_without_one_last(stage: Stage) -> None:
    case_id = await open_case(stage)
    session = stage.session
    sheet = await load_case_sheet(session, case_id=case_id)
    assert sheet is not None
    for number in ("10", "2", "", "x", " 1 ", "99999999999999"):
        session.add(
            Series(
                study_id=sheet.studies[0].study_id,
                series_instance_uid=draw_uid(),
                series_number=number,
            )
        )
    await session.flush()

    sheet = await load_case_sheet(session, case_id=case_id)

    assert sheet is not None
    numbers = [each.series_number for each in sheet.studies[0].series]
    assert numbers[:3] == [" 1 ", "2", "10"]
    assert set(numbers[3:]) == {"", "x", "99999999999999"}


@pytest.mark.asyncio
async def test_a_case_is_judged_by_its_site_and_that_site_s_society(stage: Stage) -> None:
    case_id = await open_case(stage)

    assert await find_case_place(stage.session, case_id=case_id) == (
        stage.site.id,
        stage.society.id,
    )
    assert await find_case_place(stage.session, case_id=999_999) is None
    assert await load_case_sheet(stage.session, case_id=999_999) is None


@pytest.mark.asyncio
async def test_radiologists_are_named_by_id(stage: Stage) -> None:
    radiologist, _ = await add_radiologist(stage)

    names = await load_radiologist_names(
        stage.session, radiologist_ids=frozenset({radiologist.id, 999_999})
    )

    assert names == {radiologist.id: f"{radiologist.given_name} {radiologist.family_name}"}


@pytest.mark.asyncio
async def test_deliveries_are_listed_with_their_last_try_newest_first(stage: Stage) -> None:
    _, actor = await add_radiologist(stage)
    session = stage.session
    case_id = await open_case(stage, instances=2)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT)
    everything = await list_deliveries(session, scope=EVERYTHING)
    images = next(each for each in everything if each.kind == "images")
    for number in (1, 2):
        await session.execute(
            text(
                "INSERT INTO attempt (delivery_id, number, started_at, ended_at, outcome, status)"
                " VALUES (:delivery, :number, :at, :at, 'refused', 42752)"
            ),
            {"delivery": images.delivery_id, "number": number, "at": NIGHT},
        )

    found = await list_deliveries(session, scope=EVERYTHING)

    ids = [each.delivery_id for each in found]
    assert ids == sorted(ids, reverse=True)
    tried = next(each for each in found if each.delivery_id == images.delivery_id)
    assert tried.last_attempt is not None
    assert (tried.last_attempt.number, tried.last_attempt.status) == (2, 0xA700)
    assert tried.total_count == 2
    assert {each.form for each in found if each.kind == "report"} == {"sr", "encapsulated_pdf"}


@pytest.mark.asyncio
async def test_deliveries_outside_the_scope_are_not_listed(stage: Stage) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage)
    await pipeline.claim(stage.session, case_id, actor=actor, now=NIGHT)
    (delivery,) = await list_deliveries(stage.session, scope=EVERYTHING)

    assert await list_deliveries(stage.session, scope=Scope()) == ()
    assert await list_deliveries(stage.session, scope=EVERYTHING, state="dead") == ()
    assert await list_deliveries(stage.session, scope=EVERYTHING, case_id=case_id) == (delivery,)
