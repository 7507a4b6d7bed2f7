"""What a logged call must say, and when it confirms."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from app.reports.domain.calls import CallMade, CallOutcome, check_call

REACHED = CallMade(
    number="+33 5 59 00 00 15", outcome=CallOutcome.REACHED, told_to="Dr Martin", read_back=True
)
MISSED = CallMade(number="4512", outcome=CallOutcome.NO_ANSWER)


@pytest.mark.parametrize("call", [REACHED, MISSED, replace(REACHED, read_back=False, note="Bis.")])
def test_a_call_that_says_all_is_kept(call: CallMade) -> None:
    check_call(call)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (replace(REACHED, told_to=" "), "who was told"),
        (replace(REACHED, told_to="x" * 501), "who was told"),
        (replace(REACHED, number=""), "number called"),
        (replace(REACHED, number="le standard"), "in digits"),
        (replace(REACHED, number="1" * 61), "in digits"),
        (replace(REACHED, number="15\0"), "no text"),
        (replace(REACHED, note="\ud800"), "no text"),
        (replace(REACHED, result="\0"), "no text"),
        (replace(MISSED, told_to="Dr Martin"), "nobody was reached"),
        (replace(MISSED, read_back=True), "nobody was reached"),
        (replace(MISSED, outcome=CallOutcome.LEFT_MESSAGE, result="Normal."), "nobody was reached"),
    ],
)
def test_a_call_that_contradicts_itself_is_refused(call: CallMade, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        check_call(call)


@given(outcome=st.sampled_from(CallOutcome), read_back=st.booleans())
def test_only_what_somebody_read_back_is_confirmed(
    outcome: CallOutcome, *, read_back: bool
) -> None:
    call = replace(REACHED, outcome=outcome, read_back=read_back)

    assert call.confirms is (outcome is CallOutcome.REACHED and read_back)
