"""The public holidays of France, from the package that knows them."""

from datetime import date, timedelta

import holidays

_MOSELLE = "57"


def list_holidays(first: date, last: date, *, alsace_moselle: bool = False) -> frozenset[date]:
    """List the holidays from `first` up to, but not including, `last`, and some around them.

    Parameters
    ----------
    alsace_moselle
        With Good Friday and the second day of Christmas.
    """
    years = range(first.year, (last + timedelta(days=1)).year + 1)
    known = holidays.country_holidays(
        "FR", subdiv=_MOSELLE if alsace_moselle else None, years=years
    )
    return frozenset(known)
