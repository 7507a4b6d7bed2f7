"""kill -9 of the scheduler and of the web in the middle of their work: nothing is forgotten."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    BasicTextSRStorage,
    EncapsulatedPDFStorage,
)
from sqlalchemy import update

from app import pipeline
from app.cases.repository import get_case
from app.delivery.models import Delivery
from app.demo.platform import Platform, running_platform
from app.demo.play.api import wait_for
from app.directory.models import Endpoint
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.settings import read_settings
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Exam, Night, begin_night, open_unit
from tests.factories.directory import PASSWORD

pytestmark = pytest.mark.e2e

MARTIN = Exam("MARTIN^PAUL", "Scanner cérébral")


class Hospital:
    """A node that stalls in the middle of the first object it is sent."""

    def __init__(self) -> None:
        self.stalls = Event()
        self.may_answer = Event()
        self.received: dict[str, set[bytes]] = {}

    def keep(self, event: evt.Event) -> int:
        """Keep an object, but answer only when the test lets it."""
        self.stalls.set()
        self.may_answer.wait(60)
        uid = str(event.dataset.SOPInstanceUID)
        sent = event.encoded_dataset(include_meta=False)
        self.received.setdefault(uid, set()).add(sent)
        return 0x0000


@contextmanager
def listening(hospital: Hospital) -> Iterator[int]:
    entity = AE(ae_title="NODE")
    for each in (BasicTextSRStorage, EncapsulatedPDFStorage):
        entity.add_supported_context(each)
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, hospital.keep)]
    )
    assert server is not None
    try:
        yield server.server_address[1]
    finally:
        hospital.may_answer.set()
        server.shutdown()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("survive")
    settings = read_settings({"ASTREINTE_DATA_DIR": str(folder / "data")})
    with running_platform(settings, log=folder / "platform.log") as platform:
        yield platform


@pytest.fixture(scope="module")
def night(platform: Platform) -> Night:
    return run(begin_night(platform.database_url))


def find_process(platform: Platform, name: str) -> int | None:
    """Find the process of that name among the children of the platform."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError, ValueError):
            continue
        if parent == platform.process.pid and name.encode() in command:
            return int(status.parent.name)
    return None


def kill(platform: Platform, name: str, *, meanwhile: Callable[[], None] | None = None) -> None:
    """Kill a process as a power cut would, and wait until another has taken its place.

    What is done meanwhile is done before another one looks.
    """
    killed = find_process(platform, name)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    if meanwhile is not None:
        meanwhile()
    wait_for(
        f"another {name}",
        lambda: find_process(platform, name) not in {None, killed} or None,
        within_s=30,
    )


async def sign_tonight(night: Night, *, port: int) -> int:
    """Let a case arrive, be read and signed; its report goes to the hospital's node."""
    async with open_unit(night.url) as (session, _):
        own = Endpoint.id == night.stage.site.endpoint_id
        await session.execute(update(Endpoint).where(own).values(port=port))
    case_id = await night.receive(MARTIN)
    await night.claim(case_id, night.anna)
    async with open_unit(night.url) as (session, now):
        draft = await reports.save_draft(
            session,
            case_id=case_id,
            base=0,
            chapters=Chapters(findings="Normal.", conclusion="Normal."),
            actor=night.anna.actor,
            now=now,
        )
        await pipeline.sign_report(
            session,
            case_id,
            base=draft.draft_number,
            instance_count=MARTIN.images,
            actor=night.anna.actor,
            now=now,
        )
    return case_id


async def let_claim_run_out(night: Night) -> None:
    """Let most of the minute pass that the claim of a killed scheduler lasts."""
    async with open_unit(night.url) as (session, now):
        claims = update(Delivery).where(Delivery.state == "sending")
        ends = await session.scalars(
            claims.values(claimed_until=now + timedelta(seconds=5)).returning(Delivery.token)
        )
        assert len(ends.all()) == 1


async def read_state(night: Night, case_id: int) -> str:
    async with open_unit(night.url) as (session, _):
        return (await get_case(session, case_id)).state


def test_a_report_that_was_being_sent_when_the_scheduler_was_killed_arrives_all_the_same(
    platform: Platform, night: Night
) -> None:
    hospital = Hospital()
    with listening(hospital) as port:
        case_id = run(sign_tonight(night, port=port))
        assert hospital.stalls.wait(30), "the scheduler sends"

        kill(platform, "scheduler", meanwhile=lambda: run(let_claim_run_out(night)))
        hospital.may_answer.set()

        # The killed one's claim runs out; then the new one takes it.
        wait_for(
            "the delivery",
            lambda: run(read_state(night, case_id)) == "delivered" or None,
            within_s=120,
        )
    assert len(hospital.received) == 2
    assert all(len(bytes_sent) == 1 for bytes_sent in hospital.received.values()), (
        "what was sent twice was the same object"
    )


def test_a_case_that_came_while_the_web_was_killed_is_on_the_worklist_after_it(
    platform: Platform, night: Night
) -> None:
    credentials = {"login": night.anna.login, "password": PASSWORD, "credential": "token"}
    with httpx.Client(base_url=platform.url, timeout=10) as client:
        token = client.post("/api/v1/session", json=credentials).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        with client.stream("GET", "/api/v1/worklist/events") as stream:
            assert next(stream.iter_lines())

            kill(platform, "web")
            case_id = run(night.receive(MARTIN))

        def look() -> list[int] | None:
            try:
                answer = client.get("/api/v1/worklist")
            except httpx.TransportError:
                return None
            if answer.status_code != httpx.codes.OK:
                return None
            return [row["case_id"] for row in answer.json()["to_read"]]

        assert case_id in wait_for("the worklist", look, within_s=60)
