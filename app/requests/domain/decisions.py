"""What a radiologist decides before the exam."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from app.requests.domain.content import LONGEST_LINE, LONGEST_TEXT
from app.requests.domain.faults import ContentRefused, Fault
from app.requests.domain.states import RequestAction


class DecisionKind(StrEnum):
    """The decisions; each is one move of the request."""

    VALIDATED = "validated"
    SUBSTITUTED = "substituted"
    """Another exam answers the question better."""
    REFUSED = "refused"
    MORE_INFORMATION = "more_information"


ACTIONS: Mapping[DecisionKind, RequestAction] = MappingProxyType(
    {
        DecisionKind.VALIDATED: RequestAction.VALIDATE,
        DecisionKind.SUBSTITUTED: RequestAction.SUBSTITUTE,
        DecisionKind.REFUSED: RequestAction.REFUSE,
        DecisionKind.MORE_INFORMATION: RequestAction.ASK,
    }
)

_NEEDED: Mapping[DecisionKind, tuple[str, ...]] = {
    DecisionKind.VALIDATED: ("protocol",),
    DecisionKind.SUBSTITUTED: ("exam", "protocol", "reason"),
    DecisionKind.REFUSED: ("reason",),
    DecisionKind.MORE_INFORMATION: ("reason",),
}
_LENGTHS = {"protocol": LONGEST_TEXT, "exam": LONGEST_LINE, "reason": LONGEST_TEXT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision, in free text.

    Parameters
    ----------
    protocol
        How the exam is to be done; with an accepted exam.
    exam
        The exam to be done instead; only with a substitution.
    reason
        Why; or, when more information is wanted, what the site is asked.
    """

    kind: DecisionKind
    protocol: str = ""
    exam: str = ""
    reason: str = ""


def check_decision(decision: Decision) -> Decision:
    """Return a decision as it is kept: trimmed, and without what its kind does not have.

    Raises
    ------
    ContentRefused
        With every text that is missing or too long.
    """
    kept = {name: getattr(decision, name).replace("\r\n", "\n").strip() for name in _LENGTHS}
    faults = tuple(_find_faults(decision.kind, kept))
    if faults:
        raise ContentRefused(faults)
    wanted = {name: kept[name] for name in _NEEDED[decision.kind]}
    return Decision(kind=decision.kind, **wanted)


def _find_faults(kind: DecisionKind, kept: Mapping[str, str]) -> Iterator[Fault]:
    for name in _NEEDED[kind]:
        if not kept[name]:
            yield Fault(name, "this is needed")
        elif len(kept[name]) > _LENGTHS[name]:
            yield Fault(name, f"at most {_LENGTHS[name]} characters")
        elif "\x00" in kept[name]:
            yield Fault(name, "no control characters")
