"""What a decision must hold."""

import pytest

from app.requests.domain.decisions import ACTIONS, Decision, DecisionKind, check_decision
from app.requests.domain.faults import ContentRefused

NEEDED = {
    DecisionKind.VALIDATED: {"protocol"},
    DecisionKind.SUBSTITUTED: {"exam", "protocol", "reason"},
    DecisionKind.REFUSED: {"reason"},
    DecisionKind.MORE_INFORMATION: {"reason"},
}


@pytest.mark.parametrize("kind", DecisionKind)
def test_each_decision_needs_its_own_texts_and_keeps_no_other(kind: DecisionKind) -> None:
    with pytest.raises(ContentRefused) as refused:
        check_decision(Decision(kind=kind, protocol=" "))
    kept = check_decision(Decision(kind=kind, protocol=" a ", exam="b", reason="c\r\nd"))

    assert {fault.field for fault in refused.value.faults} == NEEDED[kind]
    given = {"protocol": "a", "exam": "b", "reason": "c\nd"}
    assert kept == Decision(kind=kind, **{name: given[name] for name in NEEDED[kind]})


@pytest.mark.parametrize("reason", ["x" * 5001, "a\x00b"])
def test_a_text_that_is_too_long_or_cannot_be_stored_is_refused(reason: str) -> None:
    with pytest.raises(ContentRefused):
        check_decision(Decision(kind=DecisionKind.REFUSED, reason=reason))


def test_every_decision_is_a_move() -> None:
    assert set(ACTIONS) == set(DecisionKind)
    assert len(set(ACTIONS.values())) == len(DecisionKind)
