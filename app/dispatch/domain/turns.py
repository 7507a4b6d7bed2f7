"""In which order cases are decided for which something is due, when there are many.

When hundreds wait that nobody takes, their steps alone would keep those who decide busy; a case
that nobody was ever asked to read must not wait for them. Nor may those steps, a claim that ran
out, or the cases of a centre that is down wait for as long as new ones come. So each kind has its
turn: of four decisions two are first offers, as long as there are any. Within a kind the more
urgent goes first, but not for ever: what is less urgent counts as due some minutes later than it
is, and then in its order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from types import MappingProxyType

from app.cases.domain.priority import Priority

COUNTS_LATER: Mapping[Priority, timedelta] = MappingProxyType(
    {
        Priority.P1: timedelta(0),
        Priority.P2: timedelta(minutes=2),
        Priority.P3: timedelta(minutes=5),
        Priority.P4: timedelta(minutes=10),
    }
)
"""So long every P1 that becomes due goes before what was due before it."""
KINDS = 3
"""So many cases in the order that is given hold one of each kind: whoever decides no fewer at once,
however slowly, lets no kind starve."""


@dataclass(frozen=True, slots=True)
class Due:
    """A case for which something was due at an instant, aware."""

    case_id: int
    priority: Priority
    at: datetime

    @property
    def rank(self) -> tuple[datetime, int]:
        """What is decided first is smaller."""
        return self.at + COUNTS_LATER[self.priority], self.case_id


def take_turns(*, unasked: Iterable[Due], left: Iterable[Due], others: Iterable[Due]) -> list[int]:
    """Say in which order cases are decided, each once.

    Parameters
    ----------
    unasked
        To be offered; nobody was ever asked to read them.
    left
        To be offered anew: those who are asked have left, or are not heard.
    others
        Whose circle is to be widened, or at whose claim somebody must look.
    """
    first, again, rest = (
        [each.case_id for each in sorted(kind, key=lambda each: each.rank)]
        for kind in (unasked, left, others)
    )
    turns = zip_longest(first[::2], again, rest, first[1::2])
    return list(dict.fromkeys(each for each in chain.from_iterable(turns) if each is not None))
