"""Images stay as long as anybody may need them, and as long as their site wants."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.states import CaseState
from app.retention.domain.stay import OPEN_CASES, Ages, Hold, Stay, find_end, find_hold, may_go

DELIVERED_AT = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
KEEP = timedelta(days=15)
DELIVERED = Stay(
    study_id=1,
    site_id=7,
    is_case=True,
    last_image_at=DELIVERED_AT - timedelta(hours=2),
    case_state=CaseState.DELIVERED,
    settled_at=DELIVERED_AT,
    has_news=False,
    is_delivering=False,
    has_task=False,
    identity_open=False,
    is_compared=False,
)
NO_CASE = replace(DELIVERED, is_case=False, case_state=None, settled_at=None)

ages = st.timedeltas(min_value=timedelta(hours=1), max_value=timedelta(days=400))
instants = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)
stays = st.builds(
    Stay,
    study_id=st.just(1),
    site_id=st.just(7),
    is_case=st.sampled_from([True, False, None]),
    last_image_at=instants,
    case_state=st.sampled_from([None, *CaseState]),
    settled_at=st.none() | instants,
    has_news=st.booleans(),
    is_delivering=st.booleans(),
    has_task=st.booleans(),
    identity_open=st.booleans(),
    is_compared=st.booleans(),
    committed_until=st.none() | instants,
)


def test_images_go_when_their_time_after_the_delivery_is_over() -> None:
    assert find_end(DELIVERED, keep=KEEP) == DELIVERED_AT + KEEP
    assert not may_go(DELIVERED, keep=KEEP, now=DELIVERED_AT + KEEP - timedelta(seconds=1))
    assert may_go(DELIVERED, keep=KEEP, now=DELIVERED_AT + KEEP)


@pytest.mark.parametrize("state", [CaseState.ACKNOWLEDGED, CaseState.VOIDED])
def test_images_of_cases_that_are_read_or_voided_go_too(state: CaseState) -> None:
    assert find_end(replace(DELIVERED, case_state=state), keep=KEEP) == DELIVERED_AT + KEEP


def test_images_of_no_case_go_by_their_arrival() -> None:
    assert find_end(NO_CASE, keep=KEEP) == NO_CASE.last_image_at + KEEP


def test_images_that_came_after_the_delivery_make_all_younger() -> None:
    late = replace(DELIVERED, last_image_at=DELIVERED_AT + timedelta(days=3))

    assert find_end(late, keep=KEEP) == late.last_image_at + KEEP


@pytest.mark.parametrize(("days", "end_days"), [(3, 15), (15, 15), (400, 400)])
def test_images_that_were_promised_to_a_sender_stay_until_then(days: int, end_days: int) -> None:
    promised = replace(DELIVERED, committed_until=DELIVERED_AT + timedelta(days=days))

    assert find_end(promised, keep=KEEP) == DELIVERED_AT + timedelta(days=end_days)


@pytest.mark.parametrize(
    ("stay", "hold"),
    [
        (replace(DELIVERED, has_news=True), Hold.NEWS),
        (replace(NO_CASE, is_case=None), Hold.UNSORTED),
        (replace(NO_CASE, is_case=True), Hold.UNSORTED),
        (replace(DELIVERED, is_delivering=True), Hold.DELIVERY),
        (replace(DELIVERED, has_task=True), Hold.TASK),
        (replace(DELIVERED, identity_open=True), Hold.IDENTITY),
        (replace(DELIVERED, is_compared=True), Hold.COMPARISON),
        *((replace(DELIVERED, case_state=state), Hold.OPEN_CASE) for state in sorted(OPEN_CASES)),
    ],
)
def test_what_somebody_may_still_need_never_goes(stay: Stay, hold: Hold) -> None:
    assert find_hold(stay) is hold
    assert not may_go(stay, keep=timedelta(hours=1), now=datetime(2999, 1, 1, tzinfo=UTC))


def test_a_study_that_was_taken_out_of_its_case_ages_from_then_on() -> None:
    left = replace(DELIVERED, case_state=None)

    assert find_end(left, keep=KEEP) == DELIVERED_AT + KEEP


def test_two_identities_of_what_is_no_case_hold_nothing() -> None:
    assert find_hold(replace(NO_CASE, identity_open=True)) is None


@given(stay=stays, keep=ages, now=instants, later=ages)
def test_what_may_go_may_still_go_later(
    stay: Stay, keep: timedelta, now: datetime, later: timedelta
) -> None:
    if may_go(stay, keep=keep, now=now):
        assert may_go(stay, keep=keep, now=now + later)


@given(stay=stays, keep=ages, more=ages, now=instants)
def test_a_longer_age_never_lets_anything_go_sooner(
    stay: Stay, keep: timedelta, more: timedelta, now: datetime
) -> None:
    if may_go(stay, keep=keep + more, now=now):
        assert may_go(stay, keep=keep, now=now)


@given(stay=stays, keep=ages, now=instants)
def test_nothing_goes_before_its_age_after_arrival_and_delivery(
    stay: Stay, keep: timedelta, now: datetime
) -> None:
    if may_go(stay, keep=keep, now=now):
        assert stay.last_image_at + keep <= now
        assert stay.settled_at is None or stay.settled_at + keep <= now
        assert stay.case_state not in OPEN_CASES


@given(group=ages, own=st.dictionaries(st.integers(1, 9), ages, max_size=4), least=ages)
def test_no_site_goes_below_the_least_age_nor_below_the_shortest(
    group: timedelta, own: dict[int, timedelta], least: timedelta
) -> None:
    rule = Ages(group=group, sites=own, least=least)

    assert all(rule.of(site) >= max(least, rule.shortest) for site in range(12))
    assert any(rule.of(site) == rule.shortest for site in range(12))


def test_a_site_may_have_an_age_of_its_own() -> None:
    rule = Ages(group=KEEP, sites={7: timedelta(days=30)}, least=timedelta(hours=24))

    assert rule.of(7) == timedelta(days=30)
    assert rule.of(8) == KEEP
