"""Who may say that a task is done."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict, Invalid, NotAllowed
from app.tasks.domain.kinds import TaskKind

_LONGEST = 500


class Settler(StrEnum):
    """Whose word settles a kind of task."""

    ANYBODY = "anybody"
    """Who sees it, the site too."""
    STAFF = "staff"
    """Who sees it, but not the site: it was told, and others must act."""
    RADIOLOGIST = "radiologist"
    """It is a judgement on images."""
    CALL = "call"
    """Nobody's word: a telephone call that was logged, or what made it needless."""
    ITSELF = "itself"
    """Nobody's word: the platform sees when it is over."""


SETTLERS: Mapping[TaskKind, Settler] = MappingProxyType(
    {
        TaskKind.LATE_IMAGES: Settler.RADIOLOGIST,
        TaskKind.CORRECTED_IDENTITY: Settler.STAFF,
        TaskKind.CRITICAL_CALL: Settler.CALL,
        TaskKind.CALL_SITE: Settler.CALL,
        TaskKind.ASK_FOR_IMAGES: Settler.ANYBODY,
        TaskKind.CONFIRM_SITE: Settler.STAFF,
        TaskKind.ASSOCIATION_REFUSED: Settler.STAFF,
        TaskKind.UNKNOWN_CALLING: Settler.STAFF,
        TaskKind.DISK: Settler.ITSELF,
        TaskKind.NO_NODE: Settler.STAFF,
        TaskKind.CERTIFICATE: Settler.STAFF,
        TaskKind.QUOTA: Settler.ITSELF,
        TaskKind.COMMITMENT: Settler.STAFF,
        TaskKind.STILL_READING: Settler.ITSELF,
        TaskKind.CLAIM_SILENT: Settler.ITSELF,
        TaskKind.CLAIM_LATE: Settler.STAFF,
        TaskKind.USE_FALLBACK: Settler.CALL,
        TaskKind.CHECK_IN_MISSING: Settler.STAFF,
        TaskKind.RELIEF_MISSING: Settler.STAFF,
        TaskKind.HANDOVER_OFFERED: Settler.ITSELF,
        TaskKind.HANDOVER_OPEN: Settler.ITSELF,
        TaskKind.GAP: Settler.ITSELF,
        TaskKind.GUARD_CANCELLED: Settler.STAFF,
        TaskKind.CALL_READER: Settler.CALL,
        TaskKind.MASS_SILENCE: Settler.ITSELF,
        TaskKind.SURGE: Settler.STAFF,
        TaskKind.CALLED_IN: Settler.STAFF,
        TaskKind.CASE_FORGOTTEN: Settler.ITSELF,
        TaskKind.HEARTBEAT: Settler.ITSELF,
    }
)
"""The table; every kind stands in it."""


class SettledElsewhere(Conflict):
    """Nobody's word is enough for this task."""

    def __init__(self, kind: TaskKind) -> None:
        how = (
            "log the call that settles it"
            if SETTLERS[kind] is Settler.CALL
            else "it goes when its cause is gone"
        )
        super().__init__(f"a task of the kind {kind} is not settled by a word: {how}")
        self.kind = kind


def check_settler(kind: TaskKind, *, is_radiologist: bool, is_site: bool) -> None:
    """Let a task be settled by the word of somebody whose word is enough.

    Parameters
    ----------
    is_radiologist
        Whether the login belongs to a radiologist.
    is_site
        Whether the person acts for a hospital, and for nobody else.

    Raises
    ------
    SettledElsewhere
        If nobody's is.
    NotAllowed
        If this person's is not.
    """
    settler = SETTLERS[kind]
    if settler in {Settler.CALL, Settler.ITSELF}:
        raise SettledElsewhere(kind)
    if settler is Settler.RADIOLOGIST and not is_radiologist:
        raise NotAllowed("only a radiologist can say this of images")
    if settler is Settler.STAFF and is_site:
        raise NotAllowed("the platform's own people settle this: call the coordinator")


def check_outcome(outcome: str) -> None:
    """Refuse an empty outcome, or one that is longer than a page shows.

    Raises
    ------
    Invalid
        If it has not 1 to 500 characters.
    """
    if not outcome.strip() or len(outcome) > _LONGEST:
        raise Invalid(f"say what was done, in 1 to {_LONGEST} characters")
