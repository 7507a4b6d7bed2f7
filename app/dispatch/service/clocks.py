"""The two clocks of an unclaimed case, as they stand now, and the pace of a claim."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.countdown import Countdown, find_countdown
from app.cases.domain.sla import Waiting, find_step_due
from app.cases.models import Case
from app.dispatch import repository
from app.dispatch.domain.exams import ExamKind
from app.dispatch.domain.watch import Pace
from app.dispatch.models import Claim
from app.dispatch.repository.measured import find_measured_in_force
from app.dispatch.repository.waiting import Unclaimed


def countdown_of(case: Case, *, expected_read: timedelta | None = None) -> Countdown | None:
    """Give the countdown of a case, by the read that is expected of it unless told otherwise."""
    return find_countdown(
        first_image_at=case.first_image_at,
        signed_due_at=case.signed_due_at,
        expected_read=expected_read or timedelta(seconds=case.expected_read_s),
    )


def find_next_step(
    case: Case,
    *,
    unclaimed: Unclaimed,
    done: int,
    now: datetime,
    expected_read: timedelta | None = None,
    begins_now: bool = False,
) -> datetime | None:
    """Say when the next step of an unclaimed case is due; nothing when none will come.

    The clock of acknowledgement starts anew when who had seen the case is no longer asked. A case
    that could be offered to nobody yet waits since that was first found.

    Parameters
    ----------
    begins_now
        Is it offered from now on, by a move that is not written yet?
    """
    since = now if begins_now else unclaimed.offered_at or unclaimed.nobody_since or now
    countdown = countdown_of(case, expected_read=expected_read)
    waiting = Waiting(
        offered_at=max(since, unclaimed.unseen_since or since),
        is_acknowledged=unclaimed.is_acknowledged,
        slack_ends_at=None if countdown is None else countdown.slack_ends_at,
    )
    return find_step_due(unclaimed.sla, done=done, waiting=waiting)


async def count_anew(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Let the next step of an unclaimed case be due by its clocks as they stand now."""
    case = await cases.get_case(session, case_id)
    unclaimed = await repository.find_unclaimed(session, case_id)
    step_due_at = find_next_step(case, unclaimed=unclaimed, done=case.step, now=now)
    await cases.change(session, case_id, step_due_at=step_due_at)


async def expect_read(session: AsyncSession, kind: ExamKind, *, radiologist_id: int) -> timedelta:
    """Say how long a reader is expected to need for an exam, by the read times in force."""
    measured = await find_measured_in_force(session)
    return timedelta(minutes=measured.read.expect(kind, radiologist_id=radiologist_id))


async def find_pace(session: AsyncSession, case: Case, *, expected_read: timedelta) -> Pace:
    """Find what the instants of a claim are made of."""
    sla = await cases.get_sla(session, case.id)
    countdown = countdown_of(case, expected_read=expected_read)
    return Pace(
        expected_read=expected_read,
        aside_within=sla.aside_within,
        answer_within=sla.answer_within,
        slack_ends_at=None if countdown is None else countdown.slack_ends_at,
    )


def expected_of(claim: Claim) -> timedelta:
    """Give how long the read was expected to take when it was claimed."""
    return timedelta(seconds=claim.expected_s)
