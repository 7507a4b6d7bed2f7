"""A hospital asks, a radiologist decides, both in their browsers."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.browser import AT_ONCE_MS, LAPTOP, PHONE, find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.story import Night
from tests.factories.files import make_pdf, make_picture

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

SCRIPT = "<script>document.title = 'taken'</script> Hémorragie ?"


def fill(page: Page, **changes: str) -> None:
    """Type a request."""
    page.goto("/requests/new")
    page.get_by_label("Priority").select_option("P1")
    texts = {
        "Family name": "DUPONT",
        "Given name": "Jeanne",
        "Date of birth": "1950-01-01",
        "Exam wished": "Scanner cérébral",
        "Region": "Crâne",
        "Question": SCRIPT,
        "Requested by (name, function)": "Dr Roux, urgences",
        "Number to call back": "05 53 00 00 00",
    } | changes
    for label, text in texts.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("radio", name="yes").check()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send the request").click()


def submit(page: Page, **changes: str) -> str:
    """Send a request, and give its path."""
    fill(page, **changes)
    send(page)
    expect(page.get_by_role("heading", name="DUPONT Jeanne")).to_be_visible()
    return page.url


def history(page: Page) -> Locator:
    return page.get_by_role("region", name="History")


@pytest.mark.parametrize(("size", "name"), [(LAPTOP, "desk"), (PHONE, "phone")])
def test_a_request_is_typed_sent_and_shown_with_its_script_as_text(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int], name: str
) -> None:
    page = open_as(night.hospital, size=size)
    page.goto("/requests/new")
    assert find_overflow(page) <= 0
    look_at(page, f"request-form-{name}")

    submit(page)

    expect(page.get_by_role("region", name="Request", exact=True)).to_contain_text(SCRIPT)
    expect(page).to_have_title("Request 1 – Astreinte")
    expect(history(page)).to_contain_text("A radiologist is to decide – Urgences Périgueux")
    assert find_overflow(page) <= 0
    look_at(page, f"request-{name}")
    page.goto("/requests")
    assert find_overflow(page) <= 0
    look_at(page, f"requests-{name}")


def test_what_is_mandatory_fits_the_first_screen_of_a_desk(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.hospital, size=LAPTOP)
    page.goto("/requests/new")

    expect(page.get_by_role("button", name="Send the request")).to_be_in_viewport()
    expect(page.get_by_label("Allergies", exact=True)).not_to_be_visible()


def test_a_refused_form_keeps_what_was_typed_and_leads_to_its_faults(
    night: Night, open_as: OpenAs, look_at: LookAt, tmp_path: Path
) -> None:
    page = open_as(night.hospital, size=PHONE)
    fill(page, **{"Number to call back": "poste"})
    page.get_by_text("Allergies, renal function").click()
    false = tmp_path / "lettre.pdf"
    false.write_bytes(b"<html>no PDF</html>")
    page.get_by_label("File:").set_input_files(false)
    send(page)

    number = page.get_by_label("Number to call back")
    expect(number).to_have_value("poste")
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("a telephone number of at least 4 digits")).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).to_have_value(SCRIPT)
    expect(page.get_by_role("alert").filter(has_text="Choose the file again")).to_be_visible()
    look_at(page, "request-refused-phone")

    number.fill("4512")
    page.get_by_label("File:").set_input_files(false)
    send(page)
    expect(page.get_by_text("this is no PDF, JPEG or PNG")).to_be_visible()
    true = tmp_path / "vraie.pdf"
    true.write_bytes(make_pdf())
    page.get_by_label("File:").set_input_files(true)
    send(page)
    expect(page.get_by_role("link", name="vraie.pdf")).to_be_visible()


def test_a_double_click_sends_one_request(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.hospital)
    fill(page)

    page.get_by_role("button", name="Send the request").dblclick()

    expect(page.get_by_role("heading", name="DUPONT Jeanne")).to_be_visible()
    page.goto("/requests")
    expect(page.get_by_role("link", name="DUPONT Jeanne")).to_have_count(1)


def test_a_radiologist_on_guard_validates_and_the_hospital_sees_it_by_itself(
    night: Night, open_as: OpenAs, look_at: LookAt
) -> None:
    nurse = open_as(night.hospital)
    path = submit(nurse)
    anna = open_as(night.anna)
    anna.goto("/requests")
    expect(anna.get_by_role("region", name="To decide")).to_contain_text("DUPONT Jeanne")
    anna.get_by_role("link", name="DUPONT Jeanne").click()

    anna.get_by_role("radio", name="Validate, with a protocol").check()
    expect(anna.get_by_label("Reason, or what you want to know")).not_to_be_visible()
    anna.get_by_role("button", name="No contrast, 1 mm slices").click()
    look_at(anna, "request-decision")
    anna.get_by_role("button", name="Decide").click()

    expect(history(anna)).to_contain_text("Validated – Dr Anna Lindqvist")
    expect(nurse.get_by_role("article")).to_contain_text(
        "No contrast, 1 mm slices", timeout=AT_ONCE_MS
    )
    assert nurse.url == path


def test_a_question_is_asked_answered_and_the_exam_refused(night: Night, open_as: OpenAs) -> None:
    nurse, anna = open_as(night.hospital, size=PHONE), open_as(night.anna, size=PHONE)
    path = submit(nurse)
    anna.goto(path)
    anna.get_by_role("radio", name="Ask the hospital something").check()
    anna.get_by_label("Reason, or what you want to know").fill("Grossesse ?")
    anna.get_by_role("button", name="Decide").click()
    expect(history(anna)).to_contain_text("Grossesse ?")
    assert find_overflow(anna) <= 0

    nurse.get_by_role("link", name="Answer").click(timeout=AT_ONCE_MS)
    nurse.get_by_label("Pregnancy").select_option("yes")
    nurse.get_by_role("button", name="Save").click()
    expect(nurse).to_have_url(path)
    expect(nurse.get_by_text("The radiologist asks")).not_to_be_visible()

    anna.goto(path)
    anna.get_by_role("radio", name="Refuse").check()
    anna.get_by_label("Reason, or what you want to know").fill("IRM demain à 8 h")
    anna.get_by_role("button", name="Decide").click()
    expect(history(anna)).to_contain_text("Refused: IRM demain à 8 h")


def test_who_decides_second_is_told_who_was_first(night: Night, open_as: OpenAs) -> None:
    path = submit(open_as(night.hospital))
    anna, bruno = open_as(night.anna), open_as(night.bruno)
    for page in (anna, bruno):
        page.goto(path)
        page.get_by_role("radio", name="Refuse").check()
        page.get_by_label("Reason, or what you want to know").fill("Déjà fait")

    anna.get_by_role("button", name="Decide").click()
    expect(history(anna)).to_contain_text("Refused")
    bruno.get_by_role("button", name="Decide").click()

    expect(bruno.get_by_text("Decided by Anna Lindqvist at")).to_be_visible()


def test_a_picture_is_added_looked_at_and_the_request_is_cancelled(
    night: Night, open_as: OpenAs, tmp_path: Path
) -> None:
    page = open_as(night.hospital)
    submit(page)
    picture = tmp_path / "ordonnance.png"
    picture.write_bytes(make_picture(size=(400, 300)))
    page.get_by_label("File:").set_input_files(picture)
    page.get_by_role("button", name="Add the file").click()

    with page.expect_popup() as opened:
        page.get_by_role("link", name="look at it – ordonnance.png").click()
    expect(opened.value.locator("img")).to_be_visible()
    opened.value.close()
    page.get_by_text("Cancel this request…").click()
    page.get_by_label("Why").fill("Patient transféré")
    page.get_by_role("button", name="Cancel the request").click()

    expect(history(page)).to_contain_text("Cancelled: Patient transféré")


def test_the_form_works_without_a_script(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.hospital, cut_off=True)
    page.route("**/*.js*", lambda route: route.abort())

    submit(page)

    expect(page.get_by_role("region", name="Request", exact=True)).to_contain_text(SCRIPT)
