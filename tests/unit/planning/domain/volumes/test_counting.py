"""Counting what was received inside the segments: weights, contracts, months."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calendars import GUARDS, Calendar, CalendarKind, LaidCalendar
from app.planning.domain.segments import EVERY_DAY, SeatsNeeded, SegmentRule, default_rules
from app.planning.domain.volumes.contracts import (
    MILLION,
    Contract,
    CountsFor,
    part_of_referent,
    split,
)
from app.planning.domain.volumes.counting import Kind, MonthlyCount, Received, Rules, count
from app.planning.domain.volumes.months import (
    add_months,
    list_months,
    month_of,
    twelve_months_before,
)
from app.planning.domain.volumes.weights import ONE_EXAM, ExamWeight, WeightTable

PARIS = ZoneInfo("Europe/Paris")
FIRST, LAST = date(2026, 1, 1), date(2026, 7, 1)
GOLFE, OCEAN = 1, 2
REFERENTS = {10: GOLFE, 11: GOLFE, 20: OCEAN}
MARCH = date(2026, 3, 1)


def lay(rules: tuple[SegmentRule, ...]) -> LaidCalendar:
    calendar = Calendar(GUARDS, CalendarKind.GUARD, rules)
    return calendar.lay(first=FIRST, last=LAST, holidays=frozenset())


ALWAYS = lay(default_rules(zone=PARIS, valid_from=date(2025, 1, 1)))


def by(
    *contracts: Contract, weights: WeightTable | None = None, segments: LaidCalendar = ALWAYS
) -> Rules:
    return Rules(
        segments=segments,
        zone=PARIS,
        referents=REFERENTS,
        contracts=contracts,
        weights=weights or WeightTable(),
    )


def receive(
    kind: Kind = Kind.EXAM,
    *,
    at: datetime = datetime(2026, 3, 4, 20, tzinfo=UTC),
    site: int = 10,
    modality: str = "CT",
    region: str = "",
) -> Received:
    return Received(kind, at, site, (modality,), (region,))


def test_only_exams_count_and_the_rest_is_shown_apart() -> None:
    kinds = [Kind.EXAM, Kind.EXAM, Kind.TEST, Kind.RESEND, Kind.PRIOR, Kind.PRIOR, Kind.REFUSAL]

    found = count([receive(kind) for kind in kinds], rules=by())

    assert found.counts == (
        MonthlyCount(
            GOLFE, MARCH, exams=2, weighted=2_000, tests=1, resends=1, priors=2, refusals=1
        ),
    )


def test_an_exam_belongs_to_the_month_on_the_wall() -> None:
    # 23:30 UTC on the last of February is March in Paris.
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)

    found = count([receive(at=late), receive(at=late - timedelta(hours=1))], rules=by())

    assert [each.month for each in found.counts] == [date(2026, 2, 1), MARCH]


def test_an_exam_in_a_segment_that_needs_nobody_does_not_count() -> None:
    rules = tuple(
        SegmentRule(
            name,
            EVERY_DAY,
            rule_start,
            rule_end,
            zone=PARIS,
            valid_from=date(2025, 1, 1),
            needed=SeatsNeeded(readers=readers),
        )
        for name, rule_start, rule_end, readers in (
            ("night", datetime(2026, 1, 1, 20).time(), datetime(2026, 1, 1, 8).time(), 2),  # noqa: DTZ001
            ("day", datetime(2026, 1, 1, 8).time(), datetime(2026, 1, 1, 20).time(), 0),  # noqa: DTZ001
        )
    )
    in_the_day, at_night = (datetime(2026, 3, 4, hour, tzinfo=UTC) for hour in (11, 20))

    found = count(
        [receive(at=in_the_day), receive(Kind.TEST, at=in_the_day), receive(at=at_night)],
        rules=by(segments=lay(rules)),
    )

    assert found.counts == (MonthlyCount(GOLFE, MARCH, exams=1, weighted=1_000),)
    assert found.outside == {MARCH: 1}


def test_the_start_of_a_guard_is_inside_and_before_the_first_rule_nothing_is() -> None:
    segments = lay(default_rules(zone=PARIS, valid_from=MARCH))
    opening = datetime(2026, 2, 28, 23, tzinfo=UTC)

    found = count(
        [receive(at=opening), receive(at=opening - timedelta(seconds=1))],
        rules=by(segments=segments),
    )

    assert [each.exams for each in found.counts] == [1]
    assert found.outside == {date(2026, 2, 1): 1}


WEIGHTS = WeightTable(
    (
        ExamWeight("CT", None, 1_500, date(2026, 1, 1)),
        ExamWeight("CT", "HEAD", 800, date(2026, 1, 1)),
        ExamWeight("ct ", "head", 900, date(2026, 3, 1)),
        ExamWeight("CR", None, 250, date(2026, 1, 1)),
    )
)


@pytest.mark.parametrize(
    ("modalities", "regions", "on", "weight"),
    (
        (["CT"], ["CHEST"], MARCH, 1_500),
        (["CT"], ["HEAD"], date(2026, 2, 28), 800),
        (["CT"], ["head "], MARCH, 900),
        (["CT"], [], MARCH, 1_500),
        (["CT"], ["HEAD", "CHEST"], MARCH, 1_500),  # once, as the heaviest part
        (["CT"], ["HEAD", ""], MARCH, 1_500),  # a series without a region is of any
        (["CR", "SR"], [""], MARCH, 250),  # what the table does not know adds nothing
        (["MR"], ["HEAD"], MARCH, ONE_EXAM),
        (["CT"], ["CHEST"], date(2025, 12, 31), ONE_EXAM),
        ([], [], MARCH, ONE_EXAM),
    ),
)
def test_an_exam_weighs_what_the_table_said_on_its_date(
    modalities: list[str], regions: list[str], on: date, weight: int
) -> None:
    assert WEIGHTS.weigh(modalities, regions=regions, on=on) == weight


def test_weights_that_say_two_things_are_refused() -> None:
    row = ExamWeight("CT", "HEAD", 800, MARCH)

    with pytest.raises(ValueError, match="CT HEAD has two weights from 2026-03-01"):
        WeightTable((row, ExamWeight("ct", "Head", 900, MARCH)))
    with pytest.raises(ValueError, match="is negative"):
        ExamWeight("CT", None, -1, MARCH)
    with pytest.raises(ValueError, match="needs a modality"):
        ExamWeight(" ", None, 1, MARCH)


def test_a_contract_says_from_its_date_for_whom_a_site_counts() -> None:
    contracts = (
        Contract(10, date(2026, 3, 1), date(2026, 4, 1), CountsFor.COMMON),
        Contract(10, date(2026, 4, 1), None, CountsFor.SPLIT, 250_000),
    )
    days = [date(2026, 2, 10), date(2026, 3, 10), date(2026, 4, 10)]
    received = [
        receive(at=datetime(day.year, day.month, day.day, 20, tzinfo=UTC))
        for day in days
        for _ in range(4)
    ]

    found = count(received, rules=by(*contracts))

    counted = [(each.society, each.month.month, each.exams) for each in found.counts]
    assert counted == [(GOLFE, 2, 4), (GOLFE, 3, 0), (None, 3, 4), (GOLFE, 4, 1), (None, 4, 3)]


def test_what_is_shown_apart_stays_with_the_referent() -> None:
    common = Contract(10, date(2026, 1, 1), None, CountsFor.COMMON)

    found = count([receive(Kind.TEST), receive()], rules=by(common))

    assert found.counts == (
        MonthlyCount(GOLFE, MARCH, tests=1),
        MonthlyCount(None, MARCH, exams=1, weighted=1_000),
    )


@given(number=st.integers(0, 10**9), part=st.integers(0, MILLION))
def test_a_split_loses_nothing_and_is_the_nearest_whole_number(number: int, part: int) -> None:
    own, pot = split(number, part=part)

    assert own + pot == number
    assert own >= 0
    assert pot >= 0
    assert abs(own * MILLION - number * part) * 2 <= MILLION


def test_a_contract_that_nobody_could_count_by_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Contract(1, MARCH, MARCH, CountsFor.COMMON)
    with pytest.raises(ValueError, match="1000001 millionths"):
        Contract(1, MARCH, None, CountsFor.SPLIT, MILLION + 1)
    assert part_of_referent([], site=1, on=MARCH) == MILLION


received = st.builds(
    Received,
    kind=st.sampled_from(Kind),
    at=st.datetimes(datetime(2026, 1, 3), datetime(2026, 6, 28), timezones=st.just(UTC)),  # noqa: DTZ001
    site=st.sampled_from(sorted(REFERENTS)),
    modalities=st.sampled_from([("CT",), ("MR", "SR"), ("CR",)]),
    regions=st.sampled_from([(), ("HEAD",), ("HEAD", "CHEST")]),
)
contracts = st.lists(
    st.builds(
        Contract,
        site=st.just(10),
        since=st.just(MARCH),
        until=st.none(),
        counts_for=st.sampled_from(CountsFor),
        referent_share=st.integers(0, MILLION),
    ),
    max_size=1,
)


@given(found=st.lists(received, max_size=40), agreed=contracts)
def test_every_exam_is_counted_once_whoever_it_counts_for(
    found: list[Received], agreed: list[Contract]
) -> None:
    counted = count(found, rules=by(*agreed, weights=WEIGHTS)).counts

    kinds = Counter(each.kind for each in found)
    assert sum(each.exams for each in counted) == kinds[Kind.EXAM]
    assert sum(each.tests for each in counted) == kinds[Kind.TEST]
    assert sum(each.resends for each in counted) == kinds[Kind.RESEND]
    assert sum(each.priors for each in counted) == kinds[Kind.PRIOR]
    assert sum(each.refusals for each in counted) == kinds[Kind.REFUSAL]
    assert sum(each.weighted for each in counted) == sum(
        WEIGHTS.weigh(each.modalities, regions=each.regions, on=each.at.astimezone(PARIS).date())
        for each in found
        if each.kind is Kind.EXAM
    )


@given(found=st.lists(received, max_size=20))
def test_the_order_of_arrival_changes_nothing(found: list[Received]) -> None:
    assert count(found, rules=by()) == count(found[::-1], rules=by())


@given(day=st.dates(date(5, 1, 1), date(9000, 1, 1)), months=st.integers(-24, 24))
def test_months_are_added_and_listed(day: date, months: int) -> None:
    month = month_of(day)
    later = add_months(month, months)

    assert later.day == 1
    assert len(list_months(min(month, later), max(month, later))) == abs(months)
    since, until = twelve_months_before(day)
    assert until == month
    assert len(list_months(since, until)) == 12
