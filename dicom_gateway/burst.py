"""While images come one upon the other, the index rests: the modality waits for each answer.

Not before the first of them have their rows: somebody may wait for the first image of a study.

Priorities do not do it: a kernel that does not preempt lets who is woken wait for the end of the
time slice of whoever computes, and the disk knows no priorities at all.
"""

from collections.abc import Callable

from app.kit.clock import read_monotonic_s

_LONGEST_S = 0.4
"""So long one burst is waited for; a longer one has the index beside it in turns. Whatever comes
in the middle, the first image of an urgent study too, waits no longer than this."""


class Burst:
    """Knows from look to look whether images come just now.

    Parameters
    ----------
    has_grown
        Tells whether any came since it was asked last.
    read_clock_s
        A monotonic clock in seconds.
    """

    def __init__(
        self, has_grown: Callable[[], bool], *, read_clock_s: Callable[[], float] = read_monotonic_s
    ) -> None:
        self._has_grown = has_grown
        self._read_clock_s = read_clock_s
        self._since_s: float | None = None
        self._is_begun = False

    def look(self) -> None:
        """Look for images; regularly, a few times in the shortest burst."""
        if not self._has_grown():
            self._since_s = None
            self._is_begun = False
        elif self._since_s is None:
            self._since_s = self._read_clock_s()

    def note_indexed(self) -> None:
        """Say that images have got their rows: those that began a burst are among them."""
        if self._since_s is not None and not self._is_begun:
            self._is_begun = True
            self._since_s = self._read_clock_s()

    def lasts(self) -> bool:
        """Do images come behind the first ones, and has the rest not been too long already?"""
        since_s = self._since_s
        return (
            since_s is not None and self._is_begun and self._read_clock_s() < since_s + _LONGEST_S
        )

    def begin_anew(self) -> None:
        """Rest again, if there is reason: what had come until now has been worked off."""
        if self._since_s is not None:
            self._since_s = self._read_clock_s()
