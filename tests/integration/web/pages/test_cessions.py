"""The page of cessions: agreed, refused with a reason, withdrawn; and who may."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.planning.models import Cession
from tests.factories.planning import Group, add_group
from tests.factories.stage import Stage, add_radiologist, add_user
from tests.integration.web.pages.conftest import Browse, Browser

PAGE = "/planning/cessions"


async def agree(browser: Browser, group: Group, **changes: str | int) -> tuple[int, str]:
    giver, taker = group.societies[:2]
    fields: dict[str, str | int] = {
        "giver": giver,
        "taker": taker,
        "segment": "deep_night",
        "line": "first",
        "seats": 2,
        "since": "2027-01-01",
    }
    answer = await browser.send(PAGE, fields | changes)
    return answer.status_code, answer.text


@pytest.mark.asyncio
async def test_a_planner_agrees_on_an_exchange_and_withdraws_it(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    group = await add_group(session, people_each=2)
    browser = await browse(await add_user(stage, role=Role.PLANNER))

    agreed, _ = await agree(
        browser, group, returned="evening", returned_seats=1, last="2027-12-31", note="all nights"
    )
    page = (await browser.get(PAGE)).text
    row = (await session.scalars(select(Cession))).one()
    withdrawn = await browser.post(f"{PAGE}/{row.id}/withdraw", since="2027-06-01")
    after = (await browser.get(PAGE)).text
    again = await browser.post(f"{PAGE}/{row.id}/withdraw", since="2027-06-01")

    assert (agreed, withdrawn.status_code, again.status_code) == (303, 303, 422)
    assert "2 seats of Deep night, First line" in page
    assert "against 1 seat of Evening" in page
    assert "from Jan 1, 2027 to Dec 31, 2027" in page
    assert "all nights" in page
    assert "to come" in page
    assert (str(row.valid.lower), str(row.valid.upper)) == ("2027-01-01", "2028-01-01")
    assert "from Jan 1, 2027 to May 31, 2027" in after
    assert "Over or withdrawn" in after
    assert "this cession was withdrawn before" in again.text


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "reason"),
    (
        ({"taker": 0}, "a society cedes nothing to itself: name two societies"),
        ({"seats": 0}, "nothing is ceded: name one seat or more"),
        ({"returned": "evening"}, "an exchange names both what is given back, and how many"),
        (
            {"returned": "deep_night", "returned_seats": 1},
            "“Deep night” is exchanged for itself: name another kind to give back",
        ),
        ({"last": "2026-12-31"}, "a cession that begins on Jan 1, 2027 must not end before"),
        ({"since": "1990-01-01"}, "one of the societies is no member on Jan 1, 1990"),
    ),
)
async def test_what_is_refused_is_told_and_stays_as_it_was_typed(
    stage: Stage,
    browse: Browse,
    session: AsyncSession,
    changes: dict[str, str | int],
    reason: str,
) -> None:
    group = await add_group(session, people_each=2)
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    if "taker" in changes:
        changes = {"taker": group.societies[0]}

    status, page = await agree(browser, group, **({"note": "typed by hand"} | changes))

    assert status == 422
    assert reason in page
    assert 'value="typed by hand"' in page
    assert (await session.scalars(select(Cession))).all() == []


@pytest.mark.asyncio
async def test_a_radiologist_reads_cessions_and_agrees_on_none(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    group = await add_group(session, people_each=2)
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    page = await browser.get(PAGE)
    status, _ = await agree(browser, group)

    assert page.status_code == 200
    assert "Agree on a cession" not in page.text
    assert "No society cedes anything." in page.text
    assert status == 403
