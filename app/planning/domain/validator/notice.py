"""Published seats that change their holder shortly before they begin."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Placement
from app.planning.domain.validator.violation import Violation, find
from app.planning.domain.validator.words import name_duration, name_seat


def judge_notice(
    placement: Placement,
    *,
    published: Mapping[int, int | None],
    readers: Mapping[int, Reader],
    now: datetime,
    zone: tzinfo,
) -> Iterator[Violation]:
    """Find a change that comes too late for who gets the seat, or for who loses it to nobody."""
    seat = placement.seat
    if seat.id not in published or published[seat.id] == placement.radiologist:
        return
    concerned = placement.radiologist or published[seat.id]
    reader = readers.get(concerned or 0)
    left = seat.interval.start - now
    if reader is None or left >= reader.profile.notice:
        return
    text = (
        f"radiologist {reader.id} is told {name_duration(left)} before "
        f"{name_seat(seat, zone=zone)}, not {name_duration(reader.profile.notice)}"
    )
    yield find(Rule.NOTICE, [seat], text=text, reader=reader)
