"""The turnaround against a plain reckoning of the same histories."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.intervals import SPANS, Milestone, Span
from app.cases.models import Case, CaseEvent
from app.cases.repository.links import link_request
from app.directory.domain import Role
from app.directory.domain.actor import EVERYTHING, Scope
from app.indicators.queries import load_intervals, load_turnaround
from app.indicators.views import Grouping, Turnaround, TurnaroundFilter
from app.intake.models import Patient
from app.planning.models import Guard
from app.requests.models import Request
from tests.factories.stage import NIGHT, Stage, add_user, set_stage

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=30)
NOW = START + timedelta(days=20)
DUE = timedelta(minutes=60)
MOVES = {
    Milestone.NOMINATED: "nominated",
    Milestone.CLAIMED: "reading",
    Milestone.SIGNED: "signed",
    Milestone.DELIVERED: "delivered",
    Milestone.READ_AT_SITE: "acknowledged",
}
KINDS = {
    Milestone.COMPLETE: "complete",
    Milestone.DECIDED: "request_decided",
    Milestone.EXAM_FINISHED: "exam_finished",
    Milestone.ACKNOWLEDGED: "acknowledged",
    Milestone.PRELIMINARY: "preliminary",
    Milestone.CRITICAL_FOUND: "critical_found",
    Milestone.CRITICAL_CONFIRMED: "critical_confirmed",
}
STEPS = (*MOVES, *KINDS)
ASKED: dict[str, Any] = {
    "state": "validated",
    "state_at": NIGHT,
    "requested_at": NIGHT,
    "priority": "P2",
    "family_name": "MARTIN",
    "question": "Hémorragie ?",
    "region": "head",
    "exam": "TDM cérébrale",
    "requester": "Dr Durand",
    "call_back_number": "0556000000",
    "patient_informed": True,
}


@dataclass(frozen=True)
class History:
    """What happened to a case: seconds from its first image to each of the steps it reached."""

    first_image_at: datetime = START + timedelta(days=1)
    after_s: dict[Milestone, int] = field(default_factory=dict)
    priority: str = "P2"
    voided: bool = False

    def find(self, milestone: Milestone) -> int | None:
        return 0 if milestone is Milestone.FIRST_IMAGE else self.after_s.get(milestone)


def draw_histories() -> st.SearchStrategy[list[History]]:
    history = st.builds(
        History,
        first_image_at=st.integers(0, 18 * 86400).map(lambda s: START + timedelta(seconds=s)),
        after_s=st.dictionaries(st.sampled_from(STEPS), st.integers(0, 9000)),
        priority=st.sampled_from(["P1", "P2", "P3"]),
        voided=st.booleans(),
    )
    return st.lists(history, max_size=12)


async def write(stage: Stage, histories: Sequence[History]) -> None:
    session = stage.session
    patient = Patient(domain_id=stage.domain.id, patient_id=str(len(histories)))
    session.add(patient)
    await session.flush()
    for history in histories:
        case = Case(
            site_id=stage.site.id,
            patient_id=patient.id,
            priority=history.priority,
            priority_reason="",
            # The trigger writes this one move; only the events below count.
            state="voided" if history.voided else "open",
            state_at=history.first_image_at,
            created_at=history.first_image_at,
            first_image_at=history.first_image_at,
            signed_due_at=history.first_image_at + DUE,
        )
        session.add(case)
        await session.flush()
        for milestone, seconds in history.after_s.items():
            # A second, later one of each: only the first counts.
            for at_s in (seconds, seconds + 77):
                await session.execute(
                    insert(CaseEvent).values(
                        case_id=case.id,
                        at=history.first_image_at + timedelta(seconds=at_s),
                        kind=KINDS.get(milestone, "moved"),
                        state_to=MOVES.get(milestone),
                    )
                )


def take_nearest_rank(values: Sequence[int], share: Fraction) -> int | None:
    """Take the smallest value such that at least this share of them are not above it."""
    return min(
        (
            value
            for value in values
            if Fraction(sum(other <= value for other in values), len(values)) >= share
        ),
        default=None,
    )


async def load(stage: Stage, grouping: Grouping, **wanted: object) -> Turnaround:
    return await load_turnaround(
        stage.session,
        scope=EVERYTHING,
        wanted=TurnaroundFilter(start=START, end=END, **wanted),  # type: ignore[arg-type]
        grouping=grouping,
        zone="Europe/Paris",
        now=NOW,
    )


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    return await set_stage(session)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories=draw_histories())
@pytest.mark.asyncio
async def test_the_figures_are_those_of_a_plain_reckoning(
    stage: Stage, histories: list[History]
) -> None:
    async with stage.session.begin_nested() as savepoint:
        await write(stage, histories)

        turnaround = await load(stage, Grouping.PRIORITY)

        await savepoint.rollback()
    counted = [history for history in histories if not history.voided]
    priorities = sorted({history.priority for history in counted})
    assert [group.key for group in turnaround.groups] == priorities
    for group in turnaround.groups:
        own = [history for history in counted if history.priority == group.key]
        assert group.case_count == len(own)
        signed = [history.find(Milestone.SIGNED) for history in own]
        overdue = [
            each
            for each in own
            if each.find(Milestone.SIGNED) is None and each.first_image_at + DUE < NOW
        ]
        assert group.judged_count == sum(each is not None for each in signed) + len(overdue)
        assert group.within_sla_count == sum(
            each is not None and each <= DUE.total_seconds() for each in signed
        )
        for span, figures in zip(SPANS, group.spans, strict=True):
            both = [(each.find(span.start), each.find(span.end)) for each in own]
            values = [end - start for start, end in both if start is not None and end is not None]
            assert figures.span == span
            assert figures.count == len(values)
            assert figures.median_s == take_nearest_rank(values, Fraction(1, 2))
            assert figures.p90_s == take_nearest_rank(values, Fraction(9, 10))
            assert figures.p95_s == take_nearest_rank(values, Fraction(95, 100))
            assert figures.max_s == max(values, default=None)


@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(1, 100))
def test_the_oracle_is_the_value_at_the_rank(values: list[int], percent: int) -> None:
    share = Fraction(percent, 100)
    rank = math.ceil(share * len(values))

    assert take_nearest_rank(values, share) == sorted(values)[rank - 1]


@pytest.mark.asyncio
async def test_cases_are_put_together_by_the_guard_of_their_first_image(stage: Stage) -> None:
    evening = START + timedelta(days=1)
    for line, code in (("first", "evening"), ("backup", "backup_code")):
        stage.session.add(
            Guard(
                planning_id=stage.planning.id,
                segment_code=code,
                line=line,
                period=Range(evening, evening + timedelta(hours=4)),
                seats_needed=1,
            )
        )
    await write(stage, [History(first_image_at=evening), History(first_image_at=START)])

    turnaround = await load(stage, Grouping.SEGMENT)

    assert [(group.key, group.case_count) for group in turnaround.groups] == [
        ("", 1),
        ("evening", 1),
    ]
    (filtered,) = (await load(stage, Grouping.WHOLE, segment="evening")).groups
    assert filtered.case_count == 1


@pytest.mark.asyncio
async def test_a_day_is_a_day_on_the_wall_of_the_platform(stage: Stage) -> None:
    # 23:30 UTC is half past midnight in Paris, and the next month.
    late = datetime(2026, 11, 10, 23, 30, tzinfo=UTC)
    await write(stage, [History(first_image_at=late)])

    (day,) = (await load(stage, Grouping.DAY)).groups
    (month,) = (await load(stage, Grouping.MONTH)).groups

    assert (day.key, month.key) == ("2026-11-11", "2026-11")


@pytest.mark.asyncio
async def test_sites_and_societies_are_named_and_filtered(stage: Stage) -> None:
    other = await set_stage(stage.session, night=NOW + timedelta(days=90))
    await write(stage, [History(), History()])
    await write(other, [History()])

    by_site = (await load(stage, Grouping.SITE)).groups
    by_society = (await load(stage, Grouping.SOCIETY)).groups
    only = (await load(stage, Grouping.WHOLE, site_id=other.site.id)).groups
    of_society = (await load(stage, Grouping.WHOLE, society_id=stage.society.id)).groups

    assert {(group.label, group.case_count) for group in by_site} == {
        (stage.site.name, 2),
        (other.site.name, 1),
    }
    assert {(group.key, group.case_count) for group in by_society} == {
        (str(stage.society.id), 2),
        (str(other.society.id), 1),
    }
    assert [group.case_count for group in only] == [1]
    assert [group.case_count for group in of_society] == [2]


@pytest.mark.asyncio
async def test_what_is_outside_the_period_or_the_scope_is_not_counted(stage: Stage) -> None:
    at_the_end = History(first_image_at=END)
    await write(stage, [History(first_image_at=START), at_the_end])

    turnaround = await load(stage, Grouping.WHOLE)
    hidden = await load_turnaround(
        stage.session,
        scope=Scope(society_ids=frozenset({999_999})),
        wanted=TurnaroundFilter(start=START, end=END),
        grouping=Grouping.WHOLE,
        zone="Europe/Paris",
        now=NOW,
    )

    assert [group.case_count for group in turnaround.groups] == [1]
    assert turnaround.percentile == "nearest rank"
    assert hidden.groups == ()


@pytest.mark.asyncio
async def test_a_share_needs_something_to_be_judged(stage: Stage) -> None:
    soon = NOW - timedelta(minutes=10)
    signed = History(after_s={Milestone.SIGNED: 600})
    late = History(after_s={Milestone.SIGNED: 3601})

    await write(stage, [History(first_image_at=soon)])
    (group,) = (await load(stage, Grouping.WHOLE)).groups
    assert group.within_sla_share is None

    await write(stage, [signed, late, History()])
    (group,) = (await load(stage, Grouping.WHOLE)).groups
    assert group.within_sla_share == 1 / 3


async def write_asked_and_put_aside(stage: Stage) -> int:
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    request = Request(**ASKED, site_id=stage.site.id, requested_by=coordinator.user_id)
    stage.session.add(request)
    await stage.session.flush()
    await write(
        stage,
        [
            History(
                first_image_at=NIGHT + timedelta(minutes=30),
                after_s={
                    Milestone.NOMINATED: 5,
                    Milestone.CLAIMED: 60,
                    Milestone.SIGNED: 1260,
                    Milestone.READ_AT_SITE: 4000,
                },
            )
        ],
    )
    case_id = await stage.session.scalar(select(func.max(Case.id))) or 0
    await link_request(stage.session, case_id=case_id, request_id=request.id, now=NIGHT)
    for kind, after_s in (("put_aside", 200), ("put_aside", 260), ("resumed", 500)):
        await stage.session.execute(
            insert(CaseEvent).values(
                case_id=case_id,
                at=NIGHT + timedelta(minutes=30, seconds=after_s),
                kind=kind,
            )
        )
    return case_id


@pytest.mark.asyncio
async def test_the_figures_of_one_case_are_its_own_intervals(stage: Stage) -> None:
    case_id = await write_asked_and_put_aside(stage)

    intervals = await load_intervals(stage.session, case_id=case_id)
    (group,) = (
        await load_turnaround(
            stage.session,
            scope=EVERYTHING,
            wanted=TurnaroundFilter(start=NIGHT, end=NIGHT + timedelta(days=1)),
            grouping=Grouping.WHOLE,
            zone="Europe/Paris",
            now=NOW,
        )
    ).groups

    took = {each.span: each.took.total_seconds() for each in intervals}
    assert took[Span(Milestone.REQUESTED, Milestone.SIGNED)] == 1800 + 1260
    assert sorted(
        each.took.total_seconds() for each in intervals if each.span.start is Milestone.CLAIMED
    ) == [900, 1200]
    assert {each.span: each.max_s for each in group.spans if each.count} == took
