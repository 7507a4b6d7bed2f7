"""The live worklist: rows come by themselves, keys do what the mouse does."""

from contextlib import suppress

import pytest
from playwright.sync_api import APIResponse, Error, Route, expect

from tests.e2e.pages.browser import AT_ONCE_MS, LAPTOP
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import WorklistScreen
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral sans injection", images=320)
BERNARD = Exam("BERNARD^LUCIE", "Alerte thrombolyse", urgent=True)


def test_a_case_appears_by_itself_is_announced_and_rings(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.anna)
    page.get_by_role("button", name="Sound off").click()
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    page.evaluate("window.stillHere = true")

    run(night.receive(MARTIN))

    # The timer would bring it only after 20 s.
    expect(WorklistScreen(page).row("MARTIN PAUL")).to_contain_text(
        "offered to you", timeout=AT_ONCE_MS
    )
    expect(page.get_by_text("New case for you: P2, CH de Périgueux")).to_be_attached()
    expect(page.locator("#sound")).to_have_attribute("data-beeps", "2")
    assert page.evaluate("window.stillHere") is True


def test_a_case_of_somebody_else_does_not_ring(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.bruno)
    page.get_by_role("button", name="Sound off").click()

    run(night.receive(MARTIN))

    expect(WorklistScreen(page).row("MARTIN PAUL")).to_contain_text(
        "Anna Lindqvist", timeout=AT_ONCE_MS
    )
    expect(page.locator("#sound")).to_have_attribute("data-beeps", "1")


def test_rows_come_go_and_change_place_without_the_list_being_asked_for(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna, cut_off=True)
    worklist = WorklistScreen(page)
    expect(page.get_by_text("Nothing to read.")).to_be_visible()
    page.route("**/worklist/rows", lambda route: route.abort())

    martin = run(night.receive(MARTIN))
    expect(worklist.patients()).to_have_text(["MARTIN PAUL"], timeout=AT_ONCE_MS)
    page.keyboard.press("j")
    run(night.receive(BERNARD))

    expect(worklist.patients()).to_have_text(["BERNARD LUCIE", "MARTIN PAUL"], timeout=AT_ONCE_MS)
    expect(page.get_by_role("table", name="To read 2")).to_be_visible()
    expect(worklist.patients().nth(1)).to_be_focused()
    expect(page.get_by_text("Nothing to read.")).to_be_hidden()

    run(night.claim(martin, night.anna))
    expect(worklist.row("MARTIN PAUL")).to_contain_text("yours", timeout=AT_ONCE_MS)
    worklist.row("MARTIN PAUL").get_by_role("button", name="Put aside").click()
    expect(worklist.row("MARTIN PAUL")).to_contain_text("put aside until", timeout=AT_ONCE_MS)


def test_rows_that_come_one_by_one_stand_in_the_order_of_the_server(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna, cut_off=True)
    worklist = WorklistScreen(page)
    page.route("**/worklist/rows", lambda route: route.abort())

    for minutes in (9, 3, 12, 1, 6):
        run(night.receive(Exam(f"MINUTES^{minutes}", "TDM", minutes_ago=minutes)))
    expect(worklist.patients()).to_have_count(5, timeout=AT_ONCE_MS)
    order = worklist.patients().all_text_contents()
    page.reload()

    assert order == [f"MINUTES {minutes}" for minutes in (12, 9, 6, 3, 1)]
    expect(worklist.patients()).to_have_text(order)


def test_the_columns_of_every_row_stand_below_their_titles(night: Night, open_as: OpenAs) -> None:
    for exam in (MARTIN, BERNARD):
        run(night.receive(exam))
    page = open_as(night.anna, size=LAPTOP)

    lefts = page.get_by_role("row").evaluate_all(
        "rows => rows.map(row => [...row.children].map(each => each.getBoundingClientRect().left))"
    )

    assert len(lefts) == 3
    assert lefts[1] == lefts[2] == lefts[0]


def test_a_countdown_is_written_when_it_says_something_new(night: Night, open_as: OpenAs) -> None:
    run(night.receive(MARTIN))
    page = open_as(night.anna)
    page.clock.install()
    page.reload()
    expect(WorklistScreen(page).row("MARTIN PAUL")).to_contain_text("min left")
    page.evaluate("""() => {
      globalThis.written = 0;
      new MutationObserver((changes) => { globalThis.written += changes.length; })
        .observe(document.querySelector("td.clock"), { childList: true, subtree: true });
    }""")

    page.clock.run_for(30_000)
    assert page.evaluate("globalThis.written") <= 2
    page.clock.run_for(60_000)
    assert 2 <= page.evaluate("globalThis.written") <= 4


def test_a_list_that_was_asked_for_before_a_row_came_does_not_take_it_away(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna, cut_off=True)
    worklist = WorklistScreen(page)
    held: list[tuple[Route, APIResponse]] = []
    # The answer is the list as it was, and comes once the row is there.
    page.route("**/worklist/rows", lambda route: held.append((route, route.fetch())))
    page.evaluate("htmx.trigger(document.body, 'worklist-changed')")
    page.wait_for_timeout(500)

    run(night.receive(MARTIN))
    expect(worklist.patients()).to_have_text(["MARTIN PAUL"], timeout=AT_ONCE_MS)
    with page.expect_response("**/worklist/rows"):
        for route, answer in held:
            route.fulfill(response=answer)
    page.unroute("**/worklist/rows")

    expect(worklist.patients()).to_have_text(["MARTIN PAUL"])
    assert held


def test_the_keys_move_acknowledge_claim_put_aside_and_open(night: Night, open_as: OpenAs) -> None:
    martin = run(night.receive(MARTIN))
    run(night.receive(BERNARD))
    page = open_as(night.anna)
    worklist = WorklistScreen(page)
    first, second = worklist.patients().all()

    page.keyboard.press("j")
    expect(first).to_be_focused()
    expect(first).to_have_text("BERNARD LUCIE")
    expect(worklist.row("BERNARD LUCIE")).to_contain_text("seen")  # any key says so
    page.keyboard.press("j")
    expect(second).to_be_focused()
    page.keyboard.press("a")
    expect(worklist.row("MARTIN PAUL")).to_contain_text("seen")
    expect(second).to_be_focused()
    page.keyboard.press("c")
    expect(worklist.row("MARTIN PAUL")).to_contain_text("yours")
    page.keyboard.press("p")
    expect(worklist.row("MARTIN PAUL")).to_contain_text("put aside until")
    page.keyboard.press("r")
    expect(worklist.row("MARTIN PAUL")).not_to_contain_text("put aside until")
    page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('/cases')[0].rstrip('/')}/cases/{martin}")


def test_the_question_mark_shows_the_keys(night: Night, open_as: OpenAs, look_at: LookAt) -> None:
    page = open_as(night.anna)

    page.keyboard.press("?")

    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    look_at(page, "worklist-keys")


def test_the_second_of_two_readers_is_told_who_was_first(night: Night, open_as: OpenAs) -> None:
    case_id = run(night.receive(MARTIN))
    page = open_as(night.bruno, cut_off=True)
    # The page is cut off from the news: it still shows the button.
    page.route("**/worklist/rows", lambda route: route.abort())
    run(night.claim(case_id, night.anna))

    WorklistScreen(page).claim("MARTIN PAUL")

    expect(page.get_by_role("alert").filter(has_text="Taken by")).to_contain_text(
        "Taken by Dr Anna Lindqvist at"
    )


def test_who_was_first_is_told_though_the_row_has_changed_meanwhile(
    night: Night, open_as: OpenAs
) -> None:
    case_id = run(night.receive(MARTIN))
    page = open_as(night.bruno)
    row = WorklistScreen(page).row("MARTIN PAUL")
    claims: list[Route] = []
    page.route("**/claim", lambda route: claims.append(route))  # noqa: PLW0108 - Playwright marks it
    WorklistScreen(page).claim("MARTIN PAUL")

    run(night.claim(case_id, night.anna))
    expect(row).to_contain_text("Being read", timeout=AT_ONCE_MS)
    claims[0].continue_()

    expect(page.get_by_role("alert").filter(has_text="Taken by")).to_be_visible()
    expect(row.get_by_role("button")).to_have_count(0)


def test_a_lost_connection_is_shown_until_it_is_back(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.anna, cut_off=True)
    banner = page.get_by_role("alert").filter(has_text="The live connection is lost")
    expect(banner).to_be_hidden()

    page.context.set_offline(offline=True)
    page.evaluate("htmx.trigger(document.body, 'worklist-changed')")
    expect(banner).to_be_visible()

    page.context.set_offline(offline=False)
    page.evaluate("htmx.trigger(document.body, 'worklist-changed')")
    expect(banner).to_be_hidden()


def test_a_page_that_was_loaded_before_an_update_says_so_and_is_not_loaded_by_itself(
    night: Night, open_as: OpenAs
) -> None:
    page = open_as(night.anna)
    banner = page.get_by_role("alert").filter(has_text="Astreinte was updated")
    page.evaluate("htmx.trigger(document.body, 'worklist-changed')")
    page.wait_for_load_state("networkidle")
    expect(banner).to_be_hidden()

    told: list[str] = []

    def update(route: Route) -> None:
        answer = route.fetch()
        told.append(answer.headers["astreinte-pages"])
        route.fulfill(response=answer, headers=answer.headers | {"astreinte-pages": "another"})

    page.route("**/worklist/rows", update)
    page.evaluate("window.isTheSame = true")
    page.evaluate("htmx.trigger(document.body, 'worklist-changed')")
    expect(banner).to_be_visible()
    assert page.evaluate("window.isTheSame")
    assert set(told) == {page.evaluate("document.documentElement.dataset.pages")}

    page.unroute("**/worklist/rows")
    with page.expect_response("**/worklist/rows"):
        banner.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    expect(banner).to_be_hidden()
    assert not page.evaluate("window.isTheSame")


def test_who_was_signed_out_is_led_to_the_sign_in(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.anna)
    run(night.end_sessions())

    # As the timer does after 20 s; a part that was still to be loaded has led there already.
    with suppress(Error):
        page.evaluate("htmx.trigger(document.body, 'worklist-changed')")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
