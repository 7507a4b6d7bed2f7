"""What must stand on the case's timeline, and how it is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind

Entry = Mapping[str, Any]
"""An entry of the timeline, as the API gives it."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """One instant of the main job, if it was seen."""

    name: str
    at: datetime | None
    by: str = ""


_MOVES = {
    "nominated": CaseState.NOMINATED,
    "claimed": CaseState.READING,
    "signed": CaseState.SIGNED,
    "delivered": CaseState.DELIVERED,
}
_FACTS = {
    "complete": EventKind.COMPLETE,
    "acknowledged": EventKind.ACKNOWLEDGED,
    "preliminary": EventKind.PRELIMINARY,
}


def read_milestones(entries: Sequence[Entry], *, first_image_at: datetime) -> list[Milestone]:
    """Find each step on a timeline, in order; those not seen stand last.

    Of a step that happened several times the first counts; of the images' arrival at the centre,
    which is noted whenever the centre has caught up with the modality, the last.
    """
    found = [Milestone("first image", first_image_at)]
    for name, state in _MOVES.items():
        found.append(_note(name, [entry for entry in entries if entry["state_to"] == state]))
    for name, kind in _FACTS.items():
        found.append(_note(name, [entry for entry in entries if entry["kind"] == kind]))
    forwarded = [entry for entry in entries if entry["kind"] == EventKind.IMAGES_FORWARDED]
    found.append(_note("images at the centre", sorted(forwarded, key=_read_instant)[-1:]))
    return sorted(found, key=lambda each: (each.at is None, each.at or first_image_at))


def _note(name: str, fitting: Sequence[Entry]) -> Milestone:
    if not fitting:
        return Milestone(name, None)
    first = min(fitting, key=_read_instant)
    return Milestone(name, _read_instant(first), by=first["by_name"] or "")


def _read_instant(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])


def name_missing(milestones: Sequence[Milestone]) -> list[str]:
    """Name the steps that the timeline does not hold."""
    return [each.name for each in milestones if each.at is None]


def render_table(milestones: Sequence[Milestone], *, title: str) -> Table:
    """Lay the steps out with the delay from the step before, and since the first image."""
    table = Table(title=title, title_justify="left")
    table.add_column("step", no_wrap=True)
    table.add_column("at (UTC)", no_wrap=True)
    table.add_column("delay", justify="right", no_wrap=True)
    table.add_column("in all", justify="right", no_wrap=True)
    table.add_column("by")
    first = before = milestones[0].at
    for each in milestones:
        if each.at is None or first is None or before is None:
            table.add_row(each.name, "not seen", "", "", "", style="bold red")
            continue
        instant = each.at.strftime("%H:%M:%S.%f")[:-3]
        table.add_row(
            each.name,
            instant,
            "" if each.at == first else _write_seconds(each.at - before),
            _write_seconds(each.at - first),
            each.by,
        )
        before = each.at
    return table


def _write_seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():.2f} s"
