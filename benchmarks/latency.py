"""First image of a P1 until its case stands, nominated, on the worklist: p99 at most 0.5 s.

One study of one slice a second, beside the three real processes. It begins when the modality hands
over the image on an open association, and ends when somebody who follows the stream of the
worklist has fetched the row with its nominees. What the browser then does to show the row is not
in it; it comes with the program that opens 200 pages.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydicom import Dataset

from app.cases.domain.states import CaseState
from app.demo.gcs.users import COORDINATOR
from app.demo.peers.node import ReceivingNode
from app.demo.play.api import Api, wait_for
from app.demo.seeding.seed import Nodes
from app.kit.clock import read_host_clock, read_monotonic_s
from benchmarks._figures import Figures, Limit, find_p99, read_own_version
from benchmarks._folders import make_bench_folder
from benchmarks._gcs import Gcs, running_gcs
from benchmarks._studies import SmallStudy, make_study, send_urgent

_STUDIES = 60
_WARM_UP = 5
_PERIOD_S = 1.0
_BAR_S = 0.5
_ALL_SEEN_WITHIN_S = 30.0
_LONGEST_SILENCE_S = 60.0


def main(*, json: Path | None) -> int:
    """Send the studies, watch the worklist, and compare the instants."""
    acquired_at = read_host_clock()
    studies = [
        make_study(number, slices=1, acquired_at=acquired_at)
        for number in range(_STUDIES + _WARM_UP)
    ]
    figures = Figures(f"first image of a P1 to its row: {_STUDIES} studies, one a second")
    figures.versions = {"astreinte": read_own_version()}
    with ExitStack() as stack:
        folder = stack.enter_context(make_bench_folder())
        gcs = stack.enter_context(running_gcs(folder))
        _enter_directory(gcs, folder=folder, stack=stack)
        watcher = stack.enter_context(closing(_Watcher(gcs)))
        sent_at = _send_all(studies, gcs=gcs)
        counted = [study.name for study in studies[_WARM_UP:]]
        wait_for(
            "the nominated row of every study",
            lambda: watcher.seen_at.keys() >= set(counted) or None,
            within_s=_ALL_SEEN_WITHIN_S,
        )
        figures.seconds["row seen"] = [watcher.seen_at[each] - sent_at[each] for each in counted]
        with closing(gcs.sign_in(COORDINATOR.login)) as api:
            figures.seconds["nominated"] = [
                _read_nomination_s(api, watcher.case_ids[each]) for each in counted
            ]
    slowest = find_p99(figures.seconds["row seen"])
    return figures.report([], limits=[Limit("p99 of row seen", slowest, _BAR_S)], json_file=json)


def _enter_directory(gcs: Gcs, *, folder: Path, stack: ExitStack) -> None:
    hospital, centre = (
        stack.enter_context(ReceivingNode(ae_title=f"{name.upper()}_PACS", folder=folder / name))
        for name in ("hospital", "centre")
    )
    gcs.enter_directory(Nodes(hospital_port=hospital.port, centre_port=centre.port))


class _Watcher:
    """Somebody who follows the stream, and fetches the worklist whenever it changed."""

    def __init__(self, gcs: Gcs) -> None:
        self.seen_at: dict[str, float] = {}
        self.case_ids: dict[str, int] = {}
        self._client = httpx.Client(base_url=gcs.platform.url, timeout=_LONGEST_SILENCE_S)
        credentials = {"login": COORDINATOR.login, "password": gcs.password, "credential": "token"}
        token = self._client.post("/api/v1/session", json=credentials).json()["token"]
        self._client.headers["Authorization"] = f"Bearer {token}"
        self._opened, self._closed = threading.Event(), threading.Event()
        threading.Thread(target=self._follow, name="bench-watcher", daemon=True).start()
        self._opened.wait()

    def _follow(self) -> None:
        try:
            with self._client.stream("GET", "/api/v1/worklist/events") as stream:
                for line in stream.iter_lines():
                    self._opened.set()
                    if line == "event: worklist":
                        self._look()
        except httpx.TransportError:
            if not self._closed.is_set():
                raise

    def close(self) -> None:
        """Expect that the platform stops now."""
        self._closed.set()

    def _look(self) -> None:
        answer = self._client.get("/api/v1/worklist").raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["to_read"]
        now_s = read_monotonic_s()
        for row in rows:
            if row["nominees"]:
                self.seen_at.setdefault(row["patient_name"], now_s)
                self.case_ids[row["patient_name"]] = row["case_id"]


def _send_all(studies: list[SmallStudy], *, gcs: Gcs) -> dict[str, float]:
    sent_at: dict[str, float] = {}

    def note(study: SmallStudy) -> Iterator[Dataset]:
        for image in study.images:
            sent_at.setdefault(study.name, read_monotonic_s())
            yield image

    begun = read_monotonic_s()
    for number, study in enumerate(studies):
        time.sleep(max(0.0, begun + number * _PERIOD_S - read_monotonic_s()))
        for _ in send_urgent(note(study), gcs=gcs):
            pass
    return sent_at


def _read_nomination_s(api: Api, case_id: int) -> float:
    """Read, by the platform's own clocks, how long after the first image a case was nominated."""
    row = api.get(f"/api/v1/cases/{case_id}")["row"]
    first = datetime.fromisoformat(row["first_image_at"])
    entries = api.get(f"/api/v1/cases/{case_id}/timeline")
    nominated = [each["at"] for each in entries if each["state_to"] == CaseState.NOMINATED]
    if not nominated:
        raise AssertionError(f"case {case_id} has no nomination on its timeline")
    return (min(map(datetime.fromisoformat, nominated)) - first).total_seconds()
