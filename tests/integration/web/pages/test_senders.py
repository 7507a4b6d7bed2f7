"""The page of the senders: rules that name a site, and passes, by whoever may."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.domain.site_rules import CRITERIA
from app.directory.models import AdmissionPass, SiteRule
from app.web.pages.senders import LABELS
from tests.factories.directory import add_site
from tests.factories.stage import Stage, add_user
from tests.integration.web.pages.conftest import Browse

PAGE = "/settings/senders"
NAMED = "HOPITAL DE LA GARE"


def test_all_that_a_rule_may_look_for_can_be_typed_in_the_same_order() -> None:
    assert tuple(LABELS) == CRITERIA


@pytest.mark.asyncio
async def test_an_administrator_adds_a_rule_and_deletes_it(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    other = await add_site(session, society_id=stage.society.id)
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    rules = f"{PAGE}/{stage.sender.id}/rules"

    added = await browser.post(rules, rank=1, site_id=other.id, institution_name=NAMED)
    rule = (await session.scalars(select(SiteRule))).one()
    page = (await browser.get(PAGE)).text
    taken = await browser.post(rules, rank=1, site_id=other.id, institution_name="AUTRE")
    of_nothing = await browser.post(rules, rank=2, site_id=other.id)
    deleted = await browser.post(f"{rules}/{rule.id}/delete")

    assert (added.status_code, added.headers["Location"]) == (303, PAGE)
    assert (rule.sender_id, rule.site_id, rule.station_name) == (stage.sender.id, other.id, None)
    assert f"<td>{NAMED}</td>" in page
    assert (taken.status_code, of_nothing.status_code) == (409, 422)
    assert deleted.status_code == 303
    assert NAMED not in (await browser.get(PAGE)).text


@pytest.mark.asyncio
async def test_the_coordinator_gives_a_pass_and_ends_it_but_writes_no_rule(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    stage.sender.addresses = ["10.9.0.0/24"]
    await session.flush()
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    passes = f"{PAGE}/{stage.sender.id}/passes"

    given = await browser.post(passes, calling_ae_title="SPARE_CT", address="10.9.0.7")
    foreign = await browser.post(passes, calling_ae_title="SPARE_CT", address="10.8.0.7")
    page = (await browser.get(PAGE)).text
    row = (await session.scalars(select(AdmissionPass))).one()
    ended = await browser.post(f"{PAGE}/passes/{row.id}/end")
    written = await browser.post(
        f"{PAGE}/{stage.sender.id}/rules", rank=1, site_id=1, station_name="CT1"
    )

    assert (given.status_code, foreign.status_code, ended.status_code) == (303, 422, 303)
    assert "SPARE_CT at 10.9.0.7" in page
    assert "SPARE_CT" not in (await browser.get(PAGE)).text
    assert written.status_code == 403
    assert "/rules" not in page


@pytest.mark.asyncio
async def test_a_planner_and_a_reader_do_not_see_who_sends(stage: Stage, browse: Browse) -> None:
    for role in (Role.RADIOLOGIST, Role.PLANNER):
        browser = await browse(await add_user(stage, role=role))
        assert (await browser.get(PAGE)).status_code == 403
