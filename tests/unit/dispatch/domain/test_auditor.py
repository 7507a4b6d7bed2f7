"""What an audit proves of a case, and what it finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.cases.domain.states import CaseState
from app.dispatch.domain.auditor import CaseAudited, Fault, find_faults

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
SOON, LONG_AGO = NOW + timedelta(minutes=1), NOW - timedelta(minutes=2, seconds=1)
OPEN = CaseAudited(
    case_id=1,
    state=CaseState.OPEN,
    has_images=True,
    was_decided=False,
    is_decided_anew=False,
    nominees=0,
    reader_id=None,
    claimed_by=None,
    dispatch_due_at=SOON,
    step_due_at=None,
    claim_due_at=None,
    images_due_at=None,
)
NOMINATED = replace(OPEN, state=CaseState.NOMINATED, was_decided=True, nominees=2)
LEFT_ITS_READER = replace(NOMINATED, nominees=0, is_decided_anew=True, dispatch_due_at=NOW)
READING = replace(
    OPEN,
    state=CaseState.READING,
    was_decided=True,
    reader_id=7,
    claimed_by=7,
    dispatch_due_at=None,
    claim_due_at=SOON,
)
AWAITED = replace(OPEN, has_images=False, dispatch_due_at=None, images_due_at=SOON)


@pytest.mark.parametrize("case", [OPEN, NOMINATED, LEFT_ITS_READER, READING, AWAITED])
def test_a_case_with_an_owner_and_a_deadline_to_come_is_proved(case: CaseAudited) -> None:
    assert find_faults(case, now=NOW) == ()


@pytest.mark.parametrize(
    ("case", "changes", "faults"),
    [
        (OPEN, {"was_decided": True}, {Fault.NO_OWNER}),
        (OPEN, {"dispatch_due_at": None}, {Fault.NO_DEADLINE}),
        (OPEN, {"dispatch_due_at": LONG_AGO}, {Fault.OVERDUE}),
        (NOMINATED, {"nominees": 0}, {Fault.NO_OWNER}),
        (NOMINATED, {"dispatch_due_at": None}, {Fault.NO_DEADLINE}),
        (LEFT_ITS_READER, {"dispatch_due_at": LONG_AGO}, {Fault.OVERDUE}),
        (NOMINATED, {"step_due_at": LONG_AGO}, {Fault.OVERDUE}),
        (READING, {"claimed_by": None, "claim_due_at": None}, set(Fault) - {Fault.OVERDUE}),
        (READING, {"claimed_by": 8}, {Fault.CLAIM_LOST}),
        (READING, {"claim_due_at": LONG_AGO}, {Fault.OVERDUE}),
        (READING, {"claim_due_at": None, "dispatch_due_at": SOON}, {Fault.NO_DEADLINE}),
        (AWAITED, {"images_due_at": None}, {Fault.NO_DEADLINE}),
        (AWAITED, {"images_due_at": LONG_AGO}, {Fault.OVERDUE}),
    ],
)
def test_what_is_wrong_is_found(
    case: CaseAudited, changes: dict[str, object], faults: set[Fault]
) -> None:
    assert set(find_faults(replace(case, **changes), now=NOW)) == faults  # type: ignore[arg-type]


def test_what_is_late_by_less_than_two_minutes_is_left_to_those_whose_work_it_is() -> None:
    due = NOW - timedelta(minutes=2)

    assert find_faults(replace(OPEN, dispatch_due_at=due), now=NOW) == ()
    assert find_faults(replace(READING, claim_due_at=due), now=NOW) == ()
