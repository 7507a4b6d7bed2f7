"""How a claim is watched over: by signs of a human, never by a page's timer, in one table.

A claim is never taken silently. Without a sign for half as long again as a read takes, its reader
is asked; without an answer the coordinator is told, and decides; when nobody decides, the case is
opened to others, and its page says with whom it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict

PATIENCE = 1.5
"""After so many times the expected read without a sign, the reader is asked."""


class ClaimStage(StrEnum):
    """Where a claim stands."""

    ACTIVE = "active"
    ASKED = "asked"
    """Its reader was asked whether they still read it."""
    TOLD = "told"
    """The coordinator was told that its reader does not answer."""
    ASIDE = "aside"
    """Put aside by its reader to take another case first, until an instant."""
    ASIDE_ASKED = "aside_asked"
    """Put aside for too long: its reader was asked."""
    ASIDE_TOLD = "aside_told"
    OPENED = "opened"
    """The case was opened to others; the claim has ended."""


class SignMeans(StrEnum):
    """By what a human shows that they are there."""

    KEY = "key"
    """A key of a page."""
    TEXT = "text"
    """Report text, or a first result, was saved."""
    TELEPHONE = "telephone"


ASIDE = frozenset({ClaimStage.ASIDE, ClaimStage.ASIDE_ASKED, ClaimStage.ASIDE_TOLD})
"""The stages of a claim whose reader reads something else meanwhile."""


class ClaimAction(StrEnum):
    """What moves a claim."""

    SIGN = "sign"
    """A human sign of its reader: a key, report text, the telephone."""
    PUT_ASIDE = "put_aside"
    RESUME = "resume"
    RUN_OUT = "run_out"
    """Its due instant has come."""
    LEAVE = "leave"
    """The coordinator leaves it with its reader."""
    OPEN = "open"
    """The coordinator opens the case to others."""


_S, _A = ClaimStage, ClaimAction

TRANSITIONS: Mapping[tuple[ClaimStage, ClaimAction], ClaimStage] = MappingProxyType(
    {
        (_S.ACTIVE, _A.SIGN): _S.ACTIVE,
        (_S.ASKED, _A.SIGN): _S.ACTIVE,
        (_S.TOLD, _A.SIGN): _S.ACTIVE,
        # A pause is bounded by its own instant: a sign does not lengthen it.
        (_S.ASIDE, _A.SIGN): _S.ASIDE,
        (_S.ASIDE_ASKED, _A.SIGN): _S.ASIDE_ASKED,
        (_S.ASIDE_TOLD, _A.SIGN): _S.ASIDE_TOLD,
        (_S.ACTIVE, _A.PUT_ASIDE): _S.ASIDE,
        (_S.ASKED, _A.PUT_ASIDE): _S.ASIDE,
        (_S.TOLD, _A.PUT_ASIDE): _S.ASIDE,
        (_S.ASIDE_ASKED, _A.PUT_ASIDE): _S.ASIDE,
        (_S.ASIDE_TOLD, _A.PUT_ASIDE): _S.ASIDE,
        (_S.ASIDE, _A.RESUME): _S.ACTIVE,
        (_S.ASIDE_ASKED, _A.RESUME): _S.ACTIVE,
        (_S.ASIDE_TOLD, _A.RESUME): _S.ACTIVE,
        (_S.ACTIVE, _A.RUN_OUT): _S.ASKED,
        (_S.ASKED, _A.RUN_OUT): _S.TOLD,
        (_S.TOLD, _A.RUN_OUT): _S.OPENED,
        (_S.ASIDE, _A.RUN_OUT): _S.ASIDE_ASKED,
        (_S.ASIDE_ASKED, _A.RUN_OUT): _S.ASIDE_TOLD,
        (_S.ASIDE_TOLD, _A.RUN_OUT): _S.OPENED,
        (_S.ASKED, _A.LEAVE): _S.ACTIVE,
        (_S.TOLD, _A.LEAVE): _S.ACTIVE,
        (_S.ASIDE_ASKED, _A.LEAVE): _S.ASIDE,
        (_S.ASIDE_TOLD, _A.LEAVE): _S.ASIDE,
        (_S.ACTIVE, _A.OPEN): _S.OPENED,
        (_S.ASKED, _A.OPEN): _S.OPENED,
        (_S.TOLD, _A.OPEN): _S.OPENED,
        (_S.ASIDE, _A.OPEN): _S.OPENED,
        (_S.ASIDE_ASKED, _A.OPEN): _S.OPENED,
        (_S.ASIDE_TOLD, _A.OPEN): _S.OPENED,
    }
)
"""Every allowed move of a claim that stands; what is not here is refused."""

_REFUSALS: Mapping[ClaimAction, str] = MappingProxyType(
    {
        ClaimAction.SIGN: "it is no longer yours: claim it again if you still read it",
        ClaimAction.PUT_ASIDE: "it is put aside already: resume it, or give it back",
        ClaimAction.RESUME: "it is not put aside",
        ClaimAction.RUN_OUT: "its time is over already",
        ClaimAction.LEAVE: "nobody has been asked about it: there is nothing to decide",
        ClaimAction.OPEN: "it is open to others already",
    }
)


class ClaimMoveRefused(Conflict):
    """The claim stands where this is not possible."""

    def __init__(self, stage: ClaimStage, action: ClaimAction) -> None:
        super().__init__(f"the claim of this case is {stage.value}: {_REFUSALS[action]}")
        self.stage = stage
        self.action = action


def next_stage(stage: ClaimStage, action: ClaimAction) -> ClaimStage:
    """Say where an action leads a claim.

    Raises
    ------
    ClaimMoveRefused
        If the table has no such move.
    """
    try:
        return TRANSITIONS[stage, action]
    except KeyError:
        raise ClaimMoveRefused(stage, action) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the instants of a claim are made of."""

    expected_read: timedelta
    aside_within: timedelta
    answer_within: timedelta
    slack_ends_at: datetime | None
    """Aware; nothing: the case is due at no time."""


def find_pause_end(pace: Pace, *, now: datetime) -> datetime:
    """Say until when a case that is put aside now may stay so.

    Not beyond the instant at which it must be taken up again to be in time, while that is still
    to come.
    """
    latest, slack_ends_at = now + pace.aside_within, pace.slack_ends_at
    return latest if slack_ends_at is None or slack_ends_at <= now else min(latest, slack_ends_at)


def find_stage_due(stage: ClaimStage, *, pace: Pace, now: datetime) -> datetime | None:
    """Say when somebody looks again at a claim that comes to a stage now; nothing once opened."""
    if stage is ClaimStage.OPENED:
        return None
    if stage is ClaimStage.ACTIVE:
        return now + pace.expected_read * PATIENCE
    if stage is ClaimStage.ASIDE:
        return find_pause_end(pace, now=now)
    return now + pace.answer_within
