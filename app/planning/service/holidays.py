"""The public holidays of France, from the package that knows them."""

from datetime import date

import holidays

from app.kit.errors import Invalid

_MOSELLE = "57"


def list_holidays(first: date, last: date, *, alsace_moselle: bool = False) -> frozenset[date]:
    """List the holidays from `first` up to, but not including, `last`, and some around them.

    Parameters
    ----------
    alsace_moselle
        With Good Friday and the second day of Christmas.

    Raises
    ------
    Invalid
        If the package does not know one of the years: no holiday would go by as an ordinary day.
    """
    years = range(first.year, last.year + 1)
    known = holidays.country_holidays(
        "FR", subdiv=_MOSELLE if alsace_moselle else None, years=years
    )
    if years[0] < known.start_year or years[-1] > known.end_year:
        raise Invalid(
            f"holidays are known from {known.start_year} to {known.end_year}, "
            f"not from {first} to {last}"
        )
    return frozenset(known)
