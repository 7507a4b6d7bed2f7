"""Open pages of the worklist: a few real browsers, and many that do what the page's script does."""

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from threading import Event, Thread
from typing import Self
from urllib.parse import urlsplit

import httpx
import uvloop
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from app.kit.clock import read_host_clock
from benchmarks._gcs import Gcs
from benchmarks._screen_seen import Seen, find_seen
from benchmarks._screen_streams import Ears, Heard, Stream, find_own

_OPENED_WITHIN_S = 120.0
_GLANCE_S = 0.2
_LONG_GLANCE_S = 1.0
_WATCH = """
() => {
  const shown = globalThis.shown = {};
  const note = (row) => {
    if (row.dataset.forMe !== "yes") return;
    shown[row.querySelector("a.open").textContent.trim().slice(-6)] ??= Date.now() / 1000;
  };
  const rows = document.getElementById("rows");
  rows.querySelectorAll("tr.row").forEach(note);
  new MutationObserver((changes) => changes.forEach(({ target, addedNodes }) => {
    if (target.matches("tr.row")) note(target);
    addedNodes.forEach((node) => {
      if (node.nodeName === "TR") note(node);
      else if (node.childElementCount > 0) node.querySelectorAll("tr.row").forEach(note);
    });
  })).observe(
    rows, {childList: true, subtree: true, attributes: true, attributeFilter: ["data-for-me"]});
}
"""


def read_wall_s() -> float:
    """Read the wall clock in seconds: the browser has no other one that we could read as well."""
    return read_host_clock().timestamp()


class Pages:
    """Pages of the worklist, their readers in turn; they are open for the length of the block."""

    def __init__(self, gcs: Gcs, *, logins: Sequence[str], count: int, browsers: int) -> None:
        self._url = gcs.platform.url
        self._cookies = [_sign_in(gcs, login) for login in logins]
        self._browsers = browsers if shutil.which("chromium") else 0
        turns = range(count - self._browsers)
        self._fetching = _Fetching(self._url, [self._cookies[n % len(logins)] for n in turns])
        self._readers = [logins[n % len(logins)] for n in (*turns, *range(self._browsers))]
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._real: list[Page] = []

    def __len__(self) -> int:
        """Give how many are open."""
        return len(self._readers)

    def __enter__(self) -> Self:
        """Open them, the real ones last."""
        self._fetching.open()
        if self._browsers:
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
            )
            for number in range(self._browsers):
                self._real.append(self._open_real(self._browser, number))
        return self

    def _open_real(self, browser: Browser, number: int) -> Page:
        cookies = self._cookies[number % len(self._cookies)]
        context = browser.new_context()
        context.add_cookies(
            [{"name": name, "value": value, "url": self._url} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.goto(self._url)
        page.evaluate(_WATCH)
        return page

    def __exit__(self, *_: object) -> None:
        """Close them."""
        if self._browser is not None and self._playwright is not None:
            self._browser.close()
            self._playwright.stop()
        self._fetching.close()

    def wait_for(
        self,
        sent_at: Mapping[str, float],
        *,
        map_asked: Callable[[], Mapping[str, frozenset[str]]],
        within_s: float,
    ) -> Seen:
        """Wait until each study stands on every page of those who were asked first.

        Parameters
        ----------
        map_asked
            Maps studies to those who were asked first, by login: only their pages count. It is
            asked once, when each study stands somewhere: the database is what is measured.
        """
        until_s = read_wall_s() + within_s
        while sent_at.keys() - self._fetching.shown.keys() and read_wall_s() < until_s:
            time.sleep(_GLANCE_S)
        asked = map_asked()
        while True:
            seen = find_seen(
                sent_at,
                shown=self._read_shown(),
                asked=asked,
                readers=self._readers,
                browsers=self._browsers,
            )
            if seen.is_complete or read_wall_s() >= until_s:
                return seen
            time.sleep(_LONG_GLANCE_S)

    def _read_shown(self) -> dict[str, dict[int, float]]:
        # The thread of the pages goes on writing: what it has is copied as it is now.
        shown = {name: dict(pages) for name, pages in list(self._fetching.shown.items())}
        for number, page in enumerate(self._real, start=len(self._readers) - self._browsers):
            for name, at in page.evaluate("globalThis.shown").items():
                shown.setdefault(name, {})[number] = at
        return shown


def _sign_in(gcs: Gcs, login: str) -> dict[str, str]:
    credentials = {"login": login, "password": gcs.password, "credential": "cookie"}
    answer = httpx.post(f"{gcs.platform.url}/api/v1/session", json=credentials, timeout=60)
    return dict(answer.raise_for_status().cookies)


class _Fetching:
    """Pages without a browser, all on one event loop in a thread of their own."""

    def __init__(self, url: str, cookies: Sequence[Mapping[str, str]]) -> None:
        self.shown: defaultdict[str, dict[int, float]] = defaultdict(dict)
        """By study: when each page of a nominee had its row first."""
        self._url = url
        self._host, self._port = str(urlsplit(url).hostname), urlsplit(url).port or 80
        self._cookies = cookies
        self._open = 0
        self._all_open, self._stop = Event(), Event()
        self._failed: list[BaseException] = []
        self._thread = Thread(target=self._run, name="pages", daemon=True)

    def open(self) -> None:
        """Open all streams."""
        self._thread.start()
        if not self._all_open.wait(_OPENED_WITHIN_S) or self._failed:
            raise AssertionError(f"only {self._open} of {len(self._cookies)} pages opened")

    def close(self) -> None:
        """Leave them, and raise what went wrong with one of them meanwhile."""
        self._stop.set()
        self._thread.join()
        if self._failed:
            raise self._failed[0]

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._stay())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failed.append(error)
        self._all_open.set()
        self._stop.set()

    async def _stay(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=self._url, limits=limits, timeout=60.0) as client:
            streams = [
                await self._make_stream(client, number, cookies).connect(self._host, self._port)
                for number, cookies in enumerate(self._cookies)
            ]
            await asyncio.to_thread(self._stop.wait)
            for each in streams:
                each.abort()

    def _make_stream(
        self, client: httpx.AsyncClient, number: int, cookies: Mapping[str, str]
    ) -> Stream:
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        looking = _Looking(client, cookie, note=partial(self._note, number), fail=self._fail)

        def take(heard: Heard) -> None:
            self._note(number, heard.own)
            if heard.asks_to_look:
                looking.ask()

        headers = {"Host": f"{self._host}:{self._port}", "Cookie": cookie}
        ears = Ears(on_open=self._note_open, on_heard=take, on_lost=self._note_lost)
        return Stream("/worklist/events", headers=headers, ears=ears)

    def _note_open(self) -> None:
        self._open += 1
        if self._open == len(self._cookies):
            self._all_open.set()

    def _note_lost(self, error: Exception | None) -> None:
        if not self._stop.is_set():
            self._fail(error or ConnectionError("the stream of a page has ended"))

    def _note(self, number: int, own: Iterable[str]) -> None:
        now_s = read_wall_s()
        for name in own:
            self.shown[name].setdefault(number, now_s)


class _Looking:
    """Fetches all rows of a page; what comes meanwhile is fetched once after it, as pages do."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        cookie: str,
        *,
        note: Callable[[frozenset[str]], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        self._client = client
        self._headers = {"Cookie": cookie, "HX-Request": "true"}
        self._note = note
        self._fail = fail
        self._task: asyncio.Task[None] | None = None
        self._is_asked = False

    def ask(self) -> None:
        """Look now, or once more after the look that is under way."""
        self._is_asked = True
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        try:
            while self._is_asked:
                self._is_asked = False
                answer = await self._client.get("/worklist/rows", headers=self._headers)
                self._note(find_own(answer.raise_for_status().text))
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits
            self._fail(error)
        finally:
            self._task = None
