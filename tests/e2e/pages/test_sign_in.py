"""Signing in and out, with and without a second factor, and in whose language."""

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages.browser import open_page
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.screens import SignInScreen
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night
from tests.factories.directory import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.peer]


def test_a_wrong_password_is_refused_and_the_login_stays(night: Night, visitor: Page) -> None:
    screen = SignInScreen(visitor)
    screen.open()
    screen.fill("anna", "not the password")

    expect(visitor.get_by_role("alert")).to_contain_text("Login, password or code is wrong.")
    expect(visitor.get_by_label("Login")).to_have_value("anna")


def test_a_second_factor_is_enrolled_then_asked_for(
    night: Night, visitor: Page, look_at: LookAt
) -> None:
    run(night.require_second_factor(night.bruno))
    screen = SignInScreen(visitor)
    screen.open()
    screen.fill("bruno", PASSWORD)
    expect(visitor.get_by_role("heading", name="Second factor")).to_be_visible()
    picture = visitor.get_by_role("img", name="Picture to scan")
    assert picture.evaluate("image => image.naturalWidth") > 100
    look_at(visitor, "second-factor")
    secret = visitor.get_by_text("Or type this secret:").locator("span").inner_text()
    codes = pyotp.TOTP(secret)

    visitor.get_by_label("Code").fill(codes.now())
    visitor.get_by_role("button", name="Confirm").click()
    expect(visitor.get_by_role("heading", name="Worklist")).to_be_visible()
    visitor.get_by_role("button", name="Sign out").click()
    screen.fill("bruno", PASSWORD)
    code = visitor.get_by_label("Code of your second factor")
    expect(code).to_be_focused()
    # The code of this moment is used up: the next one is good too.
    code.fill(codes.at(run(night.tell_time()), counter_offset=1))
    visitor.get_by_role("button", name="Sign in").click()

    expect(visitor.get_by_role("heading", name="Worklist")).to_be_visible()


def test_who_is_not_signed_in_comes_back_to_the_page_they_wanted(
    night: Night, visitor: Page
) -> None:
    visitor.goto("/on-call")
    SignInScreen(visitor).fill("anna", PASSWORD)

    expect(visitor.get_by_role("heading", name="On call")).to_be_visible()


def test_an_unknown_case_is_a_page_without_a_word_of_it(night: Night, open_as: OpenAs) -> None:
    page = open_as(night.anna)

    page.goto("/cases/999999")

    expect(page.get_by_role("heading")).to_contain_text("There is no such page for you")


def test_french_is_spoken_to_whom_the_browser_says_so(
    night: Night, browser: Browser, origin: str, look_at: LookAt
) -> None:
    with open_page(browser, origin=origin, locale="fr-FR") as (page, watch):
        page.goto("/")
        expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        look_at(page, "sign-in-fr")
        assert watch.faults == []
