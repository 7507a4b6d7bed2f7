"""Reading a case on its page: write, tell, sign, add; two tabs, late images, other hands."""

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import CaseScreen, WorklistScreen
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


def test_a_report_is_written_reviewed_signed_and_shown(
    night: Night, case_id: int, open_as: OpenAs, look_at: LookAt
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)

    case.write(findings="Pas de saignement.", conclusion="Scanner cérébral normal.")
    dialog = case.review()
    for fact in ("MARTIN PAUL", "01/01/1950", "Scanner cérébral sans injection", "32"):
        expect(dialog).to_contain_text(fact)
    look_at(page, "case-sign")
    dialog.get_by_role("button", name="Sign", exact=True).click()

    expect(page.get_by_role("region", name="Signed report")).to_contain_text(
        "Scanner cérébral normal."
    )
    expect(case.timeline).to_contain_text("Report signed – Dr Anna Lindqvist")
    look_at(page, "case-signed")
    WorklistScreen(page).open()
    expect(page.get_by_role("table", name="Signed, not yet delivered")).to_contain_text("MARTIN")


def test_what_was_typed_is_there_after_a_reload(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)
    case.write(indication="Céphalée brutale.")

    page.reload()

    expect(page.get_by_label("Indication")).to_have_value("Céphalée brutale.")


def test_what_was_typed_before_the_scripts_came_is_saved_too(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/htmx.min.js*", hold, times=1)
    page.goto(f"/cases/{case_id}", wait_until="commit")

    page.get_by_label("Indication").fill("Céphalée brutale.")
    expect(page.locator("#saved")).to_contain_text("not yet saved")
    for route in held:
        route.continue_()

    expect(page.locator("#base")).not_to_have_value("0")
    page.reload()
    expect(page.get_by_label("Indication")).to_have_value("Céphalée brutale.")


def test_the_second_tab_is_told_that_its_text_was_not_saved(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    CaseScreen(page).open(case_id)
    other = page.context.new_page()
    CaseScreen(other).open(case_id)
    CaseScreen(page).write(conclusion="Du premier onglet.")

    other.get_by_label("Conclusion").fill("Du second onglet.")

    expect(other.get_by_role("alert").filter(has_text="not saved")).to_contain_text(
        "saved by Dr Anna Lindqvist at"
    )
    expect(other.get_by_label("Conclusion")).to_have_value("Du second onglet.")
    other.close(run_before_unload=False)
    page.reload()
    expect(page.get_by_label("Conclusion")).to_have_value("Du premier onglet.")


def test_a_report_without_a_conclusion_is_not_signed(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)
    case.write(findings="Pas de saignement.")

    page.get_by_role("button", name="Sign…").click()

    expect(page.get_by_role("alert").filter(has_text="conclusion")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_images_that_arrive_during_the_reading_must_be_seen_before_the_signature(
    night: Night, case_id: int, open_as: OpenAs, look_at: LookAt
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)
    page.get_by_role("button", name="Mark as seen").click()
    expect(page.get_by_text("not yet seen")).to_be_hidden()
    case.write(conclusion="Scanner cérébral normal.")
    dialog = case.review()

    run(night.add_images(case_id, count=4))
    dialog.get_by_role("button", name="Sign", exact=True).click()

    expect(page.get_by_text("The case has 36 images, but you were shown 32")).to_be_visible()
    expect(page.get_by_text("4 images not yet seen")).to_be_visible()
    look_at(page, "case-late-images")
    page.get_by_role("button", name="Mark as seen").click()
    case.sign()


def test_a_preliminary_result_is_noted_with_whom_and_how(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)

    case.fill_dialog(
        "Preliminary result…",
        "Preliminary result",
        What_was_said="Pas de saignement.",
        To_whom="Dr Roux, urgences",
    )

    region = page.get_by_role("region", name="Preliminary result")
    expect(region).to_contain_text("told to Dr Roux, urgences, By telephone")
    expect(case.timeline).to_contain_text("Preliminary result given")


def test_a_case_that_is_given_back_is_offered_again_with_its_text_kept(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)
    case.write(findings="Début de lecture.")

    case.fill_dialog("Give back…", "Give the case back", Why="Appelée en salle")

    expect(case.timeline).to_contain_text("Given back, and offered again: Appelée en salle")
    expect(page.get_by_label("Findings")).to_be_hidden()


def test_the_coordinator_gives_a_case_to_somebody_and_its_reader_sees_it_at_once(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    reader, coordinator = open_as(night.anna), open_as(night.coordinator)
    CaseScreen(reader).open(case_id)
    CaseScreen(coordinator).open(case_id)

    coordinator.get_by_role("button", name="Reassign…").click()
    dialog = coordinator.get_by_role("dialog", name="Give the case to a reader")
    dialog.get_by_label("Reader on guard").select_option(label="Dr Bruno Martel – Backup line")
    dialog.get_by_label("Why").fill("Anna en salle")
    dialog.get_by_role("button", name="Reassign").click()

    expect(CaseScreen(coordinator).who).to_contain_text("Bruno Martel")
    expect(reader.get_by_role("alert").filter(has_text="You no longer read")).to_be_visible()


def test_an_addendum_is_signed_after_its_patient_was_repeated(
    night: Night, case_id: int, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    case = CaseScreen(page)
    case.open(case_id)
    case.write(conclusion="Scanner cérébral normal.")
    case.sign()

    page.get_by_role("textbox", name="Addendum").fill("Relecture : sinus clairs.")
    page.get_by_role("button", name="Sign the addendum…").click()
    dialog = page.get_by_role("dialog", name="Sign this addendum?")
    expect(dialog).to_contain_text("MARTIN PAUL")
    dialog.get_by_role("button", name="Sign", exact=True).click()

    expect(page.get_by_role("region", name="Addendum").first).to_contain_text("sinus clairs")
    expect(case.timeline).to_contain_text("Addendum signed")


def test_the_decisions_are_told_in_words(night: Night, case_id: int, open_as: OpenAs) -> None:
    page = open_as(night.anna)
    CaseScreen(page).open(case_id)

    page.get_by_text("Why these readers: 1 decision").click()

    expect(page.get_by_text("0 being read, 0 offered: 0 min ahead").first).to_be_visible()
