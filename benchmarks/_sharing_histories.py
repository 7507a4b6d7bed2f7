"""Seeded histories of societies whose volumes move every month, and their guards shared."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from app.planning.domain.seats import GuardLine, KindOfSeat, SeatKind
from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.period import Member, Period, SharedSeat

MONTHS = 36
MOST_MOVED_PCT = 25
_SEGMENTS = ("day", "deep_night", "evening", "weekend")
_FIRST = date(2026, 1, 1)
_DAYS_OF_A_MONTH = 30
_FEWEST_SOCIETIES, _MOST_SOCIETIES = 3, 11
_FEWEST_KINDS, _MOST_KINDS = 2, 3
_FEWEST_SEATS, _MOST_SEATS = 2, 31


@dataclass(frozen=True, slots=True)
class Found:
    """The largest deviations of a history, in millionths of a guard.

    Parameters
    ----------
    at_end
        Of any kind or total at the end of a month.
    owed
        Of any prefix of any kind from what is owed by then.
    """

    seed: int
    at_end: int
    owed: int

    @property
    def worst(self) -> int:
        """The larger of the two."""
        return max(self.at_end, self.owed)


def live_through(seed: int, *, months: int = MONTHS) -> Found:
    """Share the guards of a history month by month, each on what the one before left."""
    chance = Random(seed)  # noqa: S311 - a reproducible history, no secret
    volumes = [
        chance.randint(200, 5000) for _ in range(chance.randint(_FEWEST_SOCIETIES, _MOST_SOCIETIES))
    ]
    segments = chance.sample(_SEGMENTS, chance.randint(_FEWEST_KINDS, _MOST_KINDS))
    kinds = [KindOfSeat(each, GuardLine.FIRST, SeatKind.READER) for each in sorted(segments)]
    balances: dict[tuple[int, KindOfSeat], int] = {}
    at_end = owed = 0
    for month in range(months):
        period = Period(
            start=_FIRST + timedelta(days=_DAYS_OF_A_MONTH * month),
            members=[
                Member(number, f"society {number:02}", volume)
                for number, volume in enumerate(volumes)
            ],
            seats=_lay_month(kinds, month, chance),
            balances=balances,
        )
        sharing = share_period(period)
        balances = {(cell.society, cell.of): cell.closing for cell in sharing.cells}
        at_end = max(at_end, sharing.largest_excess)
        owed = max(owed, *(cell.owed.millionths for cell in sharing.cells))
        volumes = [_move(volume, chance) for volume in volumes]
    return Found(seed, at_end, owed)


def _lay_month(kinds: list[KindOfSeat], month: int, chance: Random) -> list[SharedSeat]:
    first = _FIRST + timedelta(days=_DAYS_OF_A_MONTH * month)
    seats: list[SharedSeat] = []
    for of in kinds:
        count = chance.randint(_FEWEST_SEATS, _MOST_SEATS)
        for number in range(count):
            on = first + timedelta(days=number * _DAYS_OF_A_MONTH // count)
            starts_at = datetime.combine(on, time(20), tzinfo=UTC)
            seats.append(SharedSeat(id=len(seats), of=of, starts_at=starts_at, on=on))
    return seats


def _move(volume: int, chance: Random) -> int:
    """Move a volume by at most a quarter of itself."""
    return max(1, volume + volume * chance.randint(-MOST_MOVED_PCT, MOST_MOVED_PCT) // 100)
