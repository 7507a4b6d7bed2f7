"""When a centre is down, when it is back, and when the silence is our own fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.dispatch.domain.failover_moves import CentreAction, DownCause
from app.dispatch.domain.presence import GONE_AFTER, SILENT_AFTER, ReaderSeen

ECHO_EVERY = timedelta(seconds=20)
"""How often the node of a centre is asked while a study waits for it."""
ECHOES_TO_LOSE = 3
ECHOES_WITHIN = timedelta(seconds=60)
MASS_WITHIN = timedelta(minutes=1)
LEAVES_BEFORE = timedelta(minutes=15)
"""Who falls silent so short before the end of their guard may only have gone home."""
_MASS_LEAST = 2
"""One alone is no mass, however few are on guard."""


@dataclass(frozen=True, slots=True)
class MassSilence:
    """Of `came` readers that were there, `silent` fell silent within a minute, or all with us."""

    silent: int
    came: int


def find_mass_silence(
    readers: Sequence[ReaderSeen], *, last_beat_at: datetime | None, now: datetime
) -> MassSilence | None:
    """Tell whether the silence is our own fault: more than half fell silent within a minute.

    It is found when they have been silent for 30 s: whoever is gone, after 90 s, fell silent in a
    minute whose others are all counted by then. With no web process alive it is ours whatever the
    number.

    Parameters
    ----------
    readers
        Everybody on guard, in any order; who has not come is not counted, nor is who is about to
        leave while a web process is alive.
    last_beat_at
        When a web process last said that it lives, aware; nothing: none is known.
    now
        Aware.
    """
    came = [each for each in readers if each.has_come()]
    unheard = sum(each.is_silent(now) for each in came)
    if unheard and (last_beat_at is None or now - last_beat_at >= SILENT_AFTER):
        return MassSilence(silent=unheard, came=len(came))
    counted = [each for each in came if now < each.guard.end - LEAVES_BEFORE]
    silent = [each.seen_at for each in counted if each.seen_at and each.is_silent(now)]
    for first in sorted(silent):
        fell = sum(first <= each <= first + MASS_WITHIN for each in silent)
        there = len(counted) - sum(each < first for each in silent)
        if fell >= _MASS_LEAST and 2 * fell > there:
            return MassSilence(silent=fell, came=there)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which rules are on."""

    by_silence: bool = True
    by_node: bool = True
    by_coordinator: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSeen:
    """A centre as the platform sees it."""

    centre_id: int
    readers: tuple[ReaderSeen, ...]
    """Those of its radiologists who are on guard."""
    node_failed_at: tuple[datetime, ...] = ()
    """Its failures since it last answered, oldest first; aware. It is only asked while a study
    waits for it."""
    node_answered_at: datetime | None = None
    down_cause: DownCause | None = None
    """It is down now, for this; nothing: it is up."""
    down_since: datetime | None = None
    told_back_at: datetime | None = None
    """When the coordinator last said that it is back; aware."""


def judge_centre(
    centre: CentreSeen, *, rules: Rules, quiet_until: datetime | None, now: datetime
) -> CentreAction | None:
    """Say what happens to a centre by itself; nothing: it stays as it is.

    Parameters
    ----------
    quiet_until
        Until when a mass silence lasted: nobody's silence counts from before; aware.
    """
    if centre.down_cause is not None:
        return CentreAction.COME_BACK if _is_over(centre, rules=rules, now=now) else None
    if rules.by_silence and _is_silent(centre, quiet_until=quiet_until, now=now):
        return CentreAction.FALL_SILENT
    if rules.by_node and _has_lost_node(centre, now=now):
        return CentreAction.LOSE_NODE
    return None


def _is_silent(centre: CentreSeen, *, quiet_until: datetime | None, now: datetime) -> bool:
    came = [each for each in centre.readers if each.has_come()]
    if not any(each.is_expected for each in came):
        return False
    if not all(each.is_gone(now) for each in centre.readers):
        return False
    last = max(each.seen_at for each in came if each.seen_at)
    # The coordinator knows better: until one of its readers was seen again.
    if centre.told_back_at is not None and last <= centre.told_back_at:
        return False
    return quiet_until is None or now - quiet_until >= GONE_AFTER


def _has_lost_node(centre: CentreSeen, *, now: datetime) -> bool:
    failed = centre.node_failed_at[-ECHOES_TO_LOSE:]
    if len(failed) < ECHOES_TO_LOSE:
        return False
    if failed[-1] - failed[0] > ECHOES_WITHIN or now - failed[-1] > ECHOES_WITHIN:
        return False
    told, answered = centre.told_back_at, centre.node_answered_at
    return told is None or (answered is not None and answered > told)


def _is_over(centre: CentreSeen, *, rules: Rules, now: datetime) -> bool:
    """Tell whether what it was held down for is over; a rule that is off holds nobody down."""
    match centre.down_cause:
        case DownCause.SILENCE:
            there = not all(each.is_silent(now) for each in centre.readers)
            nobody_expected = not any(each.is_expected for each in centre.readers)
            return not rules.by_silence or there or nobody_expected
        case DownCause.NODE:
            since, answered = centre.down_since, centre.node_answered_at
            has_answered = answered is not None and since is not None and answered > since
            return not rules.by_node or has_answered
        case _:
            return False
