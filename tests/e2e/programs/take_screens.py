"""Take the pictures of docs/screens, from a demo that stays up.

    make demo                                              # in one terminal
    python -m tests.e2e.programs.take_screens var          # in another

What a page needs to be worth a look (a claimed case, a draft) is done over the API first.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from app.demo.credentials import read_or_draw
from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.users import ADMIN, COORDINATOR
from app.demo.images.exams import MAIN
from app.demo.play.api import Api
from app.demo.play.orders import login_of
from tests.e2e.pages.browser import LAPTOP, PHONE, launch
from tests.house.tree import ROOT

FOLDER = ROOT / "docs" / "screens"
DRAFT = {
    "indication": "Céphalée brutale, maximale d'emblée.",
    "technique": "Acquisition hélicoïdale de l'encéphale sans injection.",
    "findings": (
        "Pas d'hyperdensité spontanée sous-arachnoïdienne. Ventricules fins, ligne médiane en"
        " place. Pas de lésion osseuse."
    ),
    "conclusion": "Pas d'hémorragie méningée visible. Angioscanner à discuter.",
}
_WORD = "CEPHALEE"
"""Of the description of the exam that the draft is about."""
_SIZE: ViewportSize = {"width": 1440, "height": 900}
_LAPTOP: ViewportSize = {"width": LAPTOP[0], "height": LAPTOP[1]}
_PHONE: ViewportSize = {"width": PHONE[0], "height": PHONE[1]}


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is on guard, and what they have on their hands."""

    url: str
    password: str
    login: str
    reading: int
    """A case that they are writing the report of."""
    delivered: int
    """The case whose report has reached its hospital."""
    awaiting: int
    """A case of a validated request, without any image."""
    undecided: int
    """A request that a radiologist is to decide."""


def set_scene(data_dir: Path) -> Scene:
    """Find who is on guard, let them claim a case and begin its report."""
    addresses = json.loads((data_dir / "up.json").read_text(encoding="utf-8"))
    url = f"http://{addresses['http']}"
    password = read_or_draw(data_dir / "demo").password
    coordinator = Api.sign_in(url, login=COORDINATOR.login, password=password)
    reader_id = coordinator.get("/api/v1/on-call")["first_line"][0]["reader"]["radiologist_id"]
    rpps = coordinator.get(f"/api/v1/radiologists/{reader_id}")["rpps"]
    login = next(each.login for each in RADIOLOGISTS if each.rpps == rpps)
    deliveries = coordinator.get("/api/v1/deliveries", limit=200)
    delivered = max(each["case_id"] for each in deliveries if each["kind"] == "report")
    reader = Api.sign_in(url, login=login, password=password)
    reading = claim_one(reader, reader_id)
    rows = coordinator.get("/api/v1/worklist")["to_read"]
    undecided = coordinator.get("/api/v1/requests", state="requested", limit=200)["items"]
    return Scene(
        url=url,
        password=password,
        login=login,
        reading=reading,
        delivered=delivered,
        awaiting=next(row["case_id"] for row in rows if row["first_image_at"] is None),
        undecided=undecided[0]["request_id"],
    )


def claim_one(reader: Api, reader_id: int) -> int:
    """Claim a case that the draft is about, unless one is being read already."""
    rows = reader.get("/api/v1/worklist")["to_read"]
    fitting = [row for row in rows if _WORD in row["description"]]
    own = [row for row in fitting if row["reader_id"] == reader_id]
    if own:
        return int(own[0]["case_id"])
    case_id = int(next(row["case_id"] for row in fitting if row["reader_id"] is None))
    reader.post(f"/api/v1/cases/{case_id}/claim")
    reader.put(f"/api/v1/cases/{case_id}/report", {**DRAFT, "draft_number": 0})
    return case_id


@contextmanager
def signed_in(
    browser: Browser, scene: Scene, *, login: str, size: ViewportSize = _SIZE
) -> Iterator[Page]:
    """Give a page on which somebody has signed in."""
    context = browser.new_context(
        base_url=scene.url, locale="fr-FR", timezone_id="Europe/Paris", viewport=size
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(scene.password)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    yield page
    context.close()


def take(page: Page, name: str, *, path: str | None = None, whole: bool = False) -> None:
    """Take the picture of a page; it never falls quiet, its event stream stays open."""
    if path is not None:
        page.goto(path)
    page.wait_for_load_state("load")
    page.wait_for_timeout(700)
    page.screenshot(path=FOLDER / f"{name}.png", full_page=whole)


def take_all(browser: Browser, scene: Scene) -> None:
    """Take every picture."""
    visitor = browser.new_page(base_url=scene.url, locale="fr-FR", viewport=_SIZE)
    take(visitor, "sign-in", path="/sign-in")
    visitor.close()
    with signed_in(browser, scene, login=scene.login) as page:
        take(page, "worklist")
        take(page, "case-reading", path=f"/cases/{scene.reading}", whole=True)
        page.locator("[data-dialog=sign], button:has-text('Signer')").first.click()
        take(page, "case-sign")
        take(page, "case-delivered", path=f"/cases/{scene.delivered}", whole=True)
        take(page, "case-awaits-images", path=f"/cases/{scene.awaiting}", whole=True)
        take(page, "request-decision", path=f"/requests/{scene.undecided}", whole=True)
        take(page, "second-factor", path="/second-factor", whole=True)
    with signed_in(browser, scene, login=COORDINATOR.login) as page:
        take(page, "on-call", path="/on-call")
        take(page, "turnaround", path="/turnaround")
        take(page, "deliveries", path="/deliveries")
        take(page, "tasks", path="/tasks")
        take(page, "no-case", path="/no-case")
        take(page, "disk", path="/disk")
    with signed_in(browser, scene, login=ADMIN.login) as page:
        take(page, "settings", path="/settings", whole=True)
        take(page, "associations", path="/settings/associations")
        page.locator(".log .actions a").first.click()
        take(page, "association", whole=True)
        take(page, "senders", path="/settings/senders")
        page.locator("h2 a[href^='/settings/senders/']").first.click()
        take(page, "sender", whole=True)


def take_hospital(browser: Browser, scene: Scene) -> None:
    """Take the pictures of what a hospital sees, at a desk and on a telephone."""
    login = login_of(MAIN.site_data)
    with signed_in(browser, scene, login=login, size=_LAPTOP) as page:
        take(page, "hospital", path="/hospital", whole=True)
        take(page, "request-form", path="/requests/new", whole=True)
    with signed_in(browser, scene, login=login, size=_PHONE) as page:
        take(page, "hospital-phone", path="/hospital", whole=True)
        take(page, "request-form-phone", path="/requests/new", whole=True)
    with signed_in(browser, scene, login=scene.login, size=_PHONE) as page:
        take(page, "worklist-phone", path="/")


def main() -> None:
    """Take the pictures of the demo that runs on a data folder."""
    scene = set_scene(Path(sys.argv[1]))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        take_all(browser, scene)
        take_hospital(browser, scene)
        browser.close()


if __name__ == "__main__":
    main()
