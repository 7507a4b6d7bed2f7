"""How far each society is from its share of the exams read on a guard."""

from collections.abc import Mapping

MILLION = 1_000_000


def find_deficits(read: Mapping[int, int], *, shares: Mapping[int, int]) -> dict[int, float]:
    """Say how many exams each society is short of its share of the volume; they sum to zero.

    Parameters
    ----------
    read
        Exams taken on this guard, by society.
    shares
        Of the volume, in millionths that sum to a million, by society; who is in none has none.

    Returns
    -------
    dict
        By society; less than 0: it has read more than its share. To a thousandth.
    """
    total = sum(read.values())
    return {
        society: round(total * shares.get(society, 0) / MILLION - read.get(society, 0), 3)
        for society in sorted({*read, *shares})
    }
