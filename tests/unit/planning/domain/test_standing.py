"""What has to stand in the account for a seat, and what is missing there."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.seats import AssignmentReason, GuardLine, Seat, SeatKind
from app.planning.domain.sharing.ledger import Entry, Posting, find_faults, write
from app.planning.domain.standing import Standing, find_missing, post_seat

START = datetime(2026, 3, 28, 19, tzinfo=UTC)
GUARD = Interval(START, START + timedelta(hours=11))
SHARES = {1: 500_000, 2: 333_333, 3: 166_667}


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    first = draw(st.integers(0, 659))
    last = draw(st.integers(first + 1, 660))
    hours = Interval(START + timedelta(minutes=first), START + timedelta(minutes=last))
    return Standing(
        seat=Seat(7, "deep_night", GuardLine.FIRST, SeatKind.READER, hours, GUARD),
        owing=draw(st.sampled_from(sorted(SHARES))),
        holding=draw(st.sampled_from(sorted(SHARES))),
        reason=draw(st.sampled_from(AssignmentReason)),
        is_added=draw(st.booleans()),
        is_closed=draw(st.booleans()),
        counters=draw(st.sampled_from([(), ("saturday",), ("christmas", "friday")])),
    )


def sums(postings: list[Posting]) -> dict[object, int]:
    found: Counter[object] = Counter()
    for each in postings:
        found[each.entry, each.society, each.counter] += each.millionths
    return {key: millionths for key, millionths in found.items() if millionths}


@given(history=st.lists(standings(), min_size=1, max_size=6))
def test_the_account_follows_any_history_by_adding_lines_that_sum_to_zero(
    history: list[Standing],
) -> None:
    posted: list[Posting] = []
    entries: tuple[Entry, ...] = ()
    for standing in history:
        wanted = post_seat(standing, shares=SHARES)
        posted += find_missing(wanted, entries)
        entries = write(posted, first=1, on=START.date(), cause="seat 7")

        assert sums(posted) == sums(wanted)
        assert find_missing(wanted, entries) == []
        assert find_faults(entries) == []


def test_a_seat_that_is_held_as_it_was_shared_posts_nothing() -> None:
    seat = Seat(7, "deep_night", GuardLine.FIRST, SeatKind.READER, GUARD, GUARD)

    assert post_seat(Standing(seat, 1, 1, AssignmentReason.QUOTA), shares=SHARES) == []
    assert post_seat(Standing(seat, 1, 2, AssignmentReason.SWAP), shares=SHARES) == []
