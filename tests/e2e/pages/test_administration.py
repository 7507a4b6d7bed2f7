"""Settings, the disk, studies that are no case and their rules: at a desk and on a telephone."""

import pytest
from playwright.sync_api import Page, expect

from app.directory.domain import Role
from app.directory.models import RoleGrant
from app.retention import service as retention
from app.retention.domain.level import Disk
from tests.e2e.pages.browser import DESK, PHONE, find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night, open_unit
from tests.factories.stage import add_study

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

GIGABYTE = 10**9
WIDTHS = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


async def _prepare(night: Night) -> None:
    """Let the coordinator look after the whole group; a phantom came, and the disk was read."""
    async with open_unit(night.url) as (session, now):
        session.add(RoleGrant(user_id=night.coordinator.actor.user_id, role=Role.GCS_ADMIN.value))
        night.stage.session = session
        phantom = await add_study(night.stage, at=now, description="Contrôle qualité hebdomadaire")
        phantom.intake_class, phantom.intake_reason = "test", "the words of a phantom"
        phantom.announced_count = phantom.image_count = phantom.instance_count
        disk = Disk(total_bytes=4000 * GIGABYTE, free_bytes=1200 * GIGABYTE, reserve_bytes=GIGABYTE)
        await retention.take_reading(session, disk=disk, now=now)


def _look(page: Page, look_at: LookAt, name: str, *, size: tuple[int, int]) -> None:
    look_at(page, name if size == DESK else f"{name}-phone")
    assert find_overflow(page) <= 0


@WIDTHS
def test_a_setting_is_changed_and_its_history_unfolds(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    page.goto("/settings")
    days = page.get_by_role("region", name="Images of a delivered case stay, in days")

    days.get_by_label("New value").fill("20")
    days.get_by_role("button", name="Set from now on").click()

    expect(days.get_by_text("as delivered: 15")).to_be_visible()
    days.get_by_text("History").first.click()
    expect(days.get_by_role("cell", name="Chloé Garrigue")).to_be_visible()
    _look(page, look_at, "settings", size=size)


@WIDTHS
def test_the_disk_says_how_long_it_lasts(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    page.goto("/disk")

    expect(page.get_by_text("1.2 TB of 4 TB")).to_be_visible()
    _look(page, look_at, "disk", size=size)


@WIDTHS
def test_a_phantom_becomes_a_case_by_a_click_and_back(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    page.goto("/no-case")
    _look(page, look_at, "no-case", size=size)

    page.get_by_role("button", name="Make it a case").click()
    page.get_by_label("What it is", exact=True).select_option("test")
    page.get_by_role("button", name="No case after all").click()

    expect(page.get_by_role("button", name="Make it a case")).to_be_visible()


@WIDTHS
def test_the_rules_of_a_hospital_show_their_effect_first(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    page.goto(f"/no-case/rules/{night.stage.site.id}")

    page.get_by_label("Words of the description").first.fill("qualité")
    page.get_by_role("button", name="Show the effect").click()

    expect(page.get_by_role("heading", name="On the studies of the last 30 days")).to_be_visible()
    expect(page.get_by_text("0 of 1 would have another class.")).to_be_visible()
    _look(page, look_at, "intake-rules", size=size)
