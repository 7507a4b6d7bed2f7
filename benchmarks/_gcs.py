"""The whole platform on a folder of its own: three processes, and the demo's directory."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from app.demo.planning import publish_planning
from app.demo.platform import Platform, running_platform
from app.demo.play.api import Api
from app.demo.seeding.seed import Nodes, seed_database
from app.kit.clock import read_host_clock
from app.kit.ids import draw_token
from app.settings import Settings, read_settings
from benchmarks._folders import only_settings

_ANY_PORT = "127.0.0.1:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gcs:
    """A platform that runs."""

    platform: Platform
    settings: Settings
    password: str

    def sign_in(self, login: str) -> Api:
        """Sign in as somebody of the demo."""
        return Api.sign_in(self.platform.url, login=login, password=self.password)

    def enter_directory(self, nodes: Nodes) -> None:
        """Enter the demo's directory with these nodes, and publish the guards."""
        zone = self.settings.zone
        url = self.platform.database_url
        asyncio.run(seed_database(url, nodes=nodes, password=self.password, zone=zone))
        now = read_host_clock().astimezone(ZoneInfo(zone))
        publish_planning(self.platform, planned_until=None, now=now, zone=zone)


@contextmanager
def running_gcs(folder: Path) -> Iterator[Gcs]:
    """Start the platform as `astreinte up` does, on free ports; its directory is still empty."""
    logging.getLogger("pynetdicom").addHandler(logging.NullHandler())
    logging.getLogger("pynetdicom").propagate = False
    binds = {"HTTP_BIND": _ANY_PORT, "DICOM_BIND": _ANY_PORT, "LOG_FORMAT": "json"}
    with ExitStack() as stack:
        stack.enter_context(only_settings(binds))
        settings = read_settings().model_copy(update={"data_dir": folder / "var"})
        platform = stack.enter_context(running_platform(settings, log=folder / "platform.log"))
        yield Gcs(platform=platform, settings=settings, password=draw_token())
