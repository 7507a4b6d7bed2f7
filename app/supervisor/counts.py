"""The counts of all processes of a gateway, added up for Prometheus."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from app.kit.bind import Bind
from app.kit.clock import read_host_clock
from app.kit.errors import Unavailable
from dicom_gateway.ledger import Key, read_rows
from dicom_gateway.metrics import FAMILIES, PREFIX, Family, Kind
from dicom_gateway.shared import PeerFile

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

_LASTING = frozenset(each.name for each in FAMILIES if each.kind in {Kind.COUNTER, Kind.HISTOGRAM})
_INSTANTS = frozenset(each.name for each in FAMILIES if each.kind is Kind.INSTANT)


class Counts(Collector):
    """The numbers of the processes that live, and what those that died had counted.

    Parameters
    ----------
    read_clock
        The host's clock, aware.
    """

    def __init__(self, *, read_clock: Callable[[], datetime] = read_host_clock) -> None:
        self._read_clock = read_clock
        self._lock = Lock()
        self._paths: set[Path] = set()
        self._past: Counter[Key] = Counter()
        self.count_running: Callable[[], Counter[str]] = Counter
        """Counts the processes that run, by part."""

    def follow(self, path: Path) -> Path:
        """Count what a process will write there; return the path."""
        with self._lock:
            self._paths.add(path)
        return path

    def finish(self, path: Path) -> None:
        """Keep what a process that ended has counted, and remove its file."""
        with self._lock:
            self._paths.discard(path)
            rows = _read(path)
            # A counter that fell would be taken for one that began anew.
            self._past.update({key: value for key, value in rows.items() if key[0] in _LASTING})
            path.unlink(missing_ok=True)

    def read(self) -> dict[Key, float]:
        """Add up all numbers; of instants, give the earliest."""
        with self._lock:
            rows: dict[Key, float] = dict(self._past)
            for path in self._paths:
                for key, value in _read(path).items():
                    rows[key] = _merge(key, rows.get(key, 0.0), value)
            return rows

    def collect(self) -> Iterator[Metric]:
        """Give the families to Prometheus."""
        rows = self.read()
        running = GaugeMetricFamily(
            f"{PREFIX}processes", "Processes of the gateway that run, by part", labels=["part"]
        )
        for part, number in sorted(self.count_running().items()):
            running.add_metric([part], number)
        yield running
        for family in FAMILIES:
            of_family = {key[1:]: value for key, value in rows.items() if key[0] == family.name}
            yield self._make(family, of_family)

    def _make(self, family: Family, rows: dict[Key, float]) -> Metric:
        name = PREFIX + family.name
        metric: CounterMetricFamily | GaugeMetricFamily
        if family.kind is Kind.HISTOGRAM:
            return _make_histogram(name, family, rows)
        if family.kind is Kind.COUNTER:
            metric = CounterMetricFamily(name, family.help, labels=family.labels)
        else:
            metric = GaugeMetricFamily(name, family.help, labels=family.labels)
        for labels, value in sorted(rows.items()):
            metric.add_metric(labels, self._age(value) if family.name in _INSTANTS else value)
        return metric

    def _age(self, instant: float) -> float:
        return max(self._read_clock().timestamp() - instant, 0.0) if instant else 0.0


class CountServer:
    """Serves counts under `/metrics`, in a thread of its own.

    Parameters
    ----------
    counts
        What is served.
    bind
        Where; port 0 lets the system choose.
    """

    def __init__(self, counts: Counts, *, bind: Bind) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(counts)
        self._bind = bind
        self._server: WSGIServer | None = None

    def open(self) -> Bind | None:
        """Begin to serve; return where, or nothing if it is served already.

        Raises
        ------
        Unavailable
            If the address is taken, or none of this machine.
        """
        if self._server is not None:
            return None
        try:
            self._server, _ = start_http_server(self._bind.port, self._bind.host, self._registry)
        except OSError as error:
            msg = (
                f"ASTREINTE_DICOM_METRICS_BIND={self._bind} cannot be used "
                f"({error.strerror or error}): set it to a free address of this machine"
            )
            raise Unavailable(msg) from error
        return Bind(self._bind.host, self._server.server_port)

    def close(self) -> None:
        """End, and let another have the address."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()


def _read(path: Path) -> dict[Key, float]:
    try:
        peer = PeerFile(path)
    except FileNotFoundError:
        return {}
    with memoryview(peer.memory) as memory:
        rows = dict(read_rows(memory))
    peer.close()
    return rows


def _merge(key: Key, known: float, value: float) -> float:
    if key[0] in _INSTANTS:
        return min(filter(None, (known, value)), default=0.0)
    return known + value


def _make_histogram(name: str, family: Family, rows: dict[Key, float]) -> HistogramMetricFamily:
    return HistogramMetricFamily(
        name,
        family.help,
        buckets=list(_accumulate(family.bounds, rows)),
        sum_value=rows.get(("sum",), 0.0),
    )


def _accumulate(bounds: Iterable[float], rows: dict[Key, float]) -> Iterator[tuple[str, float]]:
    total = 0.0
    for bound in (*map(str, bounds), "+Inf"):
        total += rows.get((bound,), 0.0)
        yield bound, total
