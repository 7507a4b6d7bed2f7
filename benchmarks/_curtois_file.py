"""The text format of T. Curtois' nurse rostering instances, read."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of shift: its minutes, and the kinds that may not follow the next day."""

    name: str
    minutes: int
    never_before: frozenset[str]


@dataclass(frozen=True, slots=True)
class Worker:
    """One of the staff, with limits."""

    name: str
    most_of: dict[str, int]
    most_minutes: int
    least_minutes: int
    most_in_a_row: int
    least_in_a_row: int
    least_off_in_a_row: int
    most_weekends: int
    days_off: frozenset[int]


@dataclass(frozen=True, slots=True)
class Request:
    """To work, or not to work, one kind on one day, or to pay the weight."""

    worker: str
    day: int
    kind: str
    weight: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class Cover:
    """How many are needed on a day, and what one too few and one too many cost."""

    day: int
    kind: str
    needed: int
    under: int
    over: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One file; the first day is a Monday."""

    days: int
    kinds: tuple[Kind, ...]
    workers: tuple[Worker, ...]
    requests: tuple[Request, ...]
    covers: tuple[Cover, ...]


def read_instance(path: Path) -> Instance:
    """Read a file."""
    sections: defaultdict[str, list[list[str]]] = defaultdict(list)
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("SECTION_"):
            name = line.removeprefix("SECTION_").strip()
        elif line.strip() and not line.startswith("#"):
            sections[name].append([field.strip() for field in line.split(",")])
    days_off = {fields[0]: fields[1:] for fields in sections["DAYS_OFF"]}
    return Instance(
        days=int(sections["HORIZON"][0][0]),
        kinds=tuple(
            Kind(name, int(minutes), frozenset(never.split("|")) - {""})
            for name, minutes, never in sections["SHIFTS"]
        ),
        workers=tuple(
            _read_worker(fields, days_off.get(fields[0], [])) for fields in sections["STAFF"]
        ),
        requests=(*_read_requests(sections, "ON"), *_read_requests(sections, "OFF")),
        covers=tuple(
            Cover(int(day), kind, int(needed), int(under), int(over))
            for day, kind, needed, under, over in sections["COVER"]
        ),
    )


def _read_worker(fields: list[str], days_off: list[str]) -> Worker:
    each = (part.split("=") for part in fields[1].split("|"))
    return Worker(
        name=fields[0],
        most_of={kind: int(most) for kind, most in each},
        most_minutes=int(fields[2]),
        least_minutes=int(fields[3]),
        most_in_a_row=int(fields[4]),
        least_in_a_row=int(fields[5]),
        least_off_in_a_row=int(fields[6]),
        most_weekends=int(fields[7]),
        days_off=frozenset(map(int, days_off)),
    )


def _read_requests(sections: dict[str, list[list[str]]], which: str) -> Iterator[Request]:
    for worker, day, kind, weight in sections[f"SHIFT_{which}_REQUESTS"]:
        yield Request(worker, int(day), kind, int(weight), is_on=which == "ON")
