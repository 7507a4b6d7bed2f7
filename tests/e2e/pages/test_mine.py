"""Guards of one radiologist, at a desk and on a telephone: offered, taken, absent, in an agenda."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from app.directory.domain import SYSTEM, Role
from app.directory.models import RoleGrant
from app.planning.service.publishing import publish_draft
from tests.e2e.pages.browser import DESK, PHONE, find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night, open_unit
from tests.factories.planning import add_draft, add_group, add_planning

pytestmark = [pytest.mark.e2e]

WIDTHS = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


async def _prepare(night: Night) -> tuple[list[int], int, datetime]:
    """Publish a week of guards to come; tell the people, their society, and when it is now."""
    async with open_unit(night.url) as (session, now):
        session.add(RoleGrant(user_id=night.coordinator.actor.user_id, role=Role.PLANNER.value))
        group = await add_group(session, volumes=(5,), people_each=14)
        first = now.date() + timedelta(days=2)
        planning = await add_planning(session, first=first, now=now)
        draft = await add_draft(session, planning, now=now)
        await publish_draft(session, revision_id=draft, actor=SYSTEM, now=now)
        return group.everybody, group.societies[0], now


@WIDTHS
def test_a_seat_is_offered_and_an_absence_over_it_is_shown_before_it_is_saved(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    everybody, society, now = run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    giver = 0
    for giver in everybody:
        page.goto(f"/planning/mine?of={giver}")
        if page.get_by_label("Seat", exact=True).count():
            break

    page.get_by_label("Note to colleagues").fill("A wedding")
    page.get_by_role("button", name="Offer").press("Enter")
    expect(page.get_by_role("region", name="What I offer")).to_contain_text("A wedding")

    soon = now + timedelta(days=1)
    page.get_by_label("Absent from").fill(f"{soon:%Y-%m-%dT%H:%M}")
    page.get_by_label("Absent until").fill(f"{soon + timedelta(days=9):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Add the absence").click()
    expect(page.get_by_role("heading", name="Nothing is saved yet")).to_be_visible()
    look_at(page, "mine" if size == DESK else "mine-phone")
    assert find_overflow(page) <= 0
    page.get_by_role("button", name="Save it all the same").click()
    expect(page.get_by_text(re.compile("held meanwhile"))).to_be_visible()

    page.get_by_role("link", name="Swaps").click()
    expect(page.get_by_role("region", name="Offered")).to_contain_text("A wedding")
    look_at(page, "swaps" if size == DESK else "swaps-phone")
    assert find_overflow(page) <= 0

    page.goto(f"/planning/people?society={society}")
    _write_working_time(page, giver, first=f"{now:%Y-%m-%d}")
    look_at(page, "people" if size == DESK else "people-phone")
    assert find_overflow(page) <= 0
    page.locator(f"#person-{giver}").get_by_role("link", name="See and change them").click()
    expect(page.get_by_text(re.compile("held meanwhile"))).to_be_visible()


def _write_working_time(page: Page, person: int, *, first: str) -> None:
    """Write by keyboard which part of a full time somebody works; a second one is refused."""
    card = page.locator(f"#person-{person}")
    for percent in ("80", "50"):
        card.locator("summary").press("Enter")
        card.get_by_label("Per cent of a full time").fill(percent)
        dates = card.locator(f"form:has(#time-{person}-percent)")
        dates.get_by_label("First day").fill(first)
        dates.get_by_role("button", name="Add the working time").press("Enter")
        expect(card.locator("dl")).to_contain_text("80 %")
    expect(card.get_by_role("alert")).to_contain_text("Another one holds on some of these dates")
    expect(card.get_by_label("Per cent of a full time")).to_have_value("50")
