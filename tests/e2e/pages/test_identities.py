"""A study with two identities is signed by nobody until somebody has said which is right."""

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.browser import AT_ONCE_MS
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import CaseScreen
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=32)


def test_the_signature_waits_until_an_identity_was_chosen(
    night: Night, open_as: OpenAs, look_at: LookAt
) -> None:
    case_id = run(night.receive(MARTIN))
    run(night.claim(case_id, night.anna))
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)
    case.write(conclusion="Scanner cérébral normal.")

    run(night.correct_identity(case_id, "MARTIN^PAULINE"))

    sides = page.get_by_role("region", name="The hospital corrected the identity").first
    expect(sides.get_by_role("row", name="Name")).to_contain_text("MARTIN PAUL", timeout=AT_ONCE_MS)
    expect(sides.get_by_role("row", name="Name – differs")).to_contain_text("MARTIN PAULINE")
    expect(sides.get_by_role("row", name="Born")).not_to_contain_text("differs")
    expect(page.get_by_role("button", name="Sign…")).to_be_disabled()
    expect(page.get_by_text("It cannot be signed")).to_be_visible()
    look_at(page, "case-identities")

    page.get_by_role("radio", name="New").check()
    page.get_by_label("How you know").fill("Rappel des urgences")
    page.get_by_role("button", name="This is the patient").click()

    expect(page.get_by_role("heading", name="MARTIN PAULINE")).to_be_visible()
    expect(page.get_by_role("button", name="Sign…")).to_be_enabled()
    case.sign()
