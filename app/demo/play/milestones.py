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


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a timeline leaves to others: the request, the first image, and what joined."""

    request: Mapping[str, Any]
    """As the API gives it."""
    first_image_at: str
    joined_study_id: int


_MOVES = {
    "nominated": CaseState.NOMINATED,
    "claimed": CaseState.READING,
    "signed": CaseState.SIGNED,
    "delivered": CaseState.DELIVERED,
    "read by the hospital": CaseState.ACKNOWLEDGED,
}
_FACTS = {
    "acknowledged": EventKind.ACKNOWLEDGED,
    "preliminary": EventKind.PRELIMINARY,
}
_LAST = {
    "complete with maps": EventKind.COMPLETE,
    "images at the centre": EventKind.IMAGES_FORWARDED,
}
"""Noted anew whenever more images have come: the last time counts."""


def read_milestones(entries: Sequence[Entry], *, facts: Facts) -> list[Milestone]:
    """Find each step on a timeline, in order; those not seen stand last.

    Of a step that happened several times the first counts; of what grows with the images, the last.
    """
    found = [
        _note_order("requested", facts.request, field="requested"),
        _note_order("validated", facts.request, field="decided"),
        Milestone("first image", datetime.fromisoformat(facts.first_image_at)),
    ]
    for name, state in _MOVES.items():
        found.append(_note(name, [entry for entry in entries if entry["state_to"] == state]))
    for name, kind in _FACTS.items():
        found.append(_note(name, [entry for entry in entries if entry["kind"] == kind]))
    for name, kind in _LAST.items():
        fitting = [entry for entry in entries if entry["kind"] == kind]
        found.append(_note(name, sorted(fitting, key=_read_instant)[-1:]))
    found.append(_note("angiography joined", _list_joined(entries, facts.joined_study_id)))
    beginning = found[0].at
    return sorted(found, key=lambda each: (each.at is None, each.at or beginning))


def _note_order(name: str, request: Mapping[str, Any], *, field: str) -> Milestone:
    at = request[f"{field}_at"]
    instant = None if at is None else datetime.fromisoformat(at)
    return Milestone(name, instant, by=request[f"{field}_by_name"])


def _list_joined(entries: Sequence[Entry], study_id: int) -> list[Entry]:
    return [
        entry
        for entry in entries
        if entry["kind"] == EventKind.STUDY_JOINED and entry["detail"].get("study") == study_id
    ]


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


def render_table(
    milestones: Sequence[Milestone], *, title: str, beside: Sequence[Milestone] = ()
) -> Table:
    """Lay the steps out with the delay from the step before, and since the first one.

    What came beside the case stands below, with no delay: nobody waited for it.
    """
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
        table.add_row(
            each.name,
            _write_instant(each.at),
            "" if each.at == first else _write_seconds(each.at - before),
            _write_seconds(each.at - first),
            each.by,
        )
        before = each.at
    table.add_section()
    for each in beside:
        table.add_row(each.name, _write_instant(each.at), "", "", each.by)
    return table


def _write_instant(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%H:%M:%S.%f")[:-3]


def _write_seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():.2f} s"
