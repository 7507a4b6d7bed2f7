"""Who owes a seat that no sharing gave away."""

from datetime import timedelta

from app.planning.domain.opened import find_owing
from app.planning.domain.roster.people import Membership
from tests.factories.placements import MONDAY, OPENING, hours, make_reader, place

OPENED = place(1, hours(0, 8), opened=True).seat
ADDED = place(2, hours(0, 8)).seat
LONG_AGO = (
    Membership(4, OPENING, OPENING + timedelta(days=1)),
    Membership(5, OPENING + timedelta(days=2), OPENING + timedelta(days=9)),
)


def test_an_opened_seat_is_owed_by_the_host_of_whoever_holds_it() -> None:
    guest = make_reader(memberships=(Membership(9, MONDAY, outside=True),))
    both = make_reader(
        memberships=(Membership(1, OPENING), Membership(9, MONDAY, outside=True), *LONG_AGO)
    )

    assert find_owing(guest, OPENED) == 9
    assert find_owing(both, OPENED) == 9


def test_an_added_seat_is_owed_by_the_holders_own_society() -> None:
    both = make_reader(memberships=(Membership(9, OPENING, outside=True), Membership(11, OPENING)))

    assert find_owing(both, ADDED) == 11


def test_the_last_society_is_named_where_none_holds_and_none_where_there_never_was() -> None:
    assert find_owing(make_reader(memberships=LONG_AGO), OPENED) == 5
    assert find_owing(make_reader(memberships=()), OPENED) is None
