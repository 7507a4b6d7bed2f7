"""The page of the sites: storage commitment and quota, by whoever answers for the society."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.priority import Priority
from app.cases.domain.sla import DEFAULTS
from app.directory.domain import Role
from app.directory.models import AccessLog, RoleGrant
from tests.factories.directory import add_site, add_society
from tests.factories.stage import Stage, add_user
from tests.integration.web.pages.conftest import Browse

PAGE = "/settings/sites"


@pytest.mark.asyncio
async def test_commitment_and_quota_are_set_and_switched_off(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    place = f"{PAGE}/{stage.site.id}"

    before = (stage.site.commitment_days, stage.site.quota_gib)
    answer = await browser.post(place, commitment_days=30, quota_gib=2000)
    await session.refresh(stage.site)
    between = (stage.site.commitment_days, stage.site.quota_gib)
    page = (await browser.get(PAGE)).text
    await browser.post(place, commitment_days="", quota_gib="")
    await session.refresh(stage.site)
    logged = await session.scalars(select(AccessLog.action).where(AccessLog.subject == "site"))

    assert before == (None, None)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}#site-{stage.site.id}")
    assert between == (30, 2000)
    assert "consoles delete what is committed" in page
    assert "commitment 30 days" in page
    assert "quota 2000 GiB" in page
    assert (stage.site.commitment_days, stage.site.quota_gib) == (None, None)
    assert logged.all() == ["change", "change"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "typed", [{"commitment_days": "0"}, {"commitment_days": "3651"}, {"quota_gib": "-1"}]
)
async def test_what_is_out_of_bounds_is_refused(
    stage: Stage, browse: Browse, session: AsyncSession, typed: dict[str, Any]
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    answer = await browser.post(f"{PAGE}/{stage.site.id}", **typed)
    await session.refresh(stage.site)

    assert answer.status_code == 422
    assert (stage.site.commitment_days, stage.site.quota_gib) == (None, None)


@pytest.mark.asyncio
async def test_an_administrator_of_a_society_sets_its_own_sites_only(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    foreign = await add_site(session, society_id=(await add_society(session)).id)
    actor = await add_user(stage, role=Role.SOCIETY_ADMIN)
    session.add(RoleGrant(user_id=actor.user_id, role="society_admin", society_id=stage.society.id))
    await session.flush()
    browser = await browse(actor)

    page = (await browser.get(PAGE)).text
    own = await browser.post(f"{PAGE}/{stage.site.id}", quota_gib=5)
    others = await browser.post(f"{PAGE}/{foreign.id}", quota_gib=5)

    assert (own.status_code, others.status_code) == (303, 403)
    assert f"site-{stage.site.id}-title" in page
    assert f"site-{foreign.id}-title" not in page


@pytest.mark.asyncio
async def test_a_coordinator_sets_nothing(stage: Stage, browse: Browse) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    assert (await browser.get(PAGE)).status_code == 403


def fill(*, own: str = "P1", **values: str) -> dict[str, Any]:
    """Fill the form of the steps with those of the platform, but for some values."""
    form: dict[str, Any] = {f"{own}_own": "yes"}
    for priority, sla in DEFAULTS.items():
        kept = sla.to_json()
        form |= {
            f"{priority}_{name}": str(kept[name])
            for name in ("readers_at_once", "aside_s", "answer_s")
        }
        for number, audience in enumerate(kept["audience"]):
            after_s = kept["after_s"][number]
            form[f"{priority}_{audience}_after_s"] = "" if after_s is None else str(after_s)
            form[f"{priority}_{audience}_after_slack_s"] = str(kept["after_slack_s"][number])
    return form | values


@pytest.mark.asyncio
async def test_a_site_has_steps_of_its_own_and_goes_back_to_the_platforms(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    place = f"{PAGE}/{stage.site.id}/steps"

    answer = await browser.post(place, **fill(P1_on_guard_after_s="30", P1_aside_s="120"))
    await session.refresh(stage.site)
    own = stage.site.escalation
    page = (await browser.get(place)).text
    listed = (await browser.get(PAGE)).text
    await browser.post(place, **fill(own="P9"))
    await session.refresh(stage.site)

    assert (answer.status_code, answer.headers["Location"]) == (303, place)
    assert own == {
        "P1": DEFAULTS[Priority.P1].to_json() | {"after_s": [30, 180, 360], "aside_s": 120}
    }
    assert 'value="30"' in page
    assert "its own: P1" in listed
    assert stage.site.escalation == {}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"P1_on_guard_after_s": "400"}, 422),
        ({"P1_on_guard_after_s": "soon"}, 422),
        ({"P1_readers_at_once": "9"}, 422),
        ({"P1_aside_s": ""}, 422),
    ],
)
async def test_steps_out_of_order_or_no_numbers_are_refused(
    stage: Stage, browse: Browse, session: AsyncSession, typed: dict[str, str], status: int
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    answer = await browser.post(f"{PAGE}/{stage.site.id}/steps", **fill(**typed))
    await session.refresh(stage.site)

    assert answer.status_code == status
    assert stage.site.escalation == {}


@pytest.mark.asyncio
async def test_the_steps_of_another_society_are_neither_shown_nor_set(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    admin = await add_user(stage, role=Role.SOCIETY_ADMIN)
    grant = RoleGrant(
        user_id=admin.user_id, role="society_admin", society_id=(await add_society(session)).id
    )
    session.add(grant)
    await session.flush()
    browser = await browse(admin)
    place = f"{PAGE}/{stage.site.id}/steps"

    statuses = [
        (await browser.get(place)).status_code,
        (await browser.post(place, **fill())).status_code,
    ]
    await session.refresh(stage.site)

    assert statuses == [403, 403]
    assert stage.site.escalation == {}
