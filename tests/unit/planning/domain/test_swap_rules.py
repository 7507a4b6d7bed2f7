"""Whose word on the credit of a swap counts: the society's, else the offer's, else `giver`."""

import pytest

from app.kit.errors import Invalid
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.swap_rules import SwapRules

GIVER, TAKER = CreditRule.GIVER, CreditRule.TAKER


@pytest.mark.parametrize(
    ("of_society", "of_offer", "settled"),
    (
        (None, None, GIVER),
        (None, TAKER, TAKER),
        (TAKER, None, TAKER),
        (TAKER, TAKER, TAKER),
        (GIVER, None, GIVER),
    ),
)
def test_the_credit_is_settled(
    of_society: CreditRule | None, of_offer: CreditRule | None, settled: CreditRule
) -> None:
    assert SwapRules(credit=of_society).settle_credit(of_offer) is settled


@pytest.mark.parametrize(("of_society", "of_offer"), ((GIVER, TAKER), (TAKER, GIVER)))
def test_an_offer_cannot_say_otherwise_than_its_society(
    of_society: CreditRule, of_offer: CreditRule
) -> None:
    with pytest.raises(Invalid, match=f"credit goes to the {of_society}, not to the {of_offer}"):
        SwapRules(credit=of_society).settle_credit(of_offer)
