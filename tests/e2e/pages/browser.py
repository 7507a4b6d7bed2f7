"""Chromium, and what no page of ours may do: errors on the console, requests to elsewhere."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from tests.house.tree import ROOT

CHROMIUM = shutil.which("chromium")
DESK, LAPTOP, PHONE = (1600, 1000), (1366, 900), (390, 844)
PATIENCE_MS = 60_000
"""For what will come: a page that is slow beside a whole suite has not failed."""
AT_ONCE_MS = 15_000
"""For what the stream brings: without it a page looks again after 20 s, and no sooner."""
SCREENS_VARIABLE = "ASTREINTE_TEST_SCREENS"
AXE = ROOT / "app" / "web" / "static" / "vendor" / "axe.min.js"
_ARGUMENTS = (
    "--no-sandbox",  # the suite may run as root, in a container
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_SOUNDS_AT_ONCE = "--autoplay-policy=no-user-gesture-required"
_SOUNDS_AFTER_A_CLICK = "--autoplay-policy=document-user-activation-required"
# What a browser says of an answer that a test asked for: 401, 409, 422 are no fault of the page.
# "[object Event]" is all that htmx says of a stream that ends because its page is left.
_EXPECTED = re.compile(
    r"(the server responded with a status of|Response Status Error Code) 4\d\d|^\[object Event\]$"
    # A page that was loaded again is kept mute until somebody clicks in it; ours says so.
    r"|^The AudioContext was not allowed to start"
)
_WITHOUT_NETWORK = re.compile(r"net::ERR_|htmx:(afterRequest|sendError|sseError)")


def launch(playwright: Playwright, *, sounds_at_once: bool = True) -> Browser:
    """Start the system's Chromium; who expects something of its pages is patient."""
    expect.set_options(timeout=PATIENCE_MS)
    arguments = [*_ARGUMENTS, _SOUNDS_AT_ONCE if sounds_at_once else _SOUNDS_AFTER_A_CLICK]
    return playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


@contextmanager
def open_browser(*, sounds_at_once: bool = True) -> Iterator[Browser]:
    """Open the system's Chromium, or skip where there is none.

    Parameters
    ----------
    sounds_at_once
        False: a page is mute until somebody clicks in it, as everybody's browser has it.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install --yes chromium")
    if not AXE.exists():
        pytest.skip("axe-core is missing: make setup")
    with sync_playwright() as playwright:
        browser = launch(playwright, sounds_at_once=sounds_at_once)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page did that it must not."""

    origin: str
    cut_off: bool = False
    """Does the test take the network away?"""
    faults: list[str] = field(default_factory=list)

    def note_console(self, message: ConsoleMessage) -> None:
        """Note an error or a warning on the console."""
        if message.type not in {"error", "warning"} or _EXPECTED.search(message.text):
            return
        if self.cut_off and _WITHOUT_NETWORK.search(message.text):
            return
        self.faults.append(f"console {message.type}: {message.text} ({message.location})")

    def note_request(self, request: Request) -> None:
        """Note a request that leaves our origin."""
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.faults.append(f"request to {parts.netloc}")

    def attach(self, page: Page) -> None:
        """Watch a page from now on."""
        page.on("console", self.note_console)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", self.note_request)


@contextmanager
def open_page(
    browser: Browser,
    *,
    origin: str,
    locale: str = "en",
    cut_off: bool = False,
    size: tuple[int, int] = DESK,
) -> Iterator[tuple[Page, Watch]]:
    """Open a page in a profile of its own, watched."""
    context = browser.new_context(
        base_url=origin,
        locale=locale,
        timezone_id="Pacific/Auckland",
        viewport={"width": size[0], "height": size[1]},
    )
    watch = Watch(origin, cut_off)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    watch.attach(page)
    try:
        yield page, watch
    finally:
        context.close()


def take_screen(page: Page, name: str, *, folder: Path) -> None:
    """Keep a picture of the page for a human look."""
    folder = Path(os.environ.get(SCREENS_VARIABLE) or folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Hiding the caret would leave style attributes behind, which our policy then reports.
    page.screenshot(path=folder / f"{name}.png", full_page=True, caret="initial")


def find_barriers(page: Page) -> list[str]:
    """Let axe-core look for what keeps people out (WCAG 2.2 A and AA)."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', "
        "'wcag21aa', 'wcag22aa', 'best-practice']})).violations.map("
        "v => `${v.id}: ${v.help} ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))}`)"
    )
    return [str(each) for each in found]


def find_overflow(page: Page) -> int:
    """Measure by how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
