"""The whole of it: modality, three processes, a radiologist's browser, the hospital's node."""

import json
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree, which

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from pydicom import dcmread
from pydicom.uid import BasicTextSRStorage, EncapsulatedPDFStorage

from app.demo.credentials import read_or_draw
from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.users import COORDINATOR
from app.demo.play.api import Api
from tests.e2e.pages.browser import CHROMIUM, launch
from tests.e2e.test_demo import check_nothing_is_left, running_demo

pytestmark = pytest.mark.e2e

PATIENCE_S = 240
APPEARS_MS = 15_000
"""Below the 20 s after which the page would look by itself."""
CONCLUSION = "Pas d'hémorragie visible (relu dans un navigateur)."


@dataclass(frozen=True, slots=True)
class Demo:
    """The platform with its peers, as `make demo` leaves them."""

    data_dir: Path
    invitation: str

    @property
    def url(self) -> str:
        addresses = json.loads((self.data_dir / "up.json").read_text(encoding="utf-8"))
        return f"http://{addresses['http']}"

    @property
    def push(self) -> list[str]:
        """The command that pushes one more study, as it was printed."""
        lines = (line.strip() for line in self.invitation.splitlines())
        return shlex.split(next(line for line in lines if line.startswith("dcmsend ")))

    def find_reader(self) -> tuple[str, str]:
        """Find the login of who is on guard, and the password of all."""
        password = read_or_draw(self.data_dir / "demo").password
        signed_in = Api.sign_in(self.url, login=COORDINATOR.login, password=password)
        with closing(signed_in) as api:
            reader_id = api.get("/api/v1/on-call")["first_line"][0]["reader"]["radiologist_id"]
            rpps = api.get(f"/api/v1/radiologists/{reader_id}")["rpps"]
        return next(each.login for each in RADIOLOGISTS if each.rpps == rpps), password

    def wait_for_report(self, study_instance_uid: str) -> dict[str, str]:
        """Wait until the hospital's node holds two documents of a study: class to JSON."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            held = [dcmread(path) for path in (self.data_dir / "peers" / "hospital").glob("*.dcm")]
            of_study = [each for each in held if each.StudyInstanceUID == study_instance_uid]
            if len(of_study) > 1:
                return {str(each.SOPClassUID): each.to_json() for each in of_study}
            time.sleep(0.5)
        pytest.fail("the hospital's node did not receive the report")


def invite(data_dir: Path, *, stack: ExitStack) -> "tuple[subprocess.Popen[str], str]":
    """Start a demo, and read its invitation; empty when it ended before."""
    process = stack.enter_context(running_demo(data_dir))
    assert process.stdout is not None
    written = []
    for line in process.stdout:
        written.append(line)
        if "Ctrl-C" in line:
            return process, "".join(written)
    process.wait(PATIENCE_S)
    return process, ""


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """Give a demo that stays up; Ctrl-C ends it, and it leaves nothing."""
    folder = Path(tempfile.mkdtemp(prefix="astreinte-e2e-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        process, invitation = invite(folder / "var", stack=stack)
        if not invitation:
            # A demo gives up on a step that takes too long, as beside a whole suite; the next one
            # goes on where it stood.
            process, invitation = invite(folder / "var", stack=stack)
        assert invitation, process.communicate(timeout=PATIENCE_S)
        yield Demo(folder / "var", invitation)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, complaints
    check_nothing_is_left(folder / "var")
    rmtree(folder)


@contextmanager
def signed_in(demo: Demo) -> Iterator[Page]:
    login, password = demo.find_reader()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(base_url=demo.url)
        page.goto("/sign-in")
        page.locator("input[name=login]").fill(login)
        page.locator("input[name=password]").fill(password)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(f"{demo.url}/")
        page.wait_for_load_state("load")
        yield page
        browser.close()


def test_a_demo_stays_up_and_invites(demo: Demo) -> None:
    assert "http://127.0.0.1:" in demo.invitation
    assert "dcmsend -aet" in demo.invitation
    assert "coordination" in demo.invitation
    assert "urgences.vallon" in demo.invitation
    assert "on guard now" in demo.invitation


@pytest.mark.peer
@pytest.mark.skipif(CHROMIUM is None, reason="apt-get install chromium")
@pytest.mark.skipif(which("dcmsend") is None, reason="apt-get install dcmtk")
def test_a_pushed_study_is_read_in_a_browser_and_its_report_is_at_the_hospital(demo: Demo) -> None:
    image = dcmread(next(Path(demo.push[-1]).rglob("*.dcm")), stop_before_pixels=True)
    with signed_in(demo) as page:
        known = {row.get_attribute("data-case") for row in page.locator("tr[data-case]").all()}
        page.evaluate("window.stillHere = true")

        subprocess.run(demo.push, check=True, timeout=PATIENCE_S, capture_output=True)

        fresh = page.locator(
            "tr[data-case]" + "".join(f':not([data-case="{case_id}"])' for case_id in known)
        )
        expect(fresh).to_have_count(1, timeout=APPEARS_MS)
        expect(fresh).to_contain_text(str(image.PatientName.family_name))
        assert page.evaluate("window.stillHere") is True
        fresh.locator('button[data-key="c"]').click()
        expect(fresh).to_have_class("row reader")

        fresh.locator("a.open").click()
        page.locator("textarea[name=conclusion]").fill(CONCLUSION)
        expect(page.locator("#base")).not_to_have_value("0")
        page.locator('[hx-post$="/report/review"]').click()
        dialog = page.locator("dialog[data-show]")
        expect(dialog).to_contain_text(str(image.PatientName.family_name))
        dialog.locator("button.main").click()
        expect(page.locator("#version-1")).to_be_visible()

        report = demo.wait_for_report(str(image.StudyInstanceUID))

    assert set(report) == {BasicTextSRStorage, EncapsulatedPDFStorage}
    assert "navigateur" in report[BasicTextSRStorage]
