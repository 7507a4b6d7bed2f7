"""A whole calibration: what it is given, as JSON too, for it is worked out in a process apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, time
from typing import Any, Self
from zoneinfo import ZoneInfo

from app.kit.errors import Invalid
from app.planning.domain.calibration.arrivals import Counts
from app.planning.domain.calibration.criteria import MINUTES_OF_HOUR, Criteria
from app.planning.domain.calibration.reads import ReadTime
from app.planning.domain.segments import DayKind, SegmentRule

PRIORITIES = ("P1", "P2", "P3", "P4")
_FEWEST_YEARS, _MOST_YEARS = 2, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a calibration is tried on simulated years.

    Parameters
    ----------
    mix
        Weights of the priorities, P1 first.
    limits_min
        Of each priority, from arrival to the end of the read, in minutes.
    years
        Independent ones, 2 at least.
    """

    mix: tuple[float, ...] = (5, 35, 45, 15)
    limits_min: tuple[float, ...] = (30, 60, 240, 1440)
    years: int = 3
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be tried, naming it."""
        if len(self.mix) != len(PRIORITIES) or min(self.mix) < 0 or sum(self.mix) <= 0:
            raise Invalid(f"mix has four weights, none negative and not all 0: not {self.mix}")
        if len(self.limits_min) != len(PRIORITIES) or min(self.limits_min) <= 0:
            raise Invalid(f"limits_min has four limits above 0, not {self.limits_min}")
        if not _FEWEST_YEARS <= self.years <= _MOST_YEARS:
            raise Invalid(f"years is from {_FEWEST_YEARS} to {_MOST_YEARS}, not {self.years}")

    @property
    def limits_in_hours(self) -> tuple[float, ...]:
        """Limits in the unit of the simulation."""
        return tuple(limit / MINUTES_OF_HOUR for limit in self.limits_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A society with the exams that it brought, and who of it takes guards."""

    society_id: int
    name: str
    radiologists: int
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationTask:
    """All that a calibration is worked out from.

    Parameters
    ----------
    rules
        Of the calendar of guards; valid in the horizon.
    holidays
        Of the period and of the horizon.
    since, until
        The period observed: every hour of it.
    first, last
        The horizon, usually a year: the first date of the guards, and the first left out.
    """

    rules: tuple[SegmentRule, ...]
    holidays: frozenset[date]
    since: date
    until: date
    first: date
    last: date
    societies: tuple[Brought, ...]
    criteria: Criteria
    trial: Trial

    @property
    def zone(self) -> ZoneInfo:
        """Where the wall clock of the guards hangs."""
        return self.rules[0].zone

    @property
    def counts(self) -> Counts:
        """Exams of all societies together."""
        total: Counter[tuple[date, int]] = Counter()
        for society in self.societies:
            total.update(society.counts)
        return total

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "rules": [_write_rule(rule) for rule in self.rules],
            "holidays": sorted(day.isoformat() for day in self.holidays),
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "societies": [_write_society(each) for each in self.societies],
            "criteria": write_criteria(self.criteria),
            "trial": write_trial(self.trial),
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            rules=tuple(_read_rule(each) for each in written["rules"]),
            holidays=frozenset(map(date.fromisoformat, written["holidays"])),
            since=date.fromisoformat(written["since"]),
            until=date.fromisoformat(written["until"]),
            first=date.fromisoformat(written["first"]),
            last=date.fromisoformat(written["last"]),
            societies=tuple(_read_society(each) for each in written["societies"]),
            criteria=read_criteria(written["criteria"]),
            trial=read_trial(written["trial"]),
        )


def write_criteria(criteria: Criteria) -> dict[str, Any]:
    """Write criteria as JSON; the read is two numbers."""
    written = {each.name: getattr(criteria, each.name) for each in fields(criteria)}
    read = written.pop("read")
    return written | {
        "read_min": read.mean,
        "read_sigma": read.sigma,
        "least_by_segment": dict(criteria.least_by_segment),
    }


def read_criteria(written: Mapping[str, Any]) -> Criteria:
    """Read what `write_criteria` wrote.

    Raises
    ------
    Invalid
        As `Criteria`; also if the read is none.
    """
    values = dict(written)
    mean, sigma = values.pop("read_min"), values.pop("read_sigma")
    try:
        read = ReadTime(mean, sigma)
    except ValueError as error:
        raise Invalid(str(error)) from error
    return Criteria(read=read, **values)


def write_trial(trial: Trial) -> dict[str, Any]:
    """Write a trial as JSON."""
    written = asdict(trial)
    return written | {"mix": list(trial.mix), "limits_min": list(trial.limits_min)}


def read_trial(written: Mapping[str, Any]) -> Trial:
    """Read a trial as it is written.

    Raises
    ------
    Invalid
        As `Trial`.
    """
    return Trial(
        **{**written, "mix": tuple(written["mix"]), "limits_min": tuple(written["limits_min"])}
    )


def _write_rule(rule: SegmentRule) -> dict[str, Any]:
    return {
        "segment": rule.segment,
        "days": sorted(day.value for day in rule.days),
        "start": rule.start.isoformat(),
        "end": rule.end.isoformat(),
        "zone": rule.zone.key,
        "valid_from": rule.valid_from.isoformat(),
        "valid_until": rule.valid_until.isoformat() if rule.valid_until else None,
    }


def _read_rule(written: Mapping[str, Any]) -> SegmentRule:
    until = written["valid_until"]
    return SegmentRule(
        segment=written["segment"],
        days=frozenset(map(DayKind, written["days"])),
        start=time.fromisoformat(written["start"]),
        end=time.fromisoformat(written["end"]),
        zone=ZoneInfo(written["zone"]),
        valid_from=date.fromisoformat(written["valid_from"]),
        valid_until=date.fromisoformat(until) if until else None,
    )


def _write_society(society: Brought) -> dict[str, Any]:
    return {
        "society_id": society.society_id,
        "name": society.name,
        "radiologists": society.radiologists,
        "counts": [
            [day.isoformat(), hour, exams] for (day, hour), exams in sorted(society.counts.items())
        ],
    }


def _read_society(written: Mapping[str, Any]) -> Brought:
    rows: Sequence[tuple[str, int, int]] = written["counts"]
    counts = {(date.fromisoformat(day), hour): exams for day, hour, exams in rows}
    return Brought(**{**written, "counts": counts})
