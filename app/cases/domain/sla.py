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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens to an unclaimed case, by whichever of its two clocks comes first."""

    audience: Audience
    after: timedelta | None
    """Since it was offered, while nobody has said that they have seen it; nothing: this clock never
    takes the step."""
    after_slack: timedelta
    """Since its slack was used up: since it could no longer be read in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """A snapshot: a later change of a site's table leaves open cases as they are."""

    priority: Priority
    signed_within: timedelta
    """Counted from the first image."""
    readers_at_once: int
    steps: tuple[Step, ...]
    """In order of time; empty: never widened by itself."""
    aside_within: timedelta
    """How long its reader may put it aside to take another first."""
    answer_within: timedelta
    """How long who is asked about it, its reader and then the coordinator, may take to answer."""

    def to_json(self) -> dict[str, Any]:
        """Write what the table `case_sla` keeps beside the priority."""
        return {
            "readers_at_once": self.readers_at_once,
            "audience": [step.audience.value for step in self.steps],
            "after_s": [None if step.after is None else _to_s(step.after) for step in self.steps],
            "after_slack_s": [_to_s(step.after_slack) for step in self.steps],
            "aside_s": _to_s(self.aside_within),
            "answer_s": _to_s(self.answer_within),
        }

    @classmethod
    def from_json(cls, priority: str, signed_within_s: int, kept: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, also before there was a clock of slack."""
        default = DEFAULTS[Priority(priority)]
        after_s = kept["after_s"]
        slack_s = kept.get("after_slack_s") or [each - after_s[0] for each in after_s]
        return cls(
            priority=Priority(priority),
            signed_within=timedelta(seconds=signed_within_s),
            readers_at_once=kept["readers_at_once"],
            steps=tuple(
                _step(audience, after_s=after, after_slack_s=after_slack)
                for audience, after, after_slack in zip(
                    kept["audience"], after_s, slack_s, strict=True
                )
            ),
            aside_within=timedelta(seconds=kept.get("aside_s", _to_s(default.aside_within))),
            answer_within=timedelta(seconds=kept.get("answer_s", _to_s(default.answer_within))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How an unclaimed case stands to its two clocks; instants are aware."""

    offered_at: datetime
    """Since when it has been offered and not taken."""
    is_acknowledged: bool
    """Has somebody to whom it is offered said that they have seen it? Then a human is there."""
    slack_ends_at: datetime | None
    """Until when a read must begin that is to be in time; nothing before the first image."""


def _to_s(span: timedelta) -> int:
    return round(span.total_seconds())


def _step(audience: str, *, after_s: int | None, after_slack_s: int) -> Step:
    return Step(
        audience=Audience(audience),
        after=None if after_s is None else timedelta(seconds=after_s),
        after_slack=timedelta(seconds=after_slack_s),
    )


def _unseen(*after_s: int) -> tuple[Step, ...]:
    """Widen when nobody says that they have seen it; at the same pace when its slack is used up."""
    return tuple(
        _step(audience, after_s=s, after_slack_s=s - after_s[0])
        for s, audience in zip(after_s, Audience, strict=True)
    )


def _unslack(*after_slack_s: int) -> tuple[Step, ...]:
    """Widen only when the slack is used up."""
    return tuple(
        _step(audience, after_s=None, after_slack_s=s)
        for s, audience in zip(after_slack_s, Audience, strict=False)
    )


_MINUTE = timedelta(minutes=1)

DEFAULTS: Mapping[Priority, Sla] = MappingProxyType(
    {
        # Delays until signature, pauses and answers are the platform's proposal, not a rule: no
        # source gives one. The steps: P1 60 s, 3 min, 6 min; P2 3, 10, 20 min; P3 by slack only.
        each.priority: each
        for each in (
            Sla(
                priority=Priority.P1,
                signed_within=30 * _MINUTE,
                readers_at_once=2,
                steps=_unseen(60, 180, 360),
                aside_within=5 * _MINUTE,
                answer_within=2 * _MINUTE,
            ),
            Sla(
                priority=Priority.P2,
                signed_within=60 * _MINUTE,
                readers_at_once=1,
                steps=_unseen(180, 600, 1200),
                aside_within=15 * _MINUTE,
                answer_within=5 * _MINUTE,
            ),
            Sla(
                priority=Priority.P3,
                signed_within=240 * _MINUTE,
                readers_at_once=1,
                steps=_unslack(0, 900),
                aside_within=60 * _MINUTE,
                answer_within=10 * _MINUTE,
            ),
            Sla(
                priority=Priority.P4,
                signed_within=1440 * _MINUTE,
                readers_at_once=1,
                steps=(),
                aside_within=240 * _MINUTE,
                answer_within=30 * _MINUTE,
            ),
        )
    }
)


def take_snapshot(
    priority: Priority,
    *,
    site_minutes: Mapping[str, int],
    site_escalation: Mapping[str, Mapping[str, Any]],
) -> Sla:
    """Take the clocks of a case as they are now.

    Parameters
    ----------
    priority
        The case's.
    site_minutes
        The site's own minutes from the first image to the signature, by priority; a priority that
        is absent takes the platform's.
    site_escalation
        The site's own steps and delays, by priority, as `Sla.to_json` writes them; a priority that
        is absent takes the platform's.
    """
    default = DEFAULTS[priority]
    minutes = site_minutes.get(priority.value, _to_s(default.signed_within) // 60)
    own = site_escalation.get(priority.value)
    return Sla.from_json(priority, minutes * 60, default.to_json() if own is None else own)


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


def find_step_due(sla: Sla, *, done: int, waiting: Waiting) -> datetime | None:
    """Say when the next step is due by the clock that comes first, or that none will come.

    The clock of slack starts when the case is offered, at the earliest: one that is late already
    is not thrown at everybody, and at the hospital, in the same second.

    Parameters
    ----------
    sla
        The snapshot in force.
    done
        How many steps were taken, >= 0.
    waiting
        How the case stands to its clocks.
    """
    if done >= len(sla.steps):
        return None
    step, instants = sla.steps[done], []
    if step.after is not None and not waiting.is_acknowledged:
        instants.append(waiting.offered_at + step.after)
    if waiting.slack_ends_at is not None:
        instants.append(max(waiting.offered_at, waiting.slack_ends_at) + step.after_slack)
    return min(instants, default=None)
