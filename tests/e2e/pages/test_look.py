"""Each page shows what it must, keeps nobody out, and leaves a picture for a human look."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages.browser import find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

HEAD = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=320)
STROKE = Exam("BERNARD^LUCIE", "Alerte thrombolyse", images=611, urgent=True, minutes_ago=41)
ABDOMEN = Exam("PETIT^HENRI^JEAN", "TDM abdomino-pelvien", images=890, minutes_ago=50)
MANY = tuple(Exam(f"SURGE^{number}", "Scanner cérébral", images=2) for number in range(6))


def test_sign_in(visitor: Page, look_at: LookAt) -> None:
    visitor.goto("/")

    expect(visitor.get_by_role("heading", name="Sign in")).to_be_visible()
    look_at(visitor, "sign-in")


def test_worklist(night: Night, open_as: OpenAs, look_at: LookAt) -> None:
    head, *_ = (run(night.receive(exam)) for exam in (HEAD, STROKE, ABDOMEN))
    run(night.claim(head, night.bruno))
    page = open_as(night.anna)

    expect(page.get_by_role("row").filter(has_text="BERNARD LUCIE")).to_contain_text("late")
    look_at(page, "worklist")


def test_case(night: Night, open_as: OpenAs, look_at: LookAt) -> None:
    case_id = run(night.receive(STROKE))
    run(night.claim(case_id, night.anna))
    page = open_as(night.anna)
    page.goto(f"/cases/{case_id}")

    expect(page.get_by_role("heading", name="BERNARD LUCIE")).to_be_visible()
    look_at(page, "case")


def test_board(night: Night, open_as: OpenAs, look_at: LookAt) -> None:
    """Cases by slack, readers with load, a surge: on a desk, on a tablet, on a telephone."""
    late, *_ = (run(night.receive(exam)) for exam in (STROKE, *MANY))
    run(night.claim(late, night.anna))
    run(night.look_for_surge())
    page = open_as(night.coordinator)
    page.get_by_role("link", name="Board", exact=True).click()

    cases = page.get_by_role("table", name="Cases by slack")
    expect(cases.get_by_role("row").nth(1)).to_contain_text("late")
    expect(page.get_by_role("listitem").filter(has_text="1 case claimed")).to_be_visible()
    page.keyboard.press("j")
    expect(cases.get_by_role("link").first).to_be_focused()
    look_at(page, "board")
    for name, width in (("board-tablet", 820), ("board-phone", 390)):
        page.set_viewport_size({"width": width, "height": 844})
        assert find_overflow(page) <= 0
        look_at(page, name)
    page.get_by_role("button", name="Call the backup line").click()
    expect(page.get_by_text("backup line called at")).to_be_visible()


def test_on_call(night: Night, open_as: OpenAs, look_at: LookAt) -> None:
    page = open_as(night.anna)
    page.get_by_role("link", name="On call").click()

    expect(page.get_by_text("Dr Anna Lindqvist").last).to_be_visible()
    look_at(page, "on-call")


def test_turnaround(night: Night, open_as: OpenAs, look_at: LookAt) -> None:
    for exam in (HEAD, STROKE, ABDOMEN):
        run(night.claim(run(night.receive(exam)), night.anna))
    page = open_as(night.anna)
    page.get_by_role("link", name="Turnaround").click()
    page.get_by_label("Put together by").select_option(label="Priority")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("row").filter(has_text="P2")).to_contain_text("2")
    look_at(page, "turnaround")


def test_deliveries(night: Night, open_as: OpenAs, look_at: LookAt) -> None:
    run(night.receive(HEAD))
    page = open_as(night.coordinator)
    page.get_by_role("link", name="Deliveries").click()

    expect(page.get_by_role("table", name="Latest deliveries")).to_contain_text("0 of 320")
    look_at(page, "deliveries")
