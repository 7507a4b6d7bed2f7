"""The instance of the roster's bar: thirteen weeks of eleven uneven societies, made from a seed."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of, occurrences
from app.planning.domain.roster.people import Membership, Reader, Wish, WishKind, Work
from app.planning.domain.roster.problem import GuardDemand, RosterProblem
from app.planning.domain.roster.profile import HOSPITAL, LIBERAL
from app.planning.domain.seats import GuardLine, KindOfSeat, Seat, SeatKind
from app.planning.domain.segments import default_rules

PARIS = ZoneInfo("Europe/Paris")
FIRST = date(2026, 10, 5)
WEEKS = 13
DAYS = 7 * WEEKS
HOLIDAYS = frozenset({date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25), date(2027, 1, 1)})
SPECIAL = frozenset({date(2026, 12, 25), date(2027, 1, 1)})
PEOPLE = {1: 15, 2: 13, 3: 11, 4: 9, 5: 8, 6: 7, 7: 6, 8: 4, 9: 3, 10: 2, 11: 2}
"""Radiologists by society: eighty in all."""
VOLUMES = {1: 41, 2: 34, 3: 27, 4: 26, 5: 19, 6: 20, 7: 13, 8: 12, 9: 7, 10: 5, 11: 4}
"""Thousands of exams a year: near the number of people, but not in step with it."""
SHORT = 10
"""The society that cannot staff its seats in the second instance."""
POINTS = {"day": 500, "evening": 500, "deep_night": 1000, "weekend": 1000}
ABSENT = 0.12
"""Part of everybody's days."""
ABLE, SALARIED, BUSY_WEEK = 0.6, 0.15, 0.5
"""Who reads neuroradiology, works by the statute of hospitals, worked in a week of last month."""
MILLION = 1_000_000
NEVER = datetime(2020, 1, 1, tzinfo=UTC)
NOW = instant_of(datetime.combine(FIRST, time(0)), zone=PARIS) - timedelta(days=30)


def make_instance(*, seed: int) -> RosterProblem:
    """Make the instance: the same seed, the same problem."""
    return _make(seed, volumes=VOLUMES)


def make_short_instance(*, seed: int) -> RosterProblem:
    """Make the same, but for two people who brought the volume of fifteen."""
    return _make(seed, volumes={**VOLUMES, SHORT: VOLUMES[1]})


def _make(seed: int, *, volumes: dict[int, int]) -> RosterProblem:
    chance = Random(seed)  # noqa: S311 - reproducible, no secret
    seats = make_seats()
    owed, entitled = share_out(seats, volumes=volumes)
    return RosterProblem(
        seats=seats,
        owed=owed,
        readers=make_readers(chance, people=PEOPLE),
        zone=PARIS,
        now=NOW,
        points={seat.id: POINTS[seat.segment] for seat in seats},
        special=frozenset(
            seat.id for seat in seats if seat.interval.start.astimezone(PARIS).date() in SPECIAL
        ),
        prefix_bound=1_000_000,
        entitled=entitled,
        demands=make_demands(seats),
    )


def make_seats() -> tuple[Seat, ...]:
    """Lay the readers' seats of the default segments over the period."""
    rules = default_rules(zone=PARIS, valid_from=date(2020, 1, 1))
    seats: list[Seat] = []
    last = FIRST + timedelta(days=DAYS)
    for each in occurrences(rules, first=FIRST, last=last, holidays=HOLIDAYS):
        for _ in range(each.rule.needed.readers):
            number = len(seats) + 1
            seat = Seat(
                id=number,
                segment=each.segment,
                line=GuardLine.FIRST,
                kind=SeatKind.READER,
                interval=each.interval,
                guard=each.interval,
            )
            seats.append(seat)
    return tuple(seats)


def share_out(
    seats: Sequence[Seat], *, volumes: dict[int, int]
) -> tuple[dict[int, int], dict[tuple[int, KindOfSeat], int]]:
    """Give each seat to a society: whoever has most still to get, among those who may."""
    total = sum(volumes.values())
    exact = {society: volume * MILLION // total for society, volume in volumes.items()}
    exact[min(exact)] += MILLION - sum(exact.values())
    kinds: defaultdict[KindOfSeat, list[Seat]] = defaultdict(list)
    for seat in seats:
        kinds[seat.of].append(seat)
    owed: dict[int, int] = {}
    entitled: dict[tuple[int, KindOfSeat], int] = {}
    for kind, own in kinds.items():
        got: Counter[int] = Counter()
        for society, share in exact.items():
            entitled[society, kind] = share * len(own)
        for number, seat in enumerate(own, start=1):
            # Who must be served soonest, of those who would not run ahead (Tijdeman's rule).
            ahead = {
                key: Fraction(share * number, MILLION) - got[key] for key, share in exact.items()
            }
            slack = 1 - Fraction(1, 2 * len(exact) - 2)
            may = [key for key in exact if ahead[key] >= 1 - slack]
            chosen = min(may, key=lambda key: ((slack - ahead[key]) / exact[key], key))
            got[chosen] += 1
            owed[seat.id] = chosen
    return owed, entitled


def make_demands(seats: Sequence[Seat]) -> tuple[GuardDemand, ...]:
    """Ask for two societies in each guard, and for neuroradiology in the evening and at night."""
    guards: defaultdict[tuple[str, Interval], set[int]] = defaultdict(set)
    for seat in seats:
        guards[seat.segment, seat.guard].add(seat.id)
    return tuple(
        GuardDemand(
            seats=frozenset(own),
            skills=frozenset({"neuro"} if segment in {"evening", "deep_night"} else ()),
            societies=2,
        )
        for (segment, _), own in guards.items()
    )


def make_readers(chance: Random, *, people: dict[int, int]) -> tuple[Reader, ...]:
    """Make the radiologists: parts of a full time, holidays, wishes, balances, last week's work."""
    readers: list[Reader] = []
    for society, number in people.items():
        for _ in range(number):
            readers.append(_make_reader(chance, len(readers) + 1, society=society))
    return tuple(_part_some(chance, readers))


def _make_reader(chance: Random, radiologist: int, *, society: int) -> Reader:
    skills = {"neuro"} if chance.random() < ABLE else set()
    return Reader(
        id=radiologist,
        memberships=(Membership(society, NEVER),),
        absences=_make_absences(chance),
        profile=HOSPITAL if chance.random() < SALARIED else LIBERAL,
        fte=chance.choice((1000, 1000, 1000, 800, 600)),
        skills=frozenset(skills),
        wishes=_make_wishes(chance),
        balance=250 * chance.randint(-4, 4),
        past=_make_past(chance),
    )


def _make_absences(chance: Random) -> tuple[Interval, ...]:
    """Spread a week, and some days, over the period: twelve days in a hundred."""
    left = round(ABSENT * DAYS)
    absences = []
    for days in (7, 2, left - 9):
        first = chance.randrange(DAYS - days)
        absences.append(_days(first, days))
    return tuple(absences)


def _make_wishes(chance: Random) -> tuple[Wish, ...]:
    avoid = [
        Wish(WishKind.AVOID, _days(chance.randrange(DAYS - 3), chance.randint(1, 3)), weight)
        for weight in (1, 2, 3)
    ]
    prefer = Wish(WishKind.PREFER, _days(chance.randrange(DAYS - 7), 7), chance.randint(1, 2))
    return (*avoid, prefer)


def _make_past(chance: Random) -> tuple[Work, ...]:
    works = []
    for week in range(1, 5):
        if chance.random() < BUSY_WEEK:
            night = _days(-7 * week + chance.randrange(6), 1)
            works.append(Work(replace(night, end=night.start + timedelta(hours=8))))
    return tuple(works)


def _part_some(chance: Random, readers: list[Reader]) -> list[Reader]:
    """Keep three pairs of the largest societies apart."""
    parted = list(readers)
    for _ in range(3):
        one, other = chance.sample(range(PEOPLE[1] + PEOPLE[2]), 2)
        for own, against in ((one, other), (other, one)):
            incompatible = parted[own].incompatible | {parted[against].id}
            parted[own] = replace(parted[own], incompatible=incompatible)
    return parted


def _days(first: int, days: int) -> Interval:
    start = datetime.combine(FIRST + timedelta(days=first), time(0))
    end = datetime.combine(FIRST + timedelta(days=first + days), time(0))
    return Interval(instant_of(start, zone=PARIS), instant_of(end, zone=PARIS))
