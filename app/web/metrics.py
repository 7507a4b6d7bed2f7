"""Counts for Prometheus: of requests and of the disk, never of people."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class HttpMetrics:
    """Counts of the requests that this process has served, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "astreinte_http_requests_total",
            "Requests by method, route and status",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._elapsed = Histogram(
            "astreinte_http_request_seconds",
            "Time from the request to the end of the answer, by route",
            ("method", "route"),
            buckets=_BOUNDS_S,
            registry=self._registry,
        )
        self._disk = Gauge(
            "astreinte_disk_bytes",
            "The disk of the data folder at its last reading, by what is measured",
            ("of",),
            registry=self._registry,
        )
        self._disk_full = Gauge(
            "astreinte_disk_full_seconds",
            "Time until the disk is full by the forecast; infinite when that is not in sight",
            registry=self._registry,
        )

    def note_disk(self, sizes: Mapping[str, int], *, full_in_s: float) -> None:
        """Keep the last reading of the disk; `math.inf` when it will not be full."""
        for name, size in sizes.items():
            self._disk.labels(name).set(size)
        self._disk_full.set(full_in_s)

    def note(self, *, method: str, route: str, status: int, elapsed_s: float) -> None:
        """Count one request; `route` is the template of its path."""
        self._requests.labels(method, route, str(status)).inc()
        self._elapsed.labels(method, route).observe(elapsed_s)

    def write(self) -> bytes:
        """Write the counts in the text format."""
        return generate_latest(self._registry)
