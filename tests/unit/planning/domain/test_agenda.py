"""Agendas: a seat moves from one to another, and what was taken away stays as cancelled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.agenda import Holding, Subject, make_agenda
from app.planning.domain.seats import GuardLine, SeatKind

START = datetime(2026, 11, 27, 17, 30, tzinfo=UTC)
PUBLISHED = datetime(2026, 10, 1, 9, tzinfo=UTC)
FIRST = Holding(
    seat_id=4,
    segment="evening",
    line=GuardLine.FIRST,
    kind=SeatKind.READER,
    interval=Interval(START, START + timedelta(hours=5, minutes=30)),
    society_id=1,
    society="Imagerie du Port",
    radiologist_id=7,
    holder="Dr Anne Martin",
    since=PUBLISHED,
)
ANNE, BORIS = Subject(radiologist_id=7), Subject(radiologist_id=8)


def swap(holding: Holding, *, to: int | None, days: int = 3) -> Holding:
    holder = None if to is None else f"Dr {to}"
    return replace(
        holding, radiologist_id=to, holder=holder, since=holding.since + timedelta(days=days)
    )


def test_a_seat_is_an_appointment_of_its_holder_its_society_and_the_group() -> None:
    for subject in (ANNE, Subject(society_id=1), Subject()):
        (found,) = make_agenda([FIRST], subject=subject)

        assert found.holding == FIRST
        assert (found.sequence, found.is_cancelled) == (0, False)
        assert found.changed_at == PUBLISHED
    assert make_agenda([FIRST], subject=BORIS) == []
    assert make_agenda([FIRST], subject=Subject(society_id=2)) == []


def test_a_swap_cancels_in_one_agenda_and_confirms_in_the_other() -> None:
    history = [FIRST, swap(FIRST, to=8)]

    (giver,), (taker,) = (make_agenda(history, subject=each) for each in (ANNE, BORIS))

    assert giver.is_cancelled
    assert giver.holding == FIRST
    assert not taker.is_cancelled
    assert giver.sequence == taker.sequence == 1
    assert giver.changed_at == taker.changed_at == history[1].since


def test_what_comes_back_is_confirmed_again_with_a_higher_sequence() -> None:
    away = swap(FIRST, to=8)

    (found,) = make_agenda([FIRST, away, swap(away, to=7)], subject=ANNE)

    assert (found.sequence, found.is_cancelled) == (2, False)


def test_a_revision_that_repeats_what_was_changes_nothing() -> None:
    (found,) = make_agenda([FIRST, swap(FIRST, to=7)], subject=ANNE)

    assert (found.sequence, found.changed_at) == (0, PUBLISHED)


def test_other_hours_are_a_change() -> None:
    shorter = Interval(START, START + timedelta(hours=3))

    (found,) = make_agenda(
        [FIRST, replace(FIRST, interval=shorter, since=PUBLISHED + timedelta(days=1))],
        subject=ANNE,
    )

    assert found.holding.interval == shorter
    assert (found.sequence, found.is_cancelled) == (1, False)


def test_a_cancelled_guard_is_cancelled_for_everybody() -> None:
    ended = PUBLISHED + timedelta(days=9)
    for subject in (ANNE, Subject(society_id=1), Subject()):
        (found,) = make_agenda([replace(FIRST, ended_at=ended)], subject=subject)

        assert found.is_cancelled
        assert (found.sequence, found.changed_at) == (1, ended)


@given(st.lists(st.sampled_from([None, 7, 8, 9]), min_size=1, max_size=8))
def test_at_most_one_radiologist_holds_a_seat_and_sequences_never_go_back(
    holders: list[int | None],
) -> None:
    history: list[Holding] = []
    last: dict[int, int] = {}
    for number, holder in enumerate(holders):
        history.append(swap(FIRST, to=holder, days=number))
        confirmed = 0
        for person in (7, 8, 9):
            for each in make_agenda(history, subject=Subject(radiologist_id=person)):
                confirmed += not each.is_cancelled
                assert each.sequence >= last.get(person, 0)
                last[person] = each.sequence
        assert confirmed == (holder is not None)
