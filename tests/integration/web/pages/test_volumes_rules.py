"""The page of weights and contracts: dated rows, what is refused, and who may write."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.planning.models import ExamWeight, SiteContract
from tests.factories.stage import Stage, add_radiologist, add_user
from tests.integration.web.pages.conftest import Browse

PAGE = "/planning/volumes/rules"


@pytest.mark.asyncio
async def test_a_planner_writes_weights_and_deletes_a_mistake(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    first = {"modality": "ct", "weight": "1,25", "valid_from": "2026-01-01"}
    head = {"modality": "CT", "region": "HEAD", "weight": "0.5", "valid_from": "2099-01-01"}

    answers = [await browser.send(f"{PAGE}/weights", each) for each in (first, head)]
    page = (await browser.get(PAGE)).text
    rows = (await session.scalars(select(ExamWeight).order_by(ExamWeight.id))).all()
    deleted = await browser.post(f"{PAGE}/weights/{rows[0].id}/delete")
    again = await browser.post(f"{PAGE}/weights/{rows[0].id}/delete")

    assert [each.status_code for each in (*answers, deleted)] == [303] * 3
    assert [(each.modality, each.region, each.weight) for each in rows] == [
        ("CT", None, 1250),
        ("CT", "HEAD", 500),
    ]
    # What holds today stands out; a row to come does not.
    assert "<strong>1.25</strong>" in page
    assert "<strong>0.5</strong>" not in page
    assert again.status_code == 404
    assert (await session.scalars(select(ExamWeight.region))).all() == ["HEAD"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "changes", ({"weight": "-1"}, {"weight": "heavy"}, {"modality": " "}, {"valid_from": "soon"})
)
async def test_a_weight_that_is_none_is_refused(
    stage: Stage, browse: Browse, session: AsyncSession, changes: dict[str, str]
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    fields = {"modality": "CT", "weight": "1", "valid_from": "2026-01-01"} | changes

    answer = await browser.send(f"{PAGE}/weights", fields)

    assert answer.status_code == 422
    assert (await session.scalars(select(ExamWeight))).all() == []


@pytest.mark.asyncio
async def test_contracts_follow_each_other(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    site = {"site": str(stage.site.id)}
    split = {"counts_for": "split", "share": "62,5", "since": "2026-01-01"}
    common = {"counts_for": "common", "since": "2027-01-01", "last": "2027-12-31"}

    answers = [await browser.send(f"{PAGE}/contracts", site | each) for each in (split, common)]
    page = (await browser.get(PAGE)).text

    assert [each.status_code for each in answers] == [303, 303]
    rows = (await session.scalars(select(SiteContract).order_by(SiteContract.id))).all()
    assert [(each.counts_for, Decimal(each.referent_share)) for each in rows] == [
        ("split", Decimal(625_000)),
        ("common", Decimal(1_000_000)),
    ]
    assert "both, split" in page
    assert "62.5000 % for the referent" in page
    assert "from Jan 1, 2026 to Dec 31, 2026" in page
    assert "from Jan 1, 2027 to Dec 31, 2027" in page


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "reason"),
    (
        ({"counts_for": "split"}, "a split needs the part of the referent"),
        ({"counts_for": "split", "share": "101"}, "one hundred per cent at most"),
        ({"last": "2025-12-31"}, "the contract ends on Jan 1, 2026, before it begins"),
    ),
)
async def test_a_contract_that_cannot_be_counted_by_is_refused(
    stage: Stage, browse: Browse, session: AsyncSession, changes: dict[str, str], reason: str
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    fields = {"site": str(stage.site.id), "counts_for": "common", "since": "2026-01-01"}

    answer = await browser.send(f"{PAGE}/contracts", fields | changes)

    assert answer.status_code == 422
    assert reason in answer.text
    assert (await session.scalars(select(SiteContract))).all() == []


@pytest.mark.asyncio
async def test_a_radiologist_reads_and_writes_nothing(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    page = await browser.get(PAGE)
    refused = [
        await browser.post(f"{PAGE}/weights", modality="CT", weight="1", valid_from="2026-01-01"),
        await browser.post(f"{PAGE}/weights/1/delete"),
        await browser.post(
            f"{PAGE}/contracts", site=stage.site.id, counts_for="common", since="2026-01-01"
        ),
    ]

    assert page.status_code == 200
    assert "Write this weight" not in page.text
    assert "Every exam counts as one." in page.text
    assert [each.status_code for each in refused] == [403] * 3
