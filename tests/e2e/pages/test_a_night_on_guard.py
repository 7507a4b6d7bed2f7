"""A night on guard, as a reader and as the coordinator live it.

Each story is one of one person: what stands on one page is what the next one builds on.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.db.clock import SetClock
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions
from app.planning.service.segments import lay_default_segments
from scheduler.jobs import handover
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import WorklistScreen
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night, open_unit
from tests.factories.kept import make_bench
from tests.factories.planning import PARIS

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=320)
BERNARD = Exam("BERNARD^LUCIE", "Alerte thrombolyse", urgent=True)
MINUTE = timedelta(minutes=1)
TONIGHT = (-2 * MINUTE, timedelta(hours=8))


async def _lay_segments(night: Night) -> None:
    """Lay the segments of the group, in whose zone its days begin."""
    async with open_unit(night.url) as (session, now):
        await lay_default_segments(session, zone=PARIS, valid_from=now.date() - timedelta(days=366))


async def _hand_over(night: Night, folder: Path) -> None:
    """Let the scheduler open what those hand over whose guard ends in twelve minutes."""
    engine = make_unpooled_engine(night.url)
    clock = SetClock(await night.tell_time() + timedelta(hours=6) - 12 * MINUTE)
    try:
        await handover.run(make_bench(make_sessions(engine), data_dir=folder, clock=clock))
    finally:
        await engine.dispose()


def _check_in(page: Page) -> None:
    page.goto("/handover")
    page.get_by_role("button", name="Play the sound").click()
    page.get_by_label("I hear it").check()
    page.get_by_label("This number reaches me for the whole guard").check()
    page.get_by_role("button", name="Check in", exact=True).click()
    expect(page.get_by_role("region", name="Check-ins")).to_contain_text("checked in")


def _read_by_keys(page: Page, patient: str) -> None:
    """Acknowledge, claim, put aside and resume what stands first, with one key each."""
    row = WorklistScreen(page).row(patient)
    for key, said in (("a", "seen"), ("c", "yours"), ("p", "put aside until")):
        page.keyboard.press(key)
        expect(row).to_contain_text(said)
    page.keyboard.press("r")
    expect(row).not_to_contain_text("put aside until")


def test_a_reader_checks_in_reads_a_p1_by_keys_and_takes_over_from_who_leaves(
    night: Night, open_as: OpenAs, look_at: LookAt, tmp_path: Path
) -> None:
    run(night.receive(MARTIN))
    denis = run(night.add_reader("denis", "Denis", "Faure", town="Terrasson", hours=TONIGHT))
    page = open_as(denis)
    _check_in(page)
    look_at(page, "check-in")

    page.goto("/")
    worklist = WorklistScreen(page)
    expect(worklist.row("MARTIN PAUL")).to_contain_text("Anna Lindqvist")
    run(night.receive(BERNARD))
    expect(worklist.row("BERNARD LUCIE")).to_contain_text("offered to you")
    page.keyboard.press("j")
    _read_by_keys(page, "BERNARD LUCIE")

    run(_hand_over(night, tmp_path))
    page.goto("/handover")
    leaving = page.get_by_role("region", name="Dr Anna Lindqvist goes off guard")
    expect(leaving).to_contain_text("to Dr Denis Faure")
    look_at(page, "handover")
    page.keyboard.press("Shift+A")
    expect(leaving).to_contain_text("accepted by Dr Denis Faure")
    page.goto("/")
    expect(worklist.row("MARTIN PAUL")).to_contain_text("seen")


def test_a_coordinator_unplugs_a_centre_sees_its_case_move_and_puts_a_replacement_in(
    night: Night, open_as: OpenAs, look_at: LookAt
) -> None:
    run(_lay_segments(night))
    run(night.receive(MARTIN))
    run(night.add_reader("denis", "Denis", "Faure", town="Terrasson", hours=TONIGHT))
    run(night.add_reader("elise", "Elise", "Roux", town="Ribérac", hours=None))
    page, beside = open_as(night.coordinator), open_as(night.coordinator)
    row = WorklistScreen(beside).row("MARTIN PAUL")
    expect(row).to_contain_text("Anna Lindqvist")

    page.goto("/on-call")
    centre = page.get_by_role("region", name="Centre de Bergerac")
    centre.get_by_role("button", name="The centre is down").click()
    expect(centre).to_contain_text("the coordinator said so")
    run(night.decide())
    expect(row).to_contain_text("Denis Faure")
    look_at(page, "centre-down")

    now = page.get_by_role("region", name="Now,")
    held = now.get_by_role("listitem").filter(has_text="Anna Lindqvist")
    held.get_by_role("button", name="Replace…").click()
    dialog = page.get_by_role("dialog", name="Instead of Dr Anna Lindqvist")
    who = dialog.get_by_role("listitem").filter(has_text="Elise Roux")
    expect(who).to_be_visible()
    look_at(page, "replace-now")
    who.get_by_role("button", name="Put in now").click()
    expect(now).to_contain_text("Elise Roux")
    expect(held).to_have_count(0)
