"""A planner's day from volumes to the proof: the quarter of a whole group, and what it needs.

One story, as one person lives it: what stands on one page is what the next one builds on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect
from sqlalchemy import delete, select

from app.db.clock import DatabaseClock
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions
from app.directory.domain import Role
from app.directory.models import RoleGrant, Society
from app.planning.domain.volumes.months import add_months, month_of
from app.planning.models import Volume
from scheduler.jobs import calibrations
from tests.e2e.pages.browser import DESK
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night, open_unit
from tests.factories.kept import make_bench
from tests.factories.planning import add_group

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

EXAMS = (500, 300, 200, 200)
"""Brought by each society in the month that is known."""


@dataclass(frozen=True, slots=True)
class Group:
    """Whose guards are planned.

    Parameters
    ----------
    last
        The month that was over last: of its volumes and arrivals a file is imported.
    month
        The first of the quarter.
    """

    societies: Sequence[str]
    last: date
    month: date


async def _prepare(night: Night) -> Group:
    """Let the coordinator plan for societies of whom nothing but the people is known."""
    async with open_unit(night.url) as (session, now):
        session.add(RoleGrant(user_id=night.coordinator.actor.user_id, role=Role.PLANNER.value))
        group = await add_group(session, volumes=EXAMS, people_each=12)
        await session.execute(delete(Volume))
        rows = await session.execute(select(Society.id, Society.name))
        names = {row.id: row.name for row in rows}
        this_month = month_of(now.date())
        return Group(
            societies=[names[each] for each in group.radiologists],
            last=add_months(this_month, -1),
            month=add_months(this_month, 1),
        )


async def _calibrate(night: Night, folder: Path) -> None:
    """Let the scheduler work out what was asked."""
    engine = make_unpooled_engine(night.url)
    try:
        bench = make_bench(make_sessions(engine), data_dir=folder, clock=DatabaseClock())
        await calibrations.run(bench)
    finally:
        await engine.dispose()


def _choose(page: Page, label: str, lines: Sequence[str]) -> None:
    text = "\n".join(lines)
    file = FilePayload(name="file.csv", mimeType="text/csv", buffer=text.encode())
    page.get_by_label(label, exact=True).set_input_files([file])


def _import_volumes(page: Page, group: Group) -> None:
    page.goto("/planning/volumes")
    rows = [
        f"{name};{group.last:%Y-%m};{exams}"
        for name, exams in zip(group.societies, EXAMS, strict=True)
    ]
    _choose(page, "File", ["society;month;exams", *rows])
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("button", name="Import all of it").click()
    # 500 of 1200.
    expect(page.get_by_role("cell", name="41.6667 %")).to_be_visible()
    page.get_by_label("Note").fill("Next quarter")
    page.get_by_role("button", name="Freeze these shares").click()
    expect(page.get_by_text("Next quarter")).to_be_visible()


def _generate(page: Page, month: date) -> None:
    page.goto(f"/planning?month={month:%Y-%m}")
    page.get_by_role("button", name="Lay out the guards").click()
    expect(page.get_by_text("Nobody was given a seat")).to_be_visible()
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_role("link", name=re.compile("Draft")).first).to_be_visible()


def _find_chips(page: Page) -> Locator:
    return page.get_by_role("region", name="Guards of the month").get_by_role("button")


def _read_name(chip: Locator) -> str:
    """Read the full name of a holder: family name last."""
    found = re.match(r"(\S+) (\S+)", chip.get_attribute("title") or "")
    assert found is not None
    return f"{found[2]} {found[1]}"


def _give(page: Page, chip: Locator, name: str) -> None:
    chip.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Who holds it").fill(name)
    dialog.get_by_role("button", name="Give").click()


def _move_three_seats(page: Page, look_at: LookAt) -> None:
    """Give two seats to nobody, and one to somebody who is on guard already: it is refused."""
    chips = _find_chips(page)
    for number in (0, 3):
        _give(page, chips.nth(number), "")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(chips.nth(number)).to_contain_text("nobody")
    _give(page, chips.nth(1), _read_name(chips.nth(2)))
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("two seats at once")
    look_at(page, "day-impossible")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Check and publish").click()
    expect(page.get_by_text("these must be mended first")).to_be_visible()
    look_at(page, "day-refused")
    page.get_by_role("link", name="Back to the draft").click()
    expect(chips.nth(0)).to_contain_text("nobody")
    # Keys are lost before the scripts are there.
    page.wait_for_load_state("load")
    # Step by step back, the last change first.
    page.keyboard.press("Control+z")
    expect(chips.nth(1)).not_to_have_attribute("title", chips.nth(2).get_attribute("title") or "")
    for number in (3, 0):
        page.keyboard.press("Control+z")
        expect(chips.nth(number)).not_to_contain_text("nobody")


def _publish(page: Page, month: date) -> None:
    page.get_by_role("link", name="Check and publish").click()
    expect(page.get_by_role("heading", name="Who is concerned")).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Why (kept with the revision)").fill("first planning of the group")
    page.get_by_role("button", name="Publish").click()
    page.goto(f"/planning?month={month:%Y-%m}")
    expect(page.get_by_text("in force, revision 1")).to_be_visible()


def _go_on_behalf_of(page: Page, name: str) -> None:
    page.goto("/planning/swaps")
    page.get_by_label("Act on behalf of (name or RPPS)").fill(name)
    page.get_by_role("button", name="Open their guards").click()


def _swap(page: Page, month: date, look_at: LookAt) -> None:
    """Offer a seat on behalf of its holder, let a colleague take it, and approve."""
    chip = _find_chips(page).nth(0)
    giver = _read_name(chip)
    chip.click()
    page.get_by_role("button", name="Who can take it?").click()
    taker = page.locator(".replacements strong").first.inner_text()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    _go_on_behalf_of(page, giver)
    page.get_by_label("To whom (name or RPPS; empty: all of the society)").fill(taker)
    # So that the account has something to follow.
    page.get_by_label("Between two societies, the guard counts for").select_option("taker")
    page.get_by_role("button", name="Offer").press("Enter")
    expect(page.get_by_role("region", name="What I offer")).to_contain_text(taker.split()[-1])

    _go_on_behalf_of(page, taker)
    page.get_by_role("button", name="Take it").click()
    # From one society to another: a planner has a look.
    expect(page.get_by_text("taken, waits for a planner")).to_be_visible()
    page.get_by_role("link", name="Swaps").click()
    look_at(page, "day-swap")
    page.get_by_role("button", name="Approve").click()
    settled = page.get_by_role("region", name="Swaps of the last thirty days")
    expect(settled).to_contain_text(taker.split()[-1])
    page.goto(f"/planning?month={month:%Y-%m}")
    expect(page.get_by_text("in force, revision 2")).to_be_visible()


def _replace(page: Page) -> None:
    """Somebody is ill: another one is put in now, in two clicks."""
    chip = _find_chips(page).nth(5)
    ill = chip.get_attribute("title") or ""
    chip.click()
    page.get_by_role("button", name="Who can take it?").click()
    page.get_by_role("button", name="Put in now").first.click()
    expect(page.get_by_text("in force, revision 3")).to_be_visible()
    expect(chip).not_to_have_attribute("title", ill)


def _read_proof(page: Page, society: str, look_at: LookAt) -> None:
    page.get_by_role("region", name="Societies").get_by_role("link", name=society).click()
    expect(page.get_by_text("every number is the same")).to_be_visible()
    expect(page.get_by_role("region", name="Entries of the account")).to_contain_text("swap")
    look_at(page, "day-why")
    address = page.get_by_role("link", name="On paper (PDF)").get_attribute("href")
    paper = page.request.get(address or "")
    assert paper.headers["content-type"] == "application/pdf"


def _ask_for_seats(page: Page, group: Group) -> None:
    page.goto("/planning/calibration")
    rows = [
        f"{name};{group.last + timedelta(days=day)};{hour};{2 if hour < 8 else 5}"
        for name in group.societies
        for day in range(28)
        for hour in range(24)
    ]
    label = "File: society;day;hour;exams, or society;arrived_at"
    _choose(page, label, ["society;day;hour;exams", *rows])
    page.get_by_role("button", name="Import arrivals").click()
    expect(page.get_by_text("Known from")).to_be_visible()
    page.get_by_role("button", name="Calibrate").click()
    expect(page.get_by_role("status")).to_contain_text("arrivals from")


def test_a_planner_plans_a_quarter_changes_it_proves_it_and_calibrates_the_next(
    night: Night, open_as: OpenAs, look_at: LookAt, tmp_path: Path
) -> None:
    group = run(_prepare(night))
    page = open_as(night.coordinator, size=DESK)

    _import_volumes(page, group)
    look_at(page, "day-volumes")
    _generate(page, group.month)
    _move_three_seats(page, look_at)
    _publish(page, group.month)
    look_at(page, "day-published")
    _swap(page, group.month, look_at)
    _replace(page)
    _read_proof(page, group.societies[0], look_at)

    _ask_for_seats(page, group)
    run(_calibrate(night, tmp_path))
    page.reload()
    expect(page.get_by_role("region", name="Readers of the first line, by segment")).to_be_visible()
    look_at(page, "day-calibrated")
