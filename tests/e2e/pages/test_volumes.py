"""Volumes are imported by somebody who looks first: at a desk and on a telephone."""

from datetime import date

import pytest
from playwright.sync_api import FilePayload, Page, expect

from app.directory.domain import Role
from app.directory.models import RoleGrant
from app.planning.domain.volumes.months import add_months, month_of
from tests.e2e.pages.browser import DESK, PHONE, find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night, open_unit

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

WIDTHS = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


async def _prepare(night: Night) -> date:
    """Let the coordinator plan for the whole group; tell the month that was over last."""
    async with open_unit(night.url) as (session, now):
        session.add(RoleGrant(user_id=night.coordinator.actor.user_id, role=Role.PLANNER.value))
        return add_months(month_of(now.date()), -1)


def _choose(page: Page, text: str) -> None:
    file = FilePayload(name="volumes.csv", mimeType="text/csv", buffer=text.encode("cp1252"))
    page.get_by_label("File", exact=True).set_input_files([file])
    page.get_by_role("button", name="Look at it first").click()


def _look(page: Page, look_at: LookAt, name: str, *, size: tuple[int, int]) -> None:
    look_at(page, name if size == DESK else f"{name}-phone")
    assert find_overflow(page) <= 0


@WIDTHS
def test_a_file_with_faults_is_told_by_line_then_imported_and_frozen(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    month = run(_prepare(night))
    society = night.stage.society.name
    page = open_as(night.coordinator, size=size)
    page.goto("/planning/volumes")

    _choose(page, f"société;mois;examens\n{society};{month:%Y-%m};-4\nNobody;{month:%Y-%m};4\n")
    expect(page.get_by_text("Nothing was imported")).to_be_visible()
    expect(page.get_by_role("cell", name="-4 is negative.")).to_be_visible()
    _look(page, look_at, "volumes-faults", size=size)

    _choose(page, f"société;mois;examens\n{society};{month:%Y-%m};431\n")
    expect(page.get_by_text("Understood: Windows-1252")).to_be_visible()
    _look(page, look_at, "volumes-preview", size=size)
    page.get_by_role("button", name="Import all of it").click()

    expect(page.get_by_role("cell", name="100.0000 %")).to_be_visible()
    page.get_by_label("Note").fill("First quarter")
    page.get_by_role("button", name="Freeze these shares").click()
    expect(page.get_by_text("First quarter")).to_be_visible()
    _look(page, look_at, "volumes", size=size)
