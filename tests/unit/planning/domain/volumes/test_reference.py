"""Twelve months summed and frozen: which source speaks, and that shares are exact."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.volumes.counting import MonthlyCount
from app.planning.domain.volumes.months import list_months
from app.planning.domain.volumes.reference import (
    Reference,
    SocietySum,
    Source,
    SourcedCount,
    compute_shares,
    sum_up,
)

SINCE, UNTIL = date(2025, 11, 1), date(2026, 11, 1)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
NAMES = {1: "Golfe", 2: "Océan", 3: "Landes"}
MEASURED, IMPORTED = Source.MEASURED, Source.IMPORTED


def row(
    society: int | None, month: date, exams: int, *, source: Source = MEASURED, tests: int = 0
) -> SourcedCount:
    found = MonthlyCount(society, month, exams=exams, weighted=exams * 1000, tests=tests)
    return SourcedCount(found, source)


def sum_of(*rows: SourcedCount, societies: tuple[int, ...] = (1, 2)) -> Reference:
    return sum_up(rows, since=SINCE, until=UNTIL, societies=societies)


def test_only_the_months_that_count_are_summed() -> None:
    before, after = date(2025, 10, 1), UNTIL

    found = sum_of(row(1, before, 7), row(1, SINCE, 10), row(1, MARCH, 20), row(1, after, 7))

    assert found.societies[0].exams == 30
    assert found.societies[0].weighted == 30_000
    assert len(found.societies[0].missing) == 10
    assert found.societies[1].missing == tuple(list_months(SINCE, UNTIL))


@pytest.mark.parametrize("order", (1, -1))
def test_an_imported_month_goes_before_the_same_month_as_measured(order: int) -> None:
    rows = [row(1, MARCH, 10, tests=3), row(1, MARCH, 12, source=IMPORTED), row(1, APRIL, 5)]

    found = sum_of(*rows[::order]).societies[0]

    assert (found.exams, found.tests, found.imported) == (17, 0, (MARCH,))


def test_societies_that_are_not_asked_for_and_the_pot_stand_apart() -> None:
    found = sum_of(row(3, MARCH, 9), row(None, MARCH, 4), row(2, MARCH, 6))

    assert [each.exams for each in found.societies] == [0, 6]
    assert found.pot.exams == 4


def test_the_pot_is_spread_and_changes_nobodys_share() -> None:
    rows = [row(1, MARCH, 75), row(2, MARCH, 25)]
    apart = compute_shares(sum_of(*rows), names=NAMES)
    spread = compute_shares(sum_of(*rows, row(None, MARCH, 10)), names=NAMES)

    assert [each.share for each in apart] == [each.share for each in spread] == [750_000, 250_000]
    # 7.5 and 2.5 exams: the tie goes to the name that sorts first.
    assert [each.exams for each in spread] == [83, 27]
    assert [each.common for each in spread] == [7_500, 2_500]
    assert [each.weighted for each in spread] == [82_500, 27_500]


def test_without_any_volume_nothing_is_frozen() -> None:
    with pytest.raises(ValueError, match="from 2025-11-01 to 2026-11-01: measure or import"):
        compute_shares(sum_of(row(None, MARCH, 10)), names=NAMES)


sums = st.integers(0, 10**7)


@given(own=st.lists(sums, min_size=1, max_size=11), pot=sums)
def test_shares_sum_to_a_million_and_nothing_is_lost(own: list[int], pot: int) -> None:
    def of(society: int | None, weighted: int) -> SocietySum:
        return SocietySum(society, weighted // 1000, weighted, 1, 2, 3, 4)

    reference = Reference(
        SINCE,
        UNTIL,
        tuple(of(number, weighted) for number, weighted in enumerate(own, start=1)),
        of(None, pot),
    )
    names = {number: f"society {number:02}" for number in range(1, len(own) + 1)}
    if not any(own):
        with pytest.raises(ValueError, match="no society brought"):
            compute_shares(reference, names=names)
        return

    found = compute_shares(reference, names=names)

    assert sum(each.share for each in found) == 1_000_000
    assert sum(each.weighted for each in found) == sum(own) + pot
    assert sum(each.common for each in found) == pot
    assert sum(each.exams for each in found) == sum(w // 1000 for w in own) + pot // 1000
    for each, weighted in zip(found, own, strict=True):
        assert abs(each.share * sum(own) - weighted * 1_000_000) < sum(own)
        assert (each.share == 0) or weighted
        assert (each.tests, each.resends, each.priors, each.refusals) == (1, 2, 3, 4)
