"""How a society swaps: whether a planner approves, and who gets the credit of a seat."""

from dataclasses import dataclass

from app.kit.errors import Invalid
from app.planning.domain.sharing.postings import CreditRule


@dataclass(frozen=True, slots=True)
class SwapRules:
    """What a society has set for the swaps that its members offer.

    Parameters
    ----------
    needs_approval
        Each waits for a planner; otherwise only those that ask for it, or cross societies.
    credit
        Whose society is said to have done the seat; nothing: each offer says.
    """

    needs_approval: bool = False
    credit: CreditRule | None = None

    def settle_credit(self, wanted: CreditRule | None) -> CreditRule:
        """Say by which rule a swap is credited: the society's, else the offer's, else `giver`.

        Raises
        ------
        Invalid
            If the offer names another one than the society.
        """
        if self.credit is not None and wanted not in {None, self.credit}:
            raise Invalid(
                f"this society has set that the credit goes to the {self.credit}, not to the "
                f"{wanted}: leave it out of the offer"
            )
        return self.credit or wanted or CreditRule.GIVER
