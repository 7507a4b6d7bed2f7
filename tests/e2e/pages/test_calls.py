"""A critical finding rings on every page until somebody has said it back."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.browser import AT_ONCE_MS
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import CaseScreen
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=32)


@pytest.fixture
def case_id(night: Night) -> int:
    """Give a case that Anna reads."""
    case_id = run(night.receive(MARTIN))
    run(night.claim(case_id, night.anna))
    return case_id


def find_strip(page: Page) -> Locator:
    return page.get_by_role("region", name="To do")


def test_a_critical_finding_stays_to_do_until_it_was_said_back(
    night: Night, case_id: int, open_as: OpenAs, look_at: LookAt
) -> None:
    page, elsewhere = open_as(night.anna), open_as(night.coordinator)
    case = CaseScreen(page)
    case.open(case_id)

    case.fill_dialog(
        "Critical finding…", "Critical finding", What_must_be_heard="Hématome extradural"
    )

    expect(find_strip(page)).to_contain_text("1 thing to do")
    expect(find_strip(elsewhere)).to_contain_text("call the critical finding", timeout=AT_ONCE_MS)
    number = find_strip(elsewhere).get_by_role("link", name="05 00 00 00 01")
    expect(number).to_have_attribute("href", "tel:+33500000001")
    look_at(page, "case-critical")

    page.get_by_role("button", name="Log the call…").click()
    dialog = page.get_by_role("dialog", name="Log a call")
    dialog.get_by_label("Whom you told").fill("Dr Roux, urgences")
    look_at(page, "case-call")
    dialog.get_by_role("button", name="Log the call").click()
    calls = page.get_by_role("region", name="Telephone")
    expect(calls).to_contain_text("Reached: Dr Roux, urgences")
    expect(calls).to_contain_text("critical: to be called")

    page.get_by_role("button", name="Log the call…").click()
    dialog.get_by_label("Whom you told").fill("Dr Roux, urgences")
    dialog.get_by_label("They said it back").check()
    dialog.get_by_role("button", name="Log the call").click()
    expect(calls).to_contain_text("said back")
    expect(find_strip(elsewhere)).not_to_contain_text("to do", timeout=AT_ONCE_MS)


def test_a_task_that_rings_again_is_marked_and_sounds_again(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    run(night.note_critical(case_id, night.anna, "Hématome extradural"))
    page = open_as(night.coordinator)
    expect(find_strip(page)).to_contain_text("1 thing to do")
    page.get_by_role("button", name="Sound off").click()

    run(night.ring_again())

    expect(find_strip(page)).to_contain_text("rung 2 times", timeout=AT_ONCE_MS)
    expect(page.locator("#sound")).to_have_attribute("data-beeps", "2")


def test_a_report_is_withdrawn_by_a_signed_version(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)
    case.write(conclusion="Scanner cérébral normal.")
    case.sign()

    case.fill_dialog("Withdraw…", "Withdraw the report?", Why="Mauvais patient")

    expect(page.get_by_role("region", name="Withdrawal of the report")).to_contain_text(
        "Mauvais patient"
    )
    expect(page.get_by_text("report withdrawn", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw…")).to_be_hidden()
