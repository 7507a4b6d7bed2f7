"""Every page, at a desk and on a telephone: nobody is kept out, nothing scrolls sideways."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page

from tests.e2e.pages.browser import LAPTOP, PHONE, find_barriers, find_overflow
from tests.e2e.pages.conftest import OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=320)
BERNARD = Exam("BERNARD^LUCIE", "Alerte thrombolyse", urgent=True)
SIZES = pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "telephone"])


def find_faults(page: Page, places: Sequence[str]) -> dict[str, list[str]]:
    """Look at each place, and return what is wrong there."""
    faults = {}
    for place in places:
        page.goto(place)
        page.wait_for_load_state("load")
        found = find_barriers(page)
        if (wider := find_overflow(page)) > 0:
            found.append(f"{wider} px wider than the screen")
        if found:
            faults[place] = found
    return faults


@SIZES
def test_no_page_of_a_reader_keeps_anybody_out(
    night: Night, open_as: OpenAs, size: tuple[int, int]
) -> None:
    case_id, other_id = (run(night.receive(each)) for each in (MARTIN, BERNARD))
    run(night.claim(case_id, night.anna))
    run(night.note_critical(case_id, night.anna, "Hématome extradural"))
    run(night.correct_identity(case_id, "MARTIN^PAULINE"))
    case = f"/cases/{case_id}"

    faults = find_faults(
        open_as(night.anna, size=size),
        [
            "/",
            case,
            f"{case}/join",
            f"{case}/join?other={other_id}",
            f"{case}/split",
            "/tasks",
            "/requests",
            "/requests/new",
            "/on-call",
            "/turnaround",
            "/planning/volumes",
            "/deliveries",
            "/cases/999999",
        ],
    )

    assert faults == {}


@SIZES
def test_no_page_of_a_hospital_keeps_anybody_out(
    night: Night, open_as: OpenAs, size: tuple[int, int]
) -> None:
    case_id, _ = (run(night.receive(each)) for each in (MARTIN, BERNARD))
    run(night.claim(case_id, night.anna))

    faults = find_faults(
        open_as(night.hospital, size=size),
        ["/hospital", "/requests/new", "/requests", "/tasks", "/on-call", f"/cases/{case_id}"],
    )

    assert faults == {}
