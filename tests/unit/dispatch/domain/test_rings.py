"""How near readers are to a site."""

import pytest

from app.dispatch.domain.policy import Ring
from app.dispatch.domain.rings import InvalidRings, SetRing, check_rings, derive_ring


@pytest.mark.parametrize(
    ("facts", "ring"),
    [
        ((True, True, True), Ring.REFERENT),
        ((True, False, True), Ring.TERRITORY),
        ((True, False, False), Ring.GCS),
        ((False, False, False), Ring.OUTSIDE),
    ],
)
def test_a_ring_is_derived_from_what_the_directory_knows(
    facts: tuple[bool, bool, bool], ring: Ring
) -> None:
    is_member, is_referent, is_of_territory = facts

    def derive(named: Ring | None) -> Ring:
        return derive_ring(
            is_member=is_member,
            is_referent=is_referent,
            is_of_territory=is_of_territory,
            named=named,
        )

    assert derive(None) is ring
    assert derive(Ring.TERRITORY) is Ring.TERRITORY, "what somebody set counts"


def test_rings_that_hold_come_back_as_they_are() -> None:
    rings = (
        SetRing(ring=Ring.TERRITORY, society_id=1),
        SetRing(ring=Ring.OUTSIDE, radiologist_id=1),
    )

    assert check_rings(rings) == rings
    assert check_rings([]) == ()


@pytest.mark.parametrize(
    ("rings", "message"),
    [
        ([SetRing(ring=Ring.GCS)], "either"),
        ([SetRing(ring=Ring.GCS, society_id=1, radiologist_id=2)], "either"),
        ([SetRing(ring=Ring.OUTSIDE, society_id=1)], "inside the group"),
        (
            [SetRing(ring=Ring.GCS, society_id=1), SetRing(ring=Ring.TERRITORY, society_id=1)],
            "two",
        ),
        ([SetRing(ring=Ring.GCS, society_id=number) for number in range(1, 202)], "at most 200"),
    ],
)
def test_rings_that_break_a_rule_are_refused(rings: list[SetRing], message: str) -> None:
    with pytest.raises(InvalidRings, match=message):
        check_rings(rings)
