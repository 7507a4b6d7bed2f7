"""The live worklist: rows come by themselves, keys do what the mouse does."""

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import WorklistScreen
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=320)


def test_a_case_appears_on_an_open_page_without_a_reload(
    night: Night, open_as: OpenAs, look_at: LookAt
) -> None:
    page = open_as(night.anna)
    worklist = WorklistScreen(page)
    expect(page.get_by_text("Nothing to read.")).to_be_visible()

    run(night.receive(MARTIN))

    expect(worklist.row("MARTIN PAUL")).to_contain_text("offered to you", timeout=3000)
    look_at(page, "worklist")
