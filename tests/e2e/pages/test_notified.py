"""A reader's page shows and sounds what is offered, says so, and says how they are reached."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, Response, Route, expect

from tests.e2e.pages.browser import LAPTOP, PHONE, find_overflow, open_browser
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

BERNARD = Exam("BERNARD^LUCIE", "Alerte thrombolyse", urgent=True)
SHOWN = re.compile(r"/api/v1/notifications/shown$")
ASKED = re.compile(r"/api/v1/notifications$")
TIMER = re.compile(r"/js/timer[.]js")
LONG_MS = 60_000
CHANGE = "htmx.trigger(document.body, 'own-row-changed')"
BURST = f"""async () => {{
  for (let n = 0; n < 30; n += 1) {{
    {CHANGE};
    await fetch('/api/v1/notifications?beside');
  }}
}}"""
HIDE = """
Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'});
document.dispatchEvent(new Event('visibilitychange'));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser that lets a page sound only once somebody has clicked in it."""
    with open_browser(sounds_at_once=False) as browser:
        yield browser


def find_sign(page: Page) -> Locator:
    return page.get_by_role("region", name="Are you reached?")


def turn_on(page: Page) -> None:
    page.get_by_role("button", name="Sound off, click").click()
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()


def list_told(page: Page, case_id: int) -> list[tuple[str, str]]:
    rows = page.request.get(f"/api/v1/cases/{case_id}/notifications").json()
    return sorted((each["channel"], each["state"]) for each in rows if "Lindqvist" in each["name"])


def list_states(response: Response) -> list[str]:
    return [each["state"] for each in response.json()]


def test_of_two_pages_the_one_that_sounds_says_so_once_and_no_telephone_is_called(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    turn_on(page)
    mute = page.context.new_page()
    mute.goto("/on-call")
    expect(find_sign(mute).get_by_role("button", name="Sound off, click")).to_be_visible()

    with page.expect_response(SHOWN, timeout=LONG_MS) as said:
        case_id = run(night.receive(BERNARD))

    assert list_states(said.value) == ["shown"]
    expect(page.locator("#sound")).to_have_attribute("data-beeps", "2")
    assert ("browser", "shown") in list_told(page, case_id)
    assert "hook" not in {channel for channel, _ in list_told(page, case_id)}
    expect(mute.locator("#sound")).not_to_have_attribute("data-beeps", re.compile("."))


def test_what_comes_one_upon_the_other_is_asked_for_together(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.anna)
    page.clock.install()
    with page.expect_response(ASKED):
        page.reload()
    page.clock.pause_at("2100-01-01")
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if ASKED.search(each.url) else None)

    for _ in range(20):
        page.evaluate(CHANGE)
        page.request.get("/api/v1/notifications")  # as long as the page's own takes
    with page.expect_response(ASKED):
        page.clock.resume()

    # The first at once, and all the others together; a look of the timer may lie between.
    assert len(asked) <= 3


def test_a_hidden_page_asks_together_too_for_what_comes_one_upon_the_other(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    page.clock.install()
    page.reload()
    page.evaluate(HIDE)
    page.clock.pause_at("2100-01-01")
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if ASKED.search(each.url) else None)

    page.evaluate(BURST)
    for _ in range(2):
        with page.expect_response(ASKED):
            page.evaluate(CHANGE)

    assert len(asked) < 10, "of thirty that came, each after an answer"


def test_a_hidden_page_asks_on_when_its_timer_could_not_be_loaded_once(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna, cut_off=True)
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.abort("internetdisconnected")

    page.route(TIMER, lose_once)
    page.clock.install()
    with page.expect_response(ASKED):
        page.reload()
    page.evaluate(HIDE)
    page.clock.pause_at("2100-01-01")

    for _ in range(2):
        with page.expect_response(ASKED):
            page.evaluate(CHANGE)

    assert len(lost) == 1


def test_a_question_that_is_never_answered_is_asked_again(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.anna, cut_off=True)
    unanswered: list[Route] = []

    def leave_once(route: Route) -> None:
        if unanswered:
            route.continue_()
            return
        unanswered.append(route)

    page.route(ASKED, leave_once)

    with page.expect_response(ASKED, timeout=LONG_MS):
        page.reload()

    assert len(unanswered) == 1


def test_what_could_not_be_confirmed_is_said_again_without_another_sound(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna, cut_off=True)
    turn_on(page)
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.abort("internetdisconnected")

    page.route(SHOWN, refuse_once)

    with page.expect_response(
        lambda each: bool(SHOWN.search(each.url)) and each.ok, timeout=LONG_MS
    ) as said:
        run(night.receive(BERNARD))

    assert len(refused) == 1
    assert list_states(said.value) == ["shown"]
    expect(page.locator("#sound")).to_have_attribute("data-beeps", "2")


def test_a_page_that_is_loaded_anew_and_mute_says_so_and_the_telephone_is_called_at_once(
    night: Night, open_as: OpenAs
) -> None:
    first = open_as(night.anna)
    turn_on(first)
    page = first.context.new_page()
    first.close()
    case_ids = [run(night.receive(replace(BERNARD, patient_name=f"BERNARD^{n}"))) for n in "ABC"]

    # Whatever a test asks a page counts as a gesture of somebody in it: nothing is asked before.
    with page.expect_response(SHOWN, timeout=LONG_MS) as said:
        page.goto("/")

    # What came together is said together.
    assert list_states(said.value) == ["failed"] * 3
    for case_id in case_ids:
        assert ("hook", "due") in list_told(page, case_id)
    expect(page.get_by_role("button", name="Sound off, click")).to_be_visible()
    # A click anywhere lets it sound again.
    page.mouse.click(700, 5)
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()


def test_a_page_that_was_hidden_for_30_min_sounds_though_its_timers_stand_still(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    turn_on(page)
    page.clock.install()
    page.reload()
    if page.get_by_role("button", name="Sound off, click").is_visible():
        page.get_by_role("heading", name="Worklist").click()
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    page.evaluate(HIDE)
    expect(find_sign(page)).to_contain_text("Page hidden")
    page.clock.fast_forward("30:00")
    page.clock.pause_at("2100-01-01")

    with page.expect_response(SHOWN, timeout=LONG_MS) as said:
        run(night.receive(BERNARD))

    assert list_states(said.value) == ["shown"]
    expect(page.locator("#sound")).to_have_attribute("data-beeps", "1")


@pytest.mark.parametrize(("name", "size"), [("desk", LAPTOP), ("phone", PHONE)])
def test_how_one_is_reached_stays_on_screen(
    night: Night, open_as: OpenAs, look_at: LookAt, name: str, size: tuple[int, int]
) -> None:
    for number in range(6):
        run(night.receive(Exam(f"MARTIN^PAUL{number}", "Scanner cérébral")))
    page = open_as(night.anna, size=size)
    sign = find_sign(page)
    expect(sign).to_contain_text("Page visible")
    expect(sign).to_contain_text("Telephone not tested")
    look_at(page, f"worklist-reach-{name}-off")
    turn_on(page)
    look_at(page, f"worklist-reach-{name}")

    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")

    expect(sign).to_be_in_viewport()
    assert find_overflow(page) <= 0
