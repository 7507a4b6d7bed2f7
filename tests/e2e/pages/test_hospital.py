"""The hospital's page, at the desk of the emergency room and in the pocket of its nurse."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.browser import AT_ONCE_MS, LAPTOP, PHONE, find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=320)
BERNARD = Exam("BERNARD^LUCIE", "Alerte thrombolyse", urgent=True)


@pytest.mark.parametrize(("size", "name"), [(LAPTOP, "desk"), (PHONE, "phone")])
def test_the_hospital_sees_what_it_sent_and_where_it_stands(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int], name: str
) -> None:
    martin = run(night.receive(MARTIN))
    run(night.receive(BERNARD))
    run(night.claim(martin, night.anna))

    page = open_as(night.hospital, size=size)

    case = page.get_by_role("row").filter(has_text="MARTIN PAUL")
    expect(case).to_contain_text("320 images")
    expect(case).to_contain_text("complete: no image for 60 s (CT)")
    expect(case).to_contain_text("Being read")
    expect(case.get_by_role("link", name="06 00 00 00 00")).to_be_visible()
    assert find_overflow(page) <= 0
    look_at(page, f"hospital-{name}")


def test_a_case_appears_by_itself_and_its_state_moves_on(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.hospital)
    expect(page.get_by_text("No case waits.")).to_be_visible()

    martin = run(night.receive(MARTIN))
    case = page.get_by_role("row").filter(has_text="MARTIN PAUL")
    expect(case).to_contain_text("Offered to the readers on guard", timeout=AT_ONCE_MS)
    run(night.claim(martin, night.anna))

    expect(case).to_contain_text("Being read", timeout=AT_ONCE_MS)
    expect(case).to_contain_text("Anna Lindqvist")


def test_the_hospital_raises_a_priority_and_what_it_types_is_not_lost(
    night: Night, open_as: OpenAs
) -> None:
    run(night.receive(MARTIN))
    page = open_as(night.hospital, size=PHONE)
    case = page.get_by_role("row").filter(has_text="MARTIN PAUL")
    case.get_by_text("More urgent…").click()
    case.get_by_label("Why").fill("Troubles de la conscience")

    run(night.receive(BERNARD))
    expect(page.get_by_role("row").filter(has_text="BERNARD LUCIE")).to_be_visible()
    expect(case.get_by_label("Why")).to_have_value("Troubles de la conscience")
    case.get_by_role("button", name="Raise the priority").click()

    expect(case.get_by_text("P1", exact=True)).to_be_visible()


@pytest.mark.parametrize(("size", "name"), [(LAPTOP, "desk"), (PHONE, "phone")])
def test_the_hospital_reads_the_report_and_says_so(
    night: Night,
    open_as: OpenAs,
    look_at: LookAt,
    tmp_path: Path,
    size: tuple[int, int],
    name: str,
) -> None:
    martin = run(night.receive(MARTIN))
    run(night.sign(martin, night.anna))
    run(night.deliver(tmp_path / "data"))
    page = open_as(night.hospital, size=size)
    case = page.get_by_role("row").filter(has_text="MARTIN PAUL")
    expect(case).to_contain_text("Report delivered to your system")
    look_at(page, f"hospital-report-{name}")

    report = case.get_by_role("link", name="Report – MARTIN PAUL")
    answer = page.request.get(str(report.get_attribute("href")))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF")
    case.get_by_role("button", name="We have read it").click()

    closed = page.get_by_role("table", name="Closed in the last 24 hours")
    expect(closed).to_contain_text("Report read by you")
    assert find_overflow(page) <= 0
