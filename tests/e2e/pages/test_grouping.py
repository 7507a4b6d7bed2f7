"""Two cases that are one question, and one case that is two."""

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import CaseScreen
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

HEAD = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=32)
NECK = Exam("MARTIN^PAUL", "Angioscanner des troncs", images=64)
OTHER = Exam("PETIT^HENRI", "TDM abdomino-pelvien", images=12)


def test_two_cases_are_joined_after_what_will_happen_was_shown_and_split_again(
    night: Night, open_as: OpenAs, look_at: LookAt
) -> None:
    head, neck, _ = (run(night.receive(each)) for each in (HEAD, NECK, OTHER))
    page = open_as(night.coordinator)
    CaseScreen(page).open(head)

    page.get_by_role("link", name="Join…").click()
    first = page.get_by_role("region", name="Other open cases").get_by_role("listitem").first
    expect(first).to_contain_text("same patient, as received")
    look_at(page, "join")
    page.get_by_role("link", name=f"Join with case {neck}…").click()
    expect(page.get_by_role("region", name="What will happen")).to_contain_text(
        f"Case {neck} is set aside"
    )
    look_at(page, "join-confirm")
    page.get_by_label("Why").fill("Un seul patient, une seule question")
    page.get_by_role("button", name="Join").click()

    expect(page).to_have_url(page.url.split("/cases")[0] + f"/cases/{head}")
    exam = page.get_by_role("region", name="Exam")
    expect(exam).to_contain_text("Angioscanner des troncs")
    expect(page.get_by_role("link", name=f"Case {neck}")).to_be_visible()

    page.get_by_role("link", name="Split…").click()
    look_at(page, "split")
    page.get_by_label("Angioscanner des troncs").check()
    page.get_by_label("Why").fill("Deux questions")
    page.get_by_role("button", name="Split").click()

    expect(page.get_by_role("region", name="Exam")).to_contain_text("Angioscanner des troncs")
    expect(page.get_by_role("region", name="Exam")).not_to_contain_text("Scanner cérébral")
