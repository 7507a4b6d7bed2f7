"""What a peer proposed and what became of it, explained as somebody at the telephone needs it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.intake.domain.arrival import ContextSeen
from app.intake.domain.sop_classes import is_storage_class

STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
_VERIFICATION, _PERFORMED_STEP = "1.2.840.10008.1.1", "1.2.840.10008.3.1.2.3.3"
_STATUS = re.compile(r"(?P<count>\d+) x 0x(?P<status>[0-9A-Fa-f]{4})")


class WhyRefused(StrEnum):
    """Why a presentation context was refused, as far as it can be told afterwards."""

    COMMITMENT_OFF = "commitment_off"
    """Storage commitment, which is off for the site, or whose answer would have no address."""
    NO_SUCH_SERVICE = "no_such_service"
    """A service that we do not offer on this port: query, printing, worklists..."""
    CLASS_NOT_TAKEN = "class_not_taken"
    """A storage class that is not on the sender's own list."""
    SYNTAX_NOT_TAKEN = "syntax_not_taken"
    """None of the transfer syntaxes is on the sender's own list."""
    SYNTAX_UNKNOWN = "syntax_unknown"
    """None of the transfer syntaxes fits the service: notices and echoes come uncompressed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken from a sender, as it is set now.

    Parameters
    ----------
    sop_classes, transfer_syntaxes
        Empty: all.
    commits
        Is a request of storage commitment answered?
    """

    sop_classes: tuple[str, ...] = ()
    transfer_syntaxes: tuple[str, ...] = ()
    commits: bool = False


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many objects were answered with a failure.

    Parameters
    ----------
    status
        PS3.7 annex C, PS3.4 §B.2.3; 0 to 0xFFFF.
    """

    count: int
    status: int


def explain_refused_context(context: ContextSeen, *, taken: Taken) -> WhyRefused:
    """Say why a context was refused, by what the sender's settings are now.

    The answer of PS3.8 table 9-18 is not kept: what the settings do not explain is the syntaxes.
    """
    uid = context.abstract_syntax
    if uid == STORAGE_COMMITMENT and not taken.commits:
        return WhyRefused.COMMITMENT_OFF
    if not is_storage_class(uid):
        is_offered = uid in {_VERIFICATION, _PERFORMED_STEP, STORAGE_COMMITMENT}
        return WhyRefused.SYNTAX_UNKNOWN if is_offered else WhyRefused.NO_SUCH_SERVICE
    if taken.sop_classes and uid not in taken.sop_classes:
        return WhyRefused.CLASS_NOT_TAKEN
    if taken.transfer_syntaxes and not set(taken.transfer_syntaxes) & set(context.proposed):
        return WhyRefused.SYNTAX_NOT_TAKEN
    return WhyRefused.SYNTAX_UNKNOWN


def read_contexts(rows: Iterable[Mapping[str, Any]] | None) -> tuple[ContextSeen, ...]:
    """Read the contexts of a row of the log; none when nobody noted them."""
    return tuple(
        ContextSeen(str(row["abstract"]), tuple(row["proposed"]), row["accepted"])
        for row in rows or ()
    )


def read_statuses(reason: str | None) -> tuple[StatusCount, ...]:
    """Read the failures that the gateway counts in a reason such as `3 x 0xA700, 1 x 0xC000`.

    Returns
    -------
    tuple
        One entry a status, most frequent first, ties by status; empty for any other text.
    """
    counts: Counter[int] = Counter()
    for found in _STATUS.finditer(reason or ""):
        counts[int(found["status"], 16)] += int(found["count"])
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(StatusCount(count, status) for status, count in ordered)
