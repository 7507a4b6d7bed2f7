"""The pages of rules, weights, cessions, history and files: at a desk and on a telephone."""

import pytest
from playwright.sync_api import Page, expect

from app.directory.domain import Role
from app.directory.models import RoleGrant
from tests.e2e.pages.browser import LAPTOP, PHONE
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night, open_unit
from tests.e2e.pages.test_barriers import find_faults
from tests.factories.planning import add_group

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

SIZES = pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "telephone"])


async def _prepare(night: Night) -> int:
    """Let the coordinator plan for the whole group; tell the planning of the night."""
    async with open_unit(night.url) as (session, _):
        session.add(RoleGrant(user_id=night.coordinator.actor.user_id, role=Role.PLANNER.value))
        await add_group(session, people_each=1)
        return night.stage.planning.id


def _write(page: Page) -> None:
    """Write a row of each table by its form."""
    page.goto("/planning/volumes/rules")
    page.get_by_label("Modality (CT, MR, …)").fill("CT")
    page.get_by_label("Weight, in exams").fill("1.5")
    page.get_by_role("button", name="Write this weight").click()
    expect(page.get_by_role("cell", name="1.5", exact=True)).to_be_visible()
    page.get_by_label("Its exams count for").select_option("split")
    page.get_by_label("Part of the referent, in per cent").fill("40")
    page.get_by_role("button", name="Write this contract").click()
    expect(page.get_by_text("40.0000 % for the referent")).to_be_visible()
    page.goto("/planning/cessions")
    # A refusal keeps what was typed; the keyboard alone sends it again.
    page.get_by_label("Given back (an exchange)").select_option("evening")
    page.get_by_label("Segment").select_option("deep_night")
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("alert")).to_contain_text("how many seats of it")
    page.get_by_label("Seats given back").fill("1")
    page.get_by_label("Note").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("against 1 seat of Evening")).to_be_visible()


@SIZES
def test_no_page_of_the_rules_keeps_anybody_out(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    planning = run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    _write(page)
    page.goto("/planning/rules/gcs")
    page.get_by_label("Begins", exact=True).first.fill("09:15")
    page.get_by_label("They take over on").fill("2099-01-01")
    page.get_by_role("button", name="Let these rules take over").click()
    expect(page.get_by_role("alert")).to_contain_text("These rules were not taken:")
    look_at(page, f"planning-calendar-{size[0]}")

    faults = find_faults(
        page,
        [
            "/planning/rules",
            "/planning/rules/gcs",
            "/planning/volumes/rules",
            "/planning/cessions",
            "/on-call/announcements",
            f"/planning/{planning}/history",
            f"/planning/{planning}/history/1",
            f"/planning/{planning}/import",
        ],
    )

    assert faults == {}
    page.goto("/planning/rules")
    look_at(page, f"planning-rules-{size[0]}")
