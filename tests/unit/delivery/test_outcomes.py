"""The status of a peer decides whether a repeat makes sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.domain.outcomes import FINAL, Outcome, read_status, sum_up


@pytest.mark.parametrize("status", [0x0000, 0x0107, 0x0111, 0xB000, 0xB006, 0xB007])
def test_success_warning_and_duplicate_are_accepted(status: int) -> None:
    assert read_status(status) is Outcome.ACCEPTED


@pytest.mark.parametrize("status", [0xA700, 0xA702, 0x0110, 0xC000, 0xC211])
def test_faults_of_the_receiver_may_pass(status: int) -> None:
    assert read_status(status) is Outcome.BUSY


@pytest.mark.parametrize("status", [0x0117, 0x0122, 0x0124, 0xA900, 0xA901])
def test_refusals_of_the_object_are_final(status: int) -> None:
    assert read_status(status) in FINAL


@given(status=st.integers(min_value=0, max_value=0xFFFF))
def test_every_status_has_a_meaning(status: int) -> None:
    assert read_status(status) in {Outcome.ACCEPTED, Outcome.BUSY, Outcome.REFUSED}


@given(outcomes=st.lists(st.sampled_from(Outcome)))
def test_several_files_are_accepted_only_when_each_is(outcomes: list[Outcome]) -> None:
    total = sum_up(outcomes)

    assert (total is Outcome.ACCEPTED) == all(each is Outcome.ACCEPTED for each in outcomes)
    passing = [each for each in outcomes if each not in FINAL and each is not Outcome.ACCEPTED]
    if passing:
        assert total is passing[0]
