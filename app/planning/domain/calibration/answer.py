"""The answer of a calibration as plain JSON, as it is kept and shown."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.planning.domain.calibration.arrivals import ArrivalPattern
from app.planning.domain.calibration.comparison import Burden, Change, Comparison
from app.planning.domain.calibration.confirmation import Margin
from app.planning.domain.calibration.outcomes import Waits
from app.planning.domain.calibration.sessions import judge
from app.planning.domain.calibration.staffing import HourNeed, SegmentNeed
from app.planning.domain.calibration.task import PRIORITIES, CalibrationTask


def write_segment(
    need: SegmentNeed, *, was: SegmentNeed, margin: Margin, in_limit: float, task: CalibrationTask
) -> dict[str, Any]:
    """Write what a segment needs, and what one reader more or fewer changes."""
    return {
        "segment": need.segment,
        "seats": need.seats,
        "seats_by_formula": was.seats,
        "least": need.least,
        "bound": need.bound.value,
        "deciding": _hour(need.deciding),
        "guards": need.guards,
        "hours": need.hours,
        "exams": need.exams,
        "exams_per_guard": need.exams_per_guard,
        "per_seat_and_hour": need.per_seat_and_hour,
        "busiest_per_seat": need.busiest_per_seat,
        "session": judge(need, seats=need.seats, criteria=task.criteria).value,
        "in_limit": in_limit,
        "late_here": margin.here,
        "late": margin.now,
        "late_one_more": margin.one_more,
        "late_one_fewer": margin.one_fewer,
    }


def _hour(need: HourNeed) -> dict[str, Any]:
    return {
        "day": need.cell.kind.value,
        "hour": need.cell.hour,
        "rate": need.rate,
        "load": need.load,
        "seats": need.seats,
    }


def write_hours(hours: Sequence[HourNeed], pattern: ArrivalPattern) -> list[dict[str, Any]]:
    """List each hour of the week once: of those with different hours before, the neediest."""
    worst: dict[Any, HourNeed] = {}
    for need in hours:
        known = worst.get(need.cell)
        if known is None or (need.seats, need.load) > (known.seats, known.load):
            worst[need.cell] = need
    return [_hour(need) | {"mean": pattern.rate(cell).mean} for cell, need in sorted(worst.items())]


def write_waits(described: Sequence[Waits | None]) -> list[dict[str, Any]]:
    """Write the waits of the priorities of which any exam came."""
    return [
        {"priority": name} | asdict(waits)
        for name, waits in zip(PRIORITIES, described, strict=True)
        if waits is not None
    ]


def write_comparison(found: Comparison) -> dict[str, Any]:
    """Write guards before and after."""
    return {
        "nights": list(found.nights),
        "alone": _burden(found.alone),
        "pooled": _burden(found.pooled),
        "emptiness": asdict(found.pooled_emptiness),
        "societies": [_change(each) for each in found.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    people = change.member.radiologists
    return {
        "society": change.member.society,
        "exams": change.member.exams,
        "radiologists": people,
        "seats_alone": dict(change.member.seats_alone),
        "alone": _burden(change.alone),
        "pooled": _burden(change.pooled),
        "alone_each": _each(change.alone, people),
        "pooled_each": _each(change.pooled, people),
        "emptiness_alone": asdict(change.alone_emptiness),
    }


def _burden(burden: Burden) -> dict[str, Any]:
    return {"guards": float(burden.guards), "deep_nights": float(burden.deep_nights)}


def _each(burden: Burden, people: int) -> dict[str, Any] | None:
    shared = burden.each(people)
    return None if shared is None else _burden(shared)
