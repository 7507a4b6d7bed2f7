"""How a try can end, and what the status of a peer means for the next one."""

from collections.abc import Iterable
from enum import StrEnum

_WARNINGS = frozenset({0x0001, 0x0107, 0x0116})
_DUPLICATE_SOP_INSTANCE = 0x0111
_FINAL_REFUSALS = frozenset(
    {
        0x0117,  # invalid SOP instance
        0x0119,  # class and instance contradict each other
        0x0122,  # SOP class not supported
        0x0124,  # not authorised
        0x0210,  # duplicate invocation
        0x0211,  # unrecognised operation
        0x0212,  # mistyped argument
    }
)
_WARNING_RANGE = range(0xB000, 0xC000)
_DATA_DOES_NOT_MATCH = range(0xA800, 0xAA00)


class Outcome(StrEnum):
    """How one try ended."""

    ACCEPTED = "accepted"
    """The peer has it, with or without a warning."""
    BUSY = "busy"
    """The peer refused, and may take it later."""
    REFUSED = "refused"
    """The peer refused this object, and would refuse it again."""
    NO_CONTEXT = "no_context"
    """The peer does not take this SOP class in this transfer syntax."""
    REJECTED = "rejected"
    """The peer rejected the association."""
    UNREACHABLE = "unreachable"
    """Nobody answered at the address."""
    BROKEN = "broken"
    """The association ended, or its peer fell silent, before an answer."""
    UNREADABLE = "unreadable"
    """Our own file cannot be read or sent."""


FINAL = frozenset({Outcome.REFUSED, Outcome.NO_CONTEXT, Outcome.UNREADABLE})
"""Outcomes that no repeat can change."""
OF_THE_NODE = frozenset({Outcome.UNREACHABLE, Outcome.REJECTED})
"""Outcomes that concern the node, not what was to be sent: they hold for all that waits for it."""


def read_status(status: int) -> Outcome:
    """Tell what the status of a C-STORE response means.

    A duplicate is accepted: what we repeat is the same object, so that the peer has it. The range
    0xC000 ("cannot understand") is not final: receivers use it for faults of their own.

    References
    ----------
    PS3.7 annex C; PS3.4 §B.2.3.
    """
    if status == 0 or status in _WARNINGS or status in _WARNING_RANGE:
        return Outcome.ACCEPTED
    if status == _DUPLICATE_SOP_INSTANCE:
        return Outcome.ACCEPTED
    if status in _FINAL_REFUSALS or status in _DATA_DOES_NOT_MATCH:
        return Outcome.REFUSED
    return Outcome.BUSY


def sum_up(outcomes: Iterable[Outcome]) -> Outcome:
    """Give the one outcome that decides for several files.

    What a repeat may cure comes first, then what it cannot; accepted only when all are. Of two of
    a kind the first counts. Nothing to send is accepted.
    """
    seen = list(outcomes)
    passing = [each for each in seen if each is not Outcome.ACCEPTED and each not in FINAL]
    final = [each for each in seen if each in FINAL]
    return next(iter([*passing, *final]), Outcome.ACCEPTED)
