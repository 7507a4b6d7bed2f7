"""The whole demo: set up, play the main job, stay up."""

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from zoneinfo import ZoneInfo

from rich.console import Console

from app.demo.credentials import Credentials, read_or_draw
from app.demo.ending import print_ending, print_invitation
from app.demo.images.samples import Sample, lay_down_samples
from app.demo.peers.node import ReceivingNode
from app.demo.planning import publish_planning
from app.demo.platform import running_platform
from app.demo.play.api import StepMissed
from app.demo.play.narrator import Narrator
from app.demo.play.stage import Stage
from app.demo.play.story import Ending, fill_worklist, play
from app.demo.second_factor import enrol_second_factor
from app.demo.seeding.seed import Nodes, seed_database
from app.kit.clock import read_host_clock
from app.settings import Settings

_HOSPITAL, _CENTRE = "HOSPITAL_PACS", "CENTRE_PACS"


class Interrupted(BaseException):
    """Somebody asked us to stop."""


@dataclass(frozen=True, slots=True)
class _Scenery:
    stage: Stage
    credentials: Credentials
    samples: tuple[Sample, ...]


def run_demo(settings: Settings, *, once: bool, console: Console) -> None:
    """Play the demo; returns when it was played (`once`), or when a signal ends it afterwards.

    Call it from the main thread.

    Raises
    ------
    Interrupted
        If a signal came before the main job was done.
    Unavailable
        If something does not start, or a step of the main job is not seen.
    """
    # The peers' library tells of every association; what matters of them is checked.
    logging.getLogger("pynetdicom").addHandler(logging.NullHandler())
    logging.getLogger("pynetdicom").propagate = False
    settings = settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
    narrator = Narrator(console)
    done = False
    try:
        with _signals_raise(), ExitStack() as stack:
            scenery = _set_up(settings, narrator=narrator, stack=stack)
            ending = _play(scenery.stage, narrator=narrator)
            print_ending(console, ending=ending, stage=scenery.stage)
            done = True
            if not once:
                print_invitation(
                    console,
                    ending=ending,
                    stage=scenery.stage,
                    credentials=scenery.credentials,
                    samples=scenery.samples,
                )
                scenery.stage.platform.watch()
    except Interrupted:
        if not done:
            raise


def _play(stage: Stage, *, narrator: Narrator) -> Ending:
    try:
        fill_worklist(stage, narrator=narrator)
        return play(stage, narrator=narrator)
    except StepMissed as error:
        msg = f"{error.message}; what the platform says of it is in {stage.platform.log}"
        raise StepMissed(msg) from error


def _set_up(settings: Settings, *, narrator: Narrator, stack: ExitStack) -> _Scenery:
    folder = settings.data_dir / "demo"
    with narrator.step("PostgreSQL, gateway, scheduler and web start"):
        platform = stack.enter_context(running_platform(settings, log=folder / "platform.log"))
    with narrator.step("the nodes of the hospitals and of the centres start"):
        hospital = _start_node(settings, "hospital", title=_HOSPITAL, stack=stack)
        centre = _start_node(settings, "centre", title=_CENTRE, stack=stack)
    credentials = read_or_draw(folder)
    now = _read_local_clock(settings)
    with narrator.step("11 societies, 15 hospitals and 60 radiologists are entered"):
        nodes = Nodes(hospital_port=hospital.port, centre_port=centre.port)
        seeding = seed_database(
            platform.database_url,
            nodes=nodes,
            password=credentials.password,
            zone=settings.zone,
        )
        planned_until = asyncio.run(seeding)
        credentials = enrol_second_factor(platform.url, credentials=credentials, folder=folder)
    with narrator.step("the planning of four weeks is generated and published"):
        publish_planning(platform, planned_until=planned_until, now=now, zone=settings.zone)
    with narrator.step("sample studies are laid down"):
        samples = lay_down_samples(folder / "samples", acquired_at=now)
    stage = Stage(
        platform=platform,
        called_ae_title=settings.ae_title,
        password=credentials.password,
        hospital=hospital,
        centre=centre,
        acquired_at=now,
    )
    return _Scenery(stage, credentials, samples)


def _start_node(settings: Settings, name: str, *, title: str, stack: ExitStack) -> ReceivingNode:
    folder = settings.data_dir / "peers" / name
    return stack.enter_context(ReceivingNode(ae_title=title, folder=folder))


def _read_local_clock(settings: Settings) -> datetime:
    # What stands on the images is the hospital's wall clock.
    return read_host_clock().astimezone(ZoneInfo(settings.zone))


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Turn the first signal into `Interrupted`; further ones are ignored, the stop is bounded."""
    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for each in caught:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(signal.Signals(number).name)

    before = {each: signal.signal(each, interrupt) for each in caught}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
