"""The kinds of tasks, who sees each, and how often it rings until a person settles it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class TaskKind(StrEnum):
    """What somebody must do; the page says it in a sentence."""

    LATE_IMAGES = "late_images"
    """Images came after the signature: an addendum, or "nothing to add"."""
    CORRECTED_IDENTITY = "corrected_identity"
    """The hospital corrected the identity of a case that is signed."""
    CRITICAL_CALL = "critical_call"
    """Call a critical finding, and hear it said back."""
    CALL_SITE = "call_site"
    """A report was not accepted by the site in time: call, until it is delivered or told."""
    ASK_FOR_IMAGES = "ask_for_images"
    """A validated request, and no image: ask the site."""
    CONFIRM_SITE = "confirm_site"
    """The site of a study is its sender's default: confirm it, or name another."""
    ASSOCIATION_REFUSED = "association_refused"
    """A known address was refused: call the site, admit it for 12 hours."""
    UNKNOWN_CALLING = "unknown_calling"
    """A known address came by an unknown title: register it."""
    DISK = "disk"
    """The disk will be full."""
    NO_NODE = "no_node"
    """A report is signed, and its site has no node that takes it."""
    CERTIFICATE = "certificate"
    """A sender's certificate has expired: it is let in for some days more."""
    QUOTA = "quota"
    """A site has stored more than was agreed."""
    COMMITMENT = "commitment"
    """A sender could not be told what we keep of its images."""
    STILL_READING = "still_reading"
    """A reader gave no sign of reading a case for too long: say that one does, or give it back."""
    CLAIM_SILENT = "claim_silent"
    """Its reader does not answer: call them, then leave them the case or open it to others."""
    CLAIM_LATE = "claim_late"
    """A case is claimed, and was not signed when it was due."""
    USE_FALLBACK = "use_fallback"
    """Nobody has taken a case in time: the hospital uses its fallback, and is called."""
    GAP = "gap"
    """Nobody holds a seat of the weeks ahead."""
    GUARD_CANCELLED = "guard_cancelled"
    """The guard of a radiologist was cancelled: they must know."""
    CALL_READER = "call_reader"
    """A centre is down: call a reader there who has claimed cases."""
    MASS_SILENCE = "mass_silence"
    """More than half of the readers fell silent at once: it is our own fault, mend it."""
    SURGE = "surge"
    """More comes than those on guard can read: call the backup line."""
    CALLED_IN = "called_in"
    """The backup line is called: open your page, and read."""
    CASE_FORGOTTEN = "case_forgotten"
    """The auditor found an open case without an owner, or without a deadline to come."""
    HEARTBEAT = "heartbeat"
    """The address that watches over us from outside cannot be told that we live."""
    CHECK_IN_MISSING = "check_in_missing"
    """A guard begins, and its reader has not shown that they can be reached."""
    RELIEF_MISSING = "relief_missing"
    """The same, for whoever they relieve: stay."""
    HANDOVER_OFFERED = "handover_offered"
    """A reader goes off guard, and hands something over: accept it, or say why not."""
    HANDOVER_OPEN = "handover_open"
    """Nobody has accepted what a reader leaves who goes off guard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRule:
    """Who sees a kind of task beside the radiologist it names, and how often it rings.

    Parameters
    ----------
    roles
        Names of roles (`app.directory.domain.roles.Role`); each sees it within its own scope.
    repeat_every
        Positive; nothing: it rings once and stays on the list.
    """

    roles: tuple[str, ...]
    repeat_every: timedelta | None


_URGENT, _SLOW, _DAILY = timedelta(minutes=2), timedelta(minutes=30), timedelta(days=1)
_COORDINATOR, _PLANNER, _SITE, _GROUP = "coordinator", "planner", "site", "gcs_admin"

RULES: Mapping[TaskKind, TaskRule] = MappingProxyType(
    {
        TaskKind.LATE_IMAGES: TaskRule(roles=(_COORDINATOR,), repeat_every=_SLOW),
        TaskKind.CORRECTED_IDENTITY: TaskRule(roles=(_COORDINATOR, _SITE), repeat_every=_SLOW),
        TaskKind.CRITICAL_CALL: TaskRule(roles=(_COORDINATOR,), repeat_every=_URGENT),
        TaskKind.CALL_SITE: TaskRule(roles=(_COORDINATOR,), repeat_every=_URGENT),
        TaskKind.ASK_FOR_IMAGES: TaskRule(roles=(_COORDINATOR, _SITE), repeat_every=_SLOW),
        TaskKind.CONFIRM_SITE: TaskRule(roles=(_COORDINATOR,), repeat_every=_SLOW),
        TaskKind.ASSOCIATION_REFUSED: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=_SLOW),
        TaskKind.UNKNOWN_CALLING: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=None),
        TaskKind.DISK: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=_SLOW),
        TaskKind.NO_NODE: TaskRule(roles=(_COORDINATOR,), repeat_every=_SLOW),
        TaskKind.CERTIFICATE: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=_DAILY),
        TaskKind.QUOTA: TaskRule(roles=(_GROUP,), repeat_every=_DAILY),
        TaskKind.COMMITMENT: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=_DAILY),
        TaskKind.STILL_READING: TaskRule(roles=(), repeat_every=_URGENT),
        TaskKind.CLAIM_SILENT: TaskRule(roles=(_COORDINATOR,), repeat_every=_URGENT),
        TaskKind.CLAIM_LATE: TaskRule(roles=(_COORDINATOR,), repeat_every=_SLOW),
        TaskKind.USE_FALLBACK: TaskRule(roles=(_COORDINATOR, _SITE), repeat_every=_URGENT),
        TaskKind.GAP: TaskRule(roles=(_COORDINATOR, _PLANNER, _GROUP), repeat_every=None),
        TaskKind.GUARD_CANCELLED: TaskRule(roles=(_COORDINATOR, _PLANNER), repeat_every=None),
        TaskKind.CALL_READER: TaskRule(roles=(_COORDINATOR,), repeat_every=_URGENT),
        TaskKind.MASS_SILENCE: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=_URGENT),
        TaskKind.SURGE: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=None),
        TaskKind.CALLED_IN: TaskRule(roles=(), repeat_every=_URGENT),
        TaskKind.CASE_FORGOTTEN: TaskRule(roles=(_COORDINATOR,), repeat_every=_URGENT),
        TaskKind.HEARTBEAT: TaskRule(roles=(_COORDINATOR, _GROUP), repeat_every=_SLOW),
        TaskKind.CHECK_IN_MISSING: TaskRule(roles=(_COORDINATOR,), repeat_every=_URGENT),
        TaskKind.RELIEF_MISSING: TaskRule(roles=(), repeat_every=_URGENT),
        TaskKind.HANDOVER_OFFERED: TaskRule(roles=(), repeat_every=_URGENT),
        TaskKind.HANDOVER_OPEN: TaskRule(roles=(_COORDINATOR,), repeat_every=_URGENT),
    }
)
"""The table; every kind stands in it."""


def find_repeat(kind: TaskKind, *, now: datetime) -> datetime | None:
    """Say when a task that rings now rings again; aware."""
    every = RULES[kind].repeat_every
    return None if every is None else now + every
