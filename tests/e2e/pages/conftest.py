"""A night on guard, served to a browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.pages.browser import (
    DESK,
    find_barriers,
    open_browser,
    open_page,
    take_screen,
)
from tests.e2e.pages.screens import SignInScreen
from tests.e2e.pages.server import run, serve
from tests.e2e.pages.story import Night, Person, begin_night
from tests.factories.directory import PASSWORD


class OpenAs(Protocol):
    """Opens a page of its own for somebody, signed in."""

    def __call__(
        self, person: Person, *, cut_off: bool = False, size: tuple[int, int] = DESK
    ) -> Page:
        """Open it; `cut_off` says that the test takes the network away."""
        ...


LookAt = Callable[[Page, str], None]
"""Keeps a picture of a page, and refuses barriers on it."""


# Playwright's loop runs in this thread for as long as it lives, and no test with a loop of its own
# can run meanwhile: it must end with the module, before tests from elsewhere come.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def night(database_url: str) -> Night:
    return run(begin_night(database_url))


@pytest.fixture
def origin(night: Night, tmp_path: Path) -> Iterator[str]:
    with serve(night.url, folder=tmp_path / "data") as origin:
        yield origin


@pytest.fixture
def visitor(browser: Browser, origin: str) -> Iterator[Page]:
    """Give a page of somebody who is not signed in; its faults fail the test."""
    with open_page(browser, origin=origin) as (page, watch):
        yield page
        faults = list(watch.faults)
    assert faults == []


@pytest.fixture
def open_as(browser: Browser, origin: str) -> Iterator[OpenAs]:
    """Give what opens pages; their faults fail the test."""
    watches = []
    with ExitStack() as stack:

        def sign_in(person: Person, *, cut_off: bool = False, size: tuple[int, int] = DESK) -> Page:
            opened = open_page(browser, origin=origin, cut_off=cut_off, size=size)
            page, watch = stack.enter_context(opened)
            watches.append(watch)
            SignInScreen(page).sign_in(person.login, PASSWORD, landing=person.landing)
            return page

        yield sign_in
        faults = [fault for watch in watches for fault in watch.faults]
    assert faults == []


@pytest.fixture
def look_at(tmp_path: Path) -> LookAt:
    def look(page: Page, name: str) -> None:
        take_screen(page, name, folder=tmp_path)
        assert find_barriers(page) == []

    return look
