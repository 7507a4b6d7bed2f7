"""The month of a planning: seats moved by hand, and read on a tablet and a telephone."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from app.directory.domain import Role
from app.directory.models import RoleGrant
from tests.e2e.pages.browser import DESK, PHONE, find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night, open_unit
from tests.factories.planning import add_group

pytestmark = [pytest.mark.e2e]

TABLET = (820, 1180)


async def _prepare(night: Night) -> date:
    """Give the group societies with volumes and people; tell the first day of the next month."""
    async with open_unit(night.url) as (session, now):
        session.add(RoleGrant(user_id=night.coordinator.actor.user_id, role=Role.PLANNER.value))
        await add_group(session, volumes=(5, 3, 2, 2), people_each=12)
        return (now.date().replace(day=1) + timedelta(days=32)).replace(day=1)


def _find_chips(page: Page) -> Locator:
    return page.get_by_role("region", name="Guards of the month").get_by_role("button")


def _give(page: Page, name: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Who holds it").fill(name)
    dialog.get_by_role("button", name="Give").click()


def _read_name(chip: Locator) -> str:
    """Read the full name of a holder: family name last."""
    found = re.match(r"(\S+) (\S+)", chip.get_attribute("title") or "")
    assert found is not None
    return f"{found[2]} {found[1]}"


def _lay_out(page: Page, month: date) -> None:
    """Lay out the guards of a quarter, and make a first draft."""
    page.goto(f"/planning?month={month:%Y-%m}")
    page.get_by_role("button", name="Lay out the guards").click()
    expect(page.get_by_text("Nobody was given a seat")).to_be_visible()
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_role("link", name=re.compile("Draft")).first).to_be_visible()


def test_seats_are_moved_by_hand_refused_with_a_reason_and_taken_back(
    night: Night, open_as: OpenAs, look_at: LookAt
) -> None:
    month = run(_prepare(night))
    page = open_as(night.coordinator, size=DESK)
    _lay_out(page, month)
    chips = _find_chips(page)

    # Arrows walk from seat to seat.
    chips.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(chips.nth(1)).to_be_focused()
    first, other = _read_name(chips.nth(0)), _read_name(chips.nth(1))

    # Who is on the next seat of the same guard cannot hold this one too.
    chips.nth(0).click()
    _give(page, other)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("two seats at once")
    look_at(page, "planning-seat")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.keyboard.press("Control+z")
    expect(chips.nth(0)).to_have_attribute("title", re.compile(first.split()[0]))

    # Nobody, and back.
    chips.nth(0).click()
    _give(page, "")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(chips.nth(0)).to_contain_text("nobody")
    page.keyboard.press("Control+z")
    expect(chips.nth(0)).not_to_contain_text("nobody")
    look_at(page, "planning-month")


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_a_month_is_read_on_a_tablet_and_a_telephone(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    month = run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    _lay_out(page, month)

    expect(_find_chips(page).first).to_be_visible()
    assert find_overflow(page) <= 0
    look_at(page, f"planning-{size[0]}")
