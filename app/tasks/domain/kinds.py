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


_URGENT, _SLOW = timedelta(minutes=2), timedelta(minutes=30)
_COORDINATOR, _SITE, _GROUP = "coordinator", "site", "gcs_admin"

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
    }
)
"""The table; every kind stands in it."""


def find_repeat(kind: TaskKind, *, now: datetime) -> datetime | None:
    """Say when a task that rings now rings again; aware."""
    every = RULES[kind].repeat_every
    return None if every is None else now + every
