"""Who can take a seat that falls free, and in which order."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.replacement import Replacement, find_replacements
from app.planning.domain.roster.people import Membership, Reader, Work
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.domain.validator import Severity, judge
from tests.factories.placements import OPENING, PARIS, hours, make_reader, place

TONIGHT = hours(48, 56)
FREE = place(1, TONIGHT)


def find(*readers: Reader, around: tuple[Placement, ...] = ()) -> list[Replacement]:
    return find_replacements(FREE, readers=readers, around=(FREE, *around), zone=PARIS)


def in_society(number: int, society: int, **changes: object) -> Reader:
    return make_reader(number, memberships=(Membership(society, OPENING),), **changes)


def test_whoever_held_the_seat_and_whoever_cannot_hold_it_are_left_out() -> None:
    sitting = place(2, hours(50, 60), radiologist=9)
    stranger = make_reader(10, memberships=())

    found = find(make_reader(7), make_reader(8), make_reader(9), stranger, around=(sitting,))

    assert [each.radiologist for each in found] == [8]


def test_legality_comes_before_society_before_rest_before_deficit() -> None:
    tired = place(2, hours(30, 36), radiologist=12)
    readers = (
        make_reader(8, absences=(hours(50, 51),)),
        in_society(9, 2),
        make_reader(10, balance=-1000),
        make_reader(11, balance=-2000),
        make_reader(12, balance=-9000),
        make_reader(13, balance=-2000),
        make_reader(14, absences=(TONIGHT,), past=(Work(hours(30, 40)),)),
    )

    found = find(*readers, around=(tired,))

    assert [each.radiologist for each in found] == [11, 13, 10, 12, 9, 8, 14]
    assert [each.is_legal for each in found] == [True] * 5 + [False] * 2
    assert [one.rule for one in found[-1].violations] == [Rule.ABSENCE, Rule.REST]


def test_a_soft_rule_is_better_than_a_hard_one_and_worse_than_none() -> None:
    def with_soft(number: int, *rules: Rule) -> Reader:
        profile = make_reader().profile
        return make_reader(
            number,
            absences=(TONIGHT,),
            profile=type(profile)(
                "lenient",
                most_hours=timedelta(hours=168),
                most_consecutive_nights=None,
                most_nights_in_28_days=None,
                soft=frozenset(rules),
            ),
        )

    found = find(with_soft(8), with_soft(9, Rule.ABSENCE), make_reader(10))

    assert [each.radiologist for each in found] == [10, 9, 8]


def test_a_colleague_of_another_society_is_on_loan() -> None:
    own, lent = find(in_society(8, 2), make_reader(9))

    assert (own.radiologist, own.placement.reason) == (9, AssignmentReason.REPAIR)
    assert (lent.radiologist, lent.placement.reason) == (8, AssignmentReason.LOAN)
    assert (lent.placement.society, lent.is_own_society) == (1, False)


def test_rest_is_the_shorter_pause_before_or_after_and_counts_sessions_after() -> None:
    before = make_reader(8, past=(Work(hours(10, 20)),))
    acted = make_reader(9, past=(Work(hours(10, 20), last_act=hours(0, 12).end),))
    after = make_reader(10, busy=(hours(75, 80), hours(40, 47)))
    free = make_reader(11)

    rest = {each.radiologist: each.rest for each in find(before, acted, after, free)}

    assert {number: each.total_seconds() / 3600 for number, each in rest.items()} == {
        8: 28,
        9: 36,
        10: 19,
        11: 168,
    }


def test_what_the_guard_lacks_and_who_must_not_meet_are_seen() -> None:
    other = place(2, TONIGHT, radiologist=12)
    readers = [
        make_reader(8),
        make_reader(9, skills=frozenset({"neuro"})),
        make_reader(10, skills=frozenset({"neuro"}), incompatible=frozenset({12})),
        make_reader(12),
    ]

    found = find_replacements(
        FREE,
        readers=readers,
        around=(FREE, other),
        zone=PARIS,
        demands=[GuardDemand(frozenset({1, 2}), skills=frozenset({"neuro"}))],
    )

    told = {each.radiologist: [one.rule for one in each.violations] for each in found}
    assert told == {9: [], 8: [Rule.GUARD_SKILL], 10: [Rule.INCOMPATIBLE]}


@given(
    held=st.dictionaries(
        st.integers(8, 14), st.lists(st.integers(0, 100), max_size=4, unique=True), max_size=7
    )
)
def test_all_who_are_found_can_hold_it_and_the_legal_ones_come_first(
    held: dict[int, list[int]],
) -> None:
    readers = [make_reader(number) for number in range(7, 15)]
    around = [
        place(100 * number + start, hours(start, start + 6), radiologist=number)
        for number, starts in held.items()
        for start in starts
    ]

    found = find(*readers, around=tuple(around))

    told = [each.is_legal for each in found]
    assert told == sorted(told, reverse=True)
    # The judge says the same of the whole roster with each of them on the seat.
    for reader in readers[1:]:
        taken = place(1, TONIGHT, radiologist=reader.id)
        own = [each for each in around if each.radiologist == reader.id]
        broken = [
            each for each in judge([*own, taken], readers=[reader], zone=PARIS) if 1 in each.seats
        ]
        mine = [each for each in found if each.radiologist == reader.id]
        assert len(mine) == all(each.severity is not Severity.IMPOSSIBLE for each in broken)
        assert all(each.violations == tuple(broken) for each in mine)
