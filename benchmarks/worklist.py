"""GET worklist with 200 open cases and 200 streams, before 10^4 and 10^5 closed cases.

Requests are due twenty times a second whether earlier ones were answered or not; each counts from
the instant it was due. Before that some are asked one after the other, which tells what one costs
when nobody else asks. The bar of the dispatch issue goes on to 10^6.
"""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from app.demo.gcs.users import COORDINATOR
from app.demo.seeding.seed import Nodes
from app.kit.clock import read_monotonic_s
from benchmarks._cases import add_closed_cases, add_open_cases
from benchmarks._figures import Figures, Limit, find_p99, read_own_version
from benchmarks._folders import make_bench_folder
from benchmarks._gcs import Gcs, running_gcs

_OPEN, _FEW, _MANY = 200, 10_000, 100_000
_STREAMS = 200
_RATE = 20
_SECONDS = 15
_WARM_UP = 20
_ALONE = 60
_WORKERS = 8
_P99_BAR_S = 0.05
_RATIO_BAR = 1.2
_KEYS_FROM = 2_000_000


def main(*, json: Path | None) -> int:
    """Measure with few closed cases, then with many."""
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
        add_closed_cases(url, count=_MANY - _FEW, first=_KEYS_FROM + _FEW)
        many = _measure(gcs, token=token)
    figures.seconds = {
        "10^4, alone": few.alone,
        "10^4, 20 a second": few.crowded,
        "10^5, alone": many.alone,
        "10^5, 20 a second": many.crowded,
    }
    limits = [
        Limit("p99 before 10^4 closed, seconds", find_p99(few.crowded), _P99_BAR_S),
        Limit("p99 before 10^5 closed, seconds", find_p99(many.crowded), _P99_BAR_S),
        Limit(
            "median alone before 10^5 / before 10^4",
            median(many.alone) / median(few.alone),
            _RATIO_BAR,
        ),
    ]
    return figures.report([], limits=limits, json_file=json)


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
        for number in range(_RATE * _SECONDS):
            due_s = begun + number / _RATE
            time.sleep(max(0.0, due_s - read_monotonic_s()))
            asked.append(pool.submit(ask, due_s))
    return [each.result() for each in asked]
