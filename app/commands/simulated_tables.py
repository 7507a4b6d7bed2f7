"""Tables of simulated nights, for a terminal."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from app.cases.domain.priority import Priority
from app.commands.simulated import Runs

_COLUMNS = (
    "policy",
    "cases",
    "wait P50",
    "P95",
    "max",
    "signed P50",
    "P95",
    "max",
    "in SLA",
    "local",
    "never read",
)


def make_tables(runs: Runs) -> Iterator[Table]:
    """Make a table for each priority, then one of loads, steps and differences; in minutes."""
    told = {name: tally.to_json() for name, tally in runs.tallies.items()}
    for priority in Priority:
        table = Table(*_COLUMNS, title=f"{priority}, {runs.nights} nights, minutes")
        for name, figures in told.items():
            found = figures["by_priority"].get(priority.value)
            if found is not None:
                table.add_row(name, *_describe(found))
        if table.row_count:
            yield table
    yield _make_last(runs, told)


def _describe(found: dict[str, Any]) -> Iterator[str]:
    yield str(found["cases"])
    for what in ("wait_minutes", "signature_minutes"):
        for figure in ("p50", "p95", "max"):
            yield "-" if found[what] is None else f"{found[what][figure]:.1f}"
    for share in ("share_in_sla", "share_local"):
        yield "-" if found[share] is None else f"{found[share]:.1%}"
    yield str(found["never_read"])


def _make_last(runs: Runs, told: dict[str, dict[str, Any]]) -> Table:
    table = Table(
        "policy",
        "load Gini",
        "to all on guard",
        "backup line",
        "hospital told",
        "taken over",
        "mean signed, more than the first",
        title="Loads and steps; differences by pairs of nights, 95 % interval",
    )
    for name, figures in told.items():
        difference = runs.differences.get(name)
        steps = figures["steps"]
        table.add_row(
            name,
            "-" if figures["load_gini"] is None else f"{figures['load_gini']:.3f}",
            *(str(steps[audience]) for audience in steps),
            str(figures["taken_over"]),
            "" if difference is None else f"{difference.mean:+.2f} ± {difference.half_width:.2f}",
        )
    return table
