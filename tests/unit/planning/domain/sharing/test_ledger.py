"""The account between societies: what is posted, what it sums to, where it is wrong."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.ledger import (
    GUARDS,
    Entry,
    EntryKind,
    Fault,
    Posting,
    balances_of_classes,
    balances_of_guards,
    balances_of_special_days,
    find_faults,
    fold,
    fold_by_entry,
    write,
)
from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.period import Cession, Period, WeekdayClass
from app.planning.domain.sharing.postings import (
    CreditRule,
    count_also,
    credit_of,
    post_cancelled,
    post_cession,
    post_correction,
    post_loan,
    post_opening,
    post_period,
    post_reinforcement,
    post_settlement,
    post_swap,
)
from app.planning.domain.sharing.shares import MILLION
from tests.unit.planning.domain.sharing import (
    EVENING,
    MONDAY,
    NIGHT,
    make_members,
    make_period,
    make_seats,
    some_counts,
    some_volumes,
)

EIGHT_PM = datetime(2026, 1, 5, 20, tzinfo=UTC)
GUARD = Interval(EIGHT_PM, EIGHT_PM + timedelta(hours=4))
societies = st.integers(1, 9)
shares_by_society = st.dictionaries(societies, st.integers(1, 1000), min_size=1)


def sum_by_society(postings: list[Posting]) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in postings:
        found[each.society] = found.get(each.society, 0) + each.millionths
    return found


def make_entry(number: int, society: int, millionths: int, *, cause: str = "swap 1") -> Entry:
    return Entry(
        number=number,
        entry=EntryKind.SWAP,
        society=society,
        of=EVENING,
        millionths=millionths,
        on=MONDAY + timedelta(days=number),
        cause=cause,
    )


@settings(max_examples=25)
@given(st.lists(some_volumes, min_size=1, max_size=4), some_counts)
def test_the_account_of_periods_is_what_the_sharings_say_and_every_column_is_level(
    volumes: list[list[int]], counts: dict[KindOfSeat, int]
) -> None:
    entries: list[Entry] = []
    for number, brought in enumerate(volumes):
        period = make_period(
            [*brought, *[0] * (11 - len(brought))],
            counts,
            balances=balances_of_guards(fold(entries)),
        )
        sharing = share_period(period)
        entries += write(
            post_period(sharing), first=len(entries), on=MONDAY, cause=f"period {number}"
        )

        balances = fold(entries)
        for cell in sharing.cells:
            assert balances.get((cell.society, cell.of, GUARDS), 0) == cell.closing
    assert find_faults(entries) == []
    columns: dict[tuple[KindOfSeat, str], int] = {}
    for (_, of, counter), millionths in fold(entries).items():
        columns[of, counter] = columns.get((of, counter), 0) + millionths
    assert set(columns.values()) == {0}


def test_special_days_and_classes_have_counters_of_their_own_that_the_next_period_takes() -> None:
    start = date(2026, 12, 21)
    special = {date(2026, 12, 24): "christmas", date(2026, 12, 25): "christmas"}
    period = Period(
        start=start,
        members=make_members([2, 1]),
        seats=[
            *make_seats(EVENING, 14, start=start, special=special),
            *make_seats(NIGHT, 7, first=20, start=start, special=special),
        ],
    )
    sharing = share_period(period)

    balances = fold(write(post_period(sharing), first=1, on=start, cause="period 1"))

    assert balances_of_special_days(balances) == {
        (right.society, right.day): right.closing for right in sharing.special
    }
    assert balances_of_classes(balances) == {
        (right.society, right.of, right.days): right.closing for right in sharing.classes
    }
    assert (1, EVENING, WeekdayClass.SATURDAY) in balances_of_classes(balances)


@given(st.lists(st.tuples(societies, st.integers(-(10**9), 10**9)), max_size=30), st.randoms())
def test_a_replay_in_any_order_gives_the_same_balances(
    amounts: list[tuple[int, int]], random: Random
) -> None:
    entries = [make_entry(number, *amount) for number, amount in enumerate(amounts)]
    shuffled = random.sample(entries, len(entries))

    assert fold(shuffled) == fold(entries)
    assert find_faults(shuffled) == find_faults(entries)


def test_balances_are_folded_between_dates_and_by_kind_of_entry() -> None:
    entries = [make_entry(0, 1, 5), make_entry(1, 1, 7), make_entry(2, 1, 11)]

    assert fold(entries, before=MONDAY + timedelta(days=2)) == {(1, EVENING, GUARDS): 12}
    assert fold(entries, since=MONDAY + timedelta(days=1)) == {(1, EVENING, GUARDS): 18}
    assert fold_by_entry(
        entries, since=MONDAY + timedelta(days=1), until=MONDAY + timedelta(days=2)
    ) == {(1, EVENING, GUARDS): {EntryKind.SWAP: 7}}


def test_entries_that_do_not_balance_are_named_with_the_one_at_fault() -> None:
    entries = [
        make_entry(1, 1, 10),
        make_entry(2, 2, -10),
        make_entry(3, 1, 4, cause="swap 2"),
        make_entry(4, 2, -3, cause="swap 2"),
    ]

    assert find_faults(entries) == [Fault("swap 2", EVENING, GUARDS, number=4, left=1)]


def test_one_side_alone_is_not_written() -> None:
    with pytest.raises(ValueError, match="swap 3 leave 1000000 millionths of evening"):
        write([Posting(EntryKind.SWAP, 1, EVENING, MILLION)], first=1, on=MONDAY, cause="swap 3")


def test_nothing_is_written_for_nothing() -> None:
    assert write([Posting(EntryKind.OPENING, 1, EVENING, 0)], first=1, on=MONDAY, cause="x") == ()


def test_a_cession_takes_from_one_and_gives_to_the_other() -> None:
    assert sum_by_society(post_cession(Cession(giver=1, taker=2, of=NIGHT, seats=3))) == {
        1: -3 * MILLION,
        2: 3 * MILLION,
    }


def test_an_exchange_is_posted_on_both_sides_of_both_kinds() -> None:
    exchange = Cession(giver=1, taker=2, of=NIGHT, seats=1, returned=EVENING, returned_seats=2)

    assert [
        (each.entry.value, each.society, each.of.segment, each.millionths // MILLION)
        for each in post_cession(exchange)
    ] == [
        ("exchanged", 1, "night", -1),
        ("exchanged", 2, "night", 1),
        ("exchanged", 2, "evening", -2),
        ("exchanged", 1, "evening", 2),
    ]


def test_a_loan_is_owed_by_the_society_that_could_not_hold_its_seat() -> None:
    # It was allotted the seat (-1) and gets it back; the lender has held one for it.
    assert sum_by_society(post_loan(NIGHT, owing=1, lending=2)) == {1: MILLION, 2: -MILLION}


@pytest.mark.parametrize(
    ("rule", "taker", "expected"),
    [
        (CreditRule.GIVER, 2, {}),
        (CreditRule.TAKER, 2, {1: MILLION, 2: -MILLION}),
        (CreditRule.TAKER, 1, {}),
    ],
)
def test_the_credit_of_a_swap_follows_its_rule(
    rule: CreditRule, taker: int, expected: dict[int, int]
) -> None:
    assert sum_by_society(post_swap(NIGHT, giver=1, taker=taker, rule=rule)) == expected


def test_a_reinforcement_is_worth_its_part_of_the_guard() -> None:
    seat = Interval(EIGHT_PM + timedelta(minutes=30), EIGHT_PM + timedelta(hours=4))

    assert credit_of(seat, guard=GUARD) == 875_000
    assert sum_by_society(
        post_reinforcement(EVENING, holder=1, shares={1: 1, 2: 3}, seat=seat, guard=GUARD)
    ) == {1: 218_750 - 875_000, 2: 656_250}


def test_a_third_of_a_guard_is_credited_and_debited_to_the_same_millionth() -> None:
    seat = Interval(EIGHT_PM, EIGHT_PM + timedelta(minutes=80))

    assert credit_of(seat, guard=GUARD) == 333_333


@given(holder=societies, shares=shares_by_society, minutes=st.integers(1, 240))
def test_whatever_is_added_or_cancelled_leaves_the_column_level(
    holder: int, shares: dict[int, int], minutes: int
) -> None:
    seat = Interval(EIGHT_PM, EIGHT_PM + timedelta(minutes=minutes))

    added = post_reinforcement(EVENING, holder=holder, shares=shares, seat=seat, guard=GUARD)
    worth = credit_of(seat, guard=GUARD)
    taken = post_cancelled(EVENING, holder=holder, shares=shares, millionths=worth)

    assert sum(each.millionths for each in added) == 0
    assert {key: -each for key, each in sum_by_society(taken).items()} == sum_by_society(added)


def test_a_late_correction_changes_the_account_and_not_the_period() -> None:
    postings = post_correction(
        EVENING, seats=30, before={1: 600_000, 2: 400_000}, after={1: 550_000, 2: 450_000}
    )

    assert sum_by_society(postings) == {1: -1_500_000, 2: 1_500_000}


@given(balance=st.integers(-(10**7), 10**7), shares=shares_by_society)
def test_who_leaves_is_level_and_those_who_stay_share_what_is_left(
    balance: int, shares: dict[int, int]
) -> None:
    settled = sum_by_society(post_settlement(NIGHT, leaving=99, balance=balance, shares=shares))

    assert settled[99] == -balance
    assert sum(settled.values()) == 0


def test_each_counter_is_settled_by_itself() -> None:
    settled = post_settlement(
        NIGHT, leaving=9, balance=600_000, shares={1: 2, 2: 1}, counter="christmas"
    )

    assert {each.counter for each in settled} == {"christmas"}
    assert sum_by_society(settled) == {9: -600_000, 1: 400_000, 2: 200_000}


def test_an_opening_is_written_when_it_is_level() -> None:
    assert (
        len(
            write(
                post_opening(EVENING, balances={1: 5, 2: -5}), first=1, on=MONDAY, cause="opening"
            )
        )
        == 2
    )
    with pytest.raises(ValueError, match="opening leave"):
        write(post_opening(EVENING, balances={1: 5}), first=1, on=MONDAY, cause="opening")


def test_what_happens_to_a_seat_counts_for_its_special_day_and_its_class_too() -> None:
    counted = count_also(
        post_loan(NIGHT, owing=1, lending=2), counters=["christmas", WeekdayClass.FRIDAY]
    )

    assert [(each.counter, each.society) for each in counted] == [
        (GUARDS, 1),
        (GUARDS, 2),
        ("christmas", 1),
        ("christmas", 2),
        ("friday", 1),
        ("friday", 2),
    ]
