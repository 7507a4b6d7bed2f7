"""What the pages of those who were asked first have shown, and what never came to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Seen:
    """After how many seconds pages of nominees had the rows, and what never came to them."""

    all_s: list[float] = field(default_factory=list)
    browser_s: list[float] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Studies on no page of a nominee."""
    missing_rows: int = 0
    """Of all studies: how many pages of those who were asked never had the row."""

    @property
    def is_complete(self) -> bool:
        """Has every page of a nominee every row?"""
        return not self.missing and not self.missing_rows


def find_seen(
    sent_at: Mapping[str, float],
    *,
    shown: Mapping[str, Mapping[int, float]],
    asked: Mapping[str, frozenset[str]],
    readers: Sequence[str],
    browsers: int,
) -> Seen:
    """Find what of the studies stands on which pages of those who were asked first.

    Parameters
    ----------
    shown
        By study: when each page, by its number, had its row first.
    asked
        By study: who was asked first, by login. Only their pages count, and each of them.
    readers
        Who has each page open, by login; those of real browsers are the last `browsers`.
    """
    seen = Seen()
    for name, at in sent_at.items():
        first, on = asked.get(name, frozenset()), shown.get(name, {})
        expected = [number for number, login in enumerate(readers) if login in first]
        standing = [number for number in expected if number in on]
        seen.all_s += [on[number] - at for number in standing]
        seen.browser_s += [
            on[number] - at for number in standing if number >= len(readers) - browsers
        ]
        seen.missing_rows += len(expected) - len(standing)
        if not standing:
            seen.missing.append(name)
    return seen
