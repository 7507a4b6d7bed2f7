"""GET worklist with 200 open cases and 200 streams, before 10^4 and 10^6 closed cases.

Requests are due twenty times a second whether earlier ones were answered or not; each counts from
the instant it was due. Before that some are asked one after the other, which tells what one costs
when nobody else asks. WORKLIST_CLOSED and WORKLIST_SECONDS give other numbers than 10^6 and 60.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from app.demo.gcs.users import COORDINATOR
from app.demo.seeding.seed import Nodes
from app.kit.clock import read_monotonic_s
from benchmarks._cases import add_closed_cases, add_open_cases
from benchmarks._figures import Figures, Limit, find_p99, read_own_version, report_all
from benchmarks._folders import make_bench_folder
from benchmarks._gcs import Gcs, running_gcs

_OPEN, _FEW, _MANY = 200, 10_000, 1_000_000
_BATCH = 100_000
"""Of closed cases in one transaction."""
_STREAMS = 200
_RATE = 20
_SECONDS = 60
_WARM_UP = 20
_ALONE = 60
_WORKERS = 8
_P99_BAR_S = 0.05
_RATIO_BAR = 1.2
_KEYS_FROM = 10_000_000


def main(*, json: Path | None) -> int:
    """Measure with few closed cases, then with many."""
    return report_all([tell_worklist()], json_file=json)


def tell_worklist() -> dict[str, Any]:
    """Measure, print the figures, and give them for a file."""
    closed = int(os.environ.get("WORKLIST_CLOSED", _MANY))
    figures = Figures(f"GET worklist, {_OPEN} open cases, {_STREAMS} streams, {_RATE} a second")
    figures.versions = {"astreinte": read_own_version()}
    with ExitStack() as stack:
        gcs = stack.enter_context(running_gcs(stack.enter_context(make_bench_folder())))
        gcs.enter_directory(Nodes(hospital_port=1, centre_port=1))
        url = gcs.platform.database_url
        add_open_cases(url, count=_OPEN)
        add_closed_cases(url, count=_FEW, first=_KEYS_FROM)
        token = _sign_in(gcs)
        stack.enter_context(_open_streams(gcs, token=token))
        few = _measure(gcs, token=token)
        for first in range(_FEW, closed, _BATCH):
            count = min(_BATCH, closed - first)
            add_closed_cases(url, count=count, first=_KEYS_FROM + first)
        many = _measure(gcs, token=token)
    figures.seconds = {
        f"{_FEW}, alone": few.alone,
        f"{_FEW}, 20 a second": few.crowded,
        f"{closed}, alone": many.alone,
        f"{closed}, 20 a second": many.crowded,
    }
    limits = [
        Limit(f"p99 before {_FEW} closed, seconds", find_p99(few.crowded), _P99_BAR_S),
        Limit(f"p99 before {closed} closed, seconds", find_p99(many.crowded), _P99_BAR_S),
        Limit(
            f"median alone before {closed} / before {_FEW}",
            median(many.alone) / median(few.alone),
            _RATIO_BAR,
        ),
    ]
    return figures.tell([], limits=limits)


def _sign_in(gcs: Gcs) -> str:
    credentials = {"login": COORDINATOR.login, "password": gcs.password, "credential": "token"}
    answer = httpx.post(f"{gcs.platform.url}/api/v1/session", json=credentials)
    return str(answer.raise_for_status().json()["token"])


@contextmanager
def _open_streams(gcs: Gcs, *, token: str) -> Iterator[None]:
    """Hold streams of the worklist open, as that many pages do."""
    address = httpx.URL(gcs.platform.url)
    request = (
        f"GET /api/v1/worklist/events HTTP/1.1\r\nHost: {address.netloc.decode()}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()
    with ExitStack() as stack:
        for _ in range(_STREAMS):
            peer = (address.host, address.port or 80)
            stream = stack.enter_context(socket.create_connection(peer, timeout=30))
            stream.sendall(request)
            if not stream.recv(64).startswith(b"HTTP/1.1 200"):
                raise AssertionError("a stream of the worklist was refused")
        yield


@dataclass(frozen=True, slots=True)
class _Answers:
    """How long answers took, in seconds: one after the other, and at a steady rate."""

    alone: list[float]
    crowded: list[float]


def _measure(gcs: Gcs, *, token: str) -> _Answers:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=gcs.platform.url, headers=headers, timeout=60) as client:

        def ask(due_s: float) -> float:
            rows = client.get("/api/v1/worklist").raise_for_status().json()["to_read"]
            took_s = read_monotonic_s() - due_s
            if len(rows) != _OPEN:
                raise AssertionError(f"the worklist has {len(rows)} rows instead of {_OPEN}")
            return took_s

        alone = [ask(read_monotonic_s()) for _ in range(_WARM_UP + _ALONE)][_WARM_UP:]
        return _Answers(alone, _ask_steadily(ask))


def _ask_steadily(ask: Callable[[float], float]) -> list[float]:
    begun, asked = read_monotonic_s(), []
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="bench") as pool:
        for number in range(_RATE * int(os.environ.get("WORKLIST_SECONDS", _SECONDS))):
            due_s = begun + number / _RATE
            time.sleep(max(0.0, due_s - read_monotonic_s()))
            asked.append(pool.submit(ask, due_s))
    return [each.result() for each in asked]
