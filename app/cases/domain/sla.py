"""The clocks of a case: until when it must be signed, and when its circle is widened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from app.cases.domain.priority import Priority


class Audience(StrEnum):
    """Who is offered an unclaimed case at a step."""

    ON_GUARD = "on_guard"
    """Everybody on the first line."""
    BACKUP = "backup"
    """The backup line and the coordinator."""
    HOSPITAL = "hospital"
    """The hospital is told to use its fallback."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to an unclaimed case, and how long after it was offered."""

    after: timedelta
    audience: Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """A snapshot: a later change of a site's table leaves open cases as they are."""

    priority: Priority
    signed_within: timedelta
    """Counted from the first image."""
    readers_at_once: int
    steps: tuple[Step, ...]
    """In order of time; empty: never widened by itself."""

    def to_json(self) -> dict[str, Any]:
        """Write what the table `case_sla` keeps beside the priority."""
        return {
            "readers_at_once": self.readers_at_once,
            "after_s": [round(step.after.total_seconds()) for step in self.steps],
            "audience": [step.audience.value for step in self.steps],
        }

    @classmethod
    def from_json(cls, priority: str, signed_within_s: int, steps: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            priority=Priority(priority),
            signed_within=timedelta(seconds=signed_within_s),
            readers_at_once=steps["readers_at_once"],
            steps=tuple(
                Step(timedelta(seconds=after), Audience(audience))
                for after, audience in zip(steps["after_s"], steps["audience"], strict=True)
            ),
        )


def _steps(*after_s: int) -> tuple[Step, ...]:
    audiences = (Audience.ON_GUARD, Audience.BACKUP, Audience.HOSPITAL)
    return tuple(
        Step(timedelta(seconds=s), audience) for s, audience in zip(after_s, audiences, strict=True)
    )


def _sla(priority: Priority, minutes: int, readers: int, steps: tuple[Step, ...]) -> Sla:
    return Sla(
        priority=priority,
        signed_within=timedelta(minutes=minutes),
        readers_at_once=readers,
        steps=steps,
    )


DEFAULTS: Mapping[Priority, Sla] = MappingProxyType(
    {
        # Delays until signature are the platform's proposal, not a rule: no source gives one.
        # The steps are those of DESIGN §7: P1 60 s, 3 min, 6 min; P2 3, 10, 20 min.
        Priority.P1: _sla(Priority.P1, 30, 2, _steps(60, 180, 360)),
        Priority.P2: _sla(Priority.P2, 60, 1, _steps(180, 600, 1200)),
        Priority.P3: _sla(Priority.P3, 240, 1, ()),
        Priority.P4: _sla(Priority.P4, 1440, 1, ()),
    }
)


def take_snapshot(priority: Priority, *, site_minutes: Mapping[str, int]) -> Sla:
    """Take the clocks of a case as they are now.

    Parameters
    ----------
    priority
        The case's.
    site_minutes
        The site's own minutes from the first image to the signature, by priority; a priority that
        is absent takes the platform's.
    """
    default = DEFAULTS[priority]
    minutes = site_minutes.get(priority.value)
    if minutes is None:
        return default
    return _sla(priority, minutes, default.readers_at_once, default.steps)


def find_signed_due(sla: Sla, *, first_image_at: datetime | None) -> datetime | None:
    """Say when the report is due; nothing while no image has come.

    Parameters
    ----------
    sla
        The snapshot in force.
    first_image_at
        Aware; nothing of a case that a request opened.
    """
    return None if first_image_at is None else first_image_at + sla.signed_within


def find_step_due(sla: Sla, *, done: int, nominated_at: datetime) -> datetime | None:
    """Say when the next step is due, or that there is none left.

    Parameters
    ----------
    sla
        The snapshot in force.
    done
        How many steps were taken.
    nominated_at
        Since when the case has been offered and not taken; aware.
    """
    if done >= len(sla.steps):
        return None
    return nominated_at + sla.steps[done].after
