"""Numbers that no two rows of a test session share, whichever factory makes the row."""

from itertools import count

_numbers = count(1)


def draw_number() -> int:
    """Draw the next one.

    Every factory takes its own from here: two counters give two users one login on a bad day.
    """
    return next(_numbers)
