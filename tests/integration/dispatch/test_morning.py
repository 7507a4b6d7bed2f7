"""At 8:00 each society gets the list of what others have read for its hospitals."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.delivery.models import Delivery
from app.directory.models import RoleGrant, Society, User
from app.dispatch.models import MorningItem, MorningList
from app.dispatch.service.morning import make_due
from app.pipeline.mornings import morning_list_made
from tests.factories.directory import add_site
from tests.factories.flow import offer_case, open_case, sign_case
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_society,
    put_on_guard,
    set_stage,
)

EIGHT = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def list_items(session: AsyncSession, society: Society) -> set[tuple[str, int, str]]:
    rows = await session.scalars(
        select(MorningItem)
        .join(MorningList, MorningList.id == MorningItem.list_id)
        .where(MorningList.society_id == society.id)
    )
    return {(each.kind, each.case_id, each.state) for each in rows}


async def lay_night(session: AsyncSession) -> tuple[Stage, Society, dict[str, int]]:
    """Let one case be read by another society, one by the own, and one by nobody."""
    stage = await set_stage(session)
    other = await add_society(session)
    guest, guest_actor = await add_radiologist(stage, society=other)
    own, own_actor = await add_radiologist(stage)
    for each in (guest, own):
        await put_on_guard(stage, each)
    cases = {}
    for name, actor in (("read", guest_actor), ("own", own_actor)):
        cases[name] = await open_case(stage, at=NIGHT)
        await sign_case(stage, cases[name], actor=actor, instances=2, at=NIGHT + HOUR)
    cases["open"] = await open_case(stage, at=NIGHT)
    await offer_case(stage, cases["open"], at=NIGHT + HOUR)
    return stage, other, cases


@pytest.mark.asyncio
async def test_the_list_says_what_others_read_and_what_is_open(session: AsyncSession) -> None:
    stage, other, cases = await lay_night(session)

    made = await make_due(session, now=EIGHT)
    again = await make_due(session, now=EIGHT + HOUR)

    assert [each.society_id for each in made] == [stage.society.id]
    assert again == []
    assert await list_items(session, stage.society) == {
        ("read", cases["read"], "signed"),
        ("open", cases["read"], "signed"),
        ("open", cases["own"], "signed"),
        ("open", cases["open"], "nominated"),
    }
    assert await list_items(session, other) == set()


@pytest.mark.asyncio
async def test_a_case_that_is_set_aside_is_on_no_list(session: AsyncSession) -> None:
    stage, _, cases = await lay_night(session)
    _, actor = await add_radiologist(stage)
    for case_id in cases.values():
        await pipeline.void(session, case_id, actor=actor, reason="phantom", now=NIGHT + 2 * HOUR)

    await make_due(session, now=EIGHT)

    assert await list_items(session, stage.society) == set()


@pytest.mark.asyncio
async def test_what_was_signed_at_eight_stands_on_the_next_list(session: AsyncSession) -> None:
    stage = await set_stage(session)
    _, actor = await add_radiologist(stage, society=await add_society(session))
    minute = timedelta(minutes=1)
    before, after = [await open_case(stage, at=NIGHT) for _ in range(2)]
    await sign_case(stage, before, actor=actor, instances=2, at=EIGHT - 2 * minute)
    await sign_case(stage, after, actor=actor, instances=2, at=EIGHT - minute)

    first = await make_due(session, now=EIGHT)
    second = await make_due(session, now=EIGHT + 24 * HOUR)

    read = [
        [
            each.case_id
            for each in await session.scalars(
                select(MorningItem).where(
                    MorningItem.list_id == event.list_id, MorningItem.kind == "read"
                )
            )
        ]
        for event in (*first, *second)
    ]
    assert read == [[before], [after]]


@pytest.mark.asyncio
async def test_each_time_zone_of_a_society_has_its_own_eight_o_clock(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    far = await add_site(session, society_id=stage.society.id)
    far.zone = "Indian/Reunion"
    await session.flush()
    await make_due(session, now=EIGHT - 12 * HOUR)

    there = await make_due(session, now=EIGHT - 3 * HOUR)
    here = await make_due(session, now=EIGHT)

    zones = [(await session.get_one(MorningList, each.list_id)).zone for each in (*there, *here)]
    assert zones == ["Indian/Reunion", "Europe/Paris"]


@pytest.mark.asyncio
async def test_those_who_administer_the_society_get_a_mail_and_nobody_for_an_empty_list(
    session: AsyncSession,
) -> None:
    stage, other, _ = await lay_night(session)
    for society in (stage.society, other):
        user = User(
            login=f"admin-{society.id}",
            display_name="Admin",
            email=f"admin@{society.short_name}.example".lower(),
            second_factor_required=False,
        )
        session.add(user)
        await session.flush()
        session.add(RoleGrant(user_id=user.id, role="society_admin", society_id=society.id))
    await add_site(session, society_id=other.id)
    await session.flush()

    made = await make_due(session, now=EIGHT)
    asked = [await morning_list_made(session, each, now=EIGHT) for each in made]

    assert [each.society_id for each in made] == [stage.society.id, other.id]
    assert asked == [1, 0]
    (letter,) = await session.scalars(select(Delivery).where(Delivery.mail_to.is_not(None)))
    assert letter.mail_to == f"admin@{stage.society.short_name}.example".lower()
    assert letter.morning_list_id == made[0].list_id
