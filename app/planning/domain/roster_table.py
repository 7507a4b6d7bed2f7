"""Read a roster from a file: one line for each seat, with the columns of the export.

The first line names the columns, in any order. Needed are `seat_id` and `radiologist`: an RPPS
number, or a name as somebody would type it; empty for nobody. The other columns of the export may
stay. What they say of a seat must be what its planning says, since a file changes holders and
nothing else: so a file of another planning is found out. Seats that no line names stay as they are.
Nothing is taken of a file with a fault: all of them are named, by line and column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.planning.domain.files.faults import LineFault, say
from app.planning.domain.files.source_text import read_text
from app.planning.domain.roster_lines import LineReader, ReadSeat, SaidSeat
from app.planning.domain.typed_name import Named

MOST_LINES = 10_000
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class RosterReading:
    """A file as it was read.

    Parameters
    ----------
    changes
        By line; those that say what stands already are left out. Empty when there is any fault.
    faults
        By line; at most 100.
    lines
        How many lines were understood.
    """

    changes: tuple[ReadSeat, ...]
    faults: tuple[LineFault, ...]
    lines: int = 0


def read_roster(
    content: bytes,
    *,
    said: Mapping[int, SaidSeat],
    people: Sequence[Named],
    societies: Mapping[str, int],
) -> RosterReading:
    """Read a roster as it was uploaded.

    Parameters
    ----------
    said
        All seats of the planning, by id.
    people, societies
        Those who can be named; ids by name, for seats that no society owes yet.
    """
    source = read_text(content)
    if source.fault is not None:
        return RosterReading((), (LineFault(source.fault.line, None, say(source.fault)),))
    lines = [
        (number, line)
        for number, line in enumerate(source.text.splitlines(), start=1)
        if line.strip(f" \t{source.separator}")
    ]
    reader = LineReader(said, people=people, societies=societies, separator=source.separator)
    if lines:
        reader.read_header(*lines[0])
    if len(lines) > MOST_LINES + 1:
        reader.refuse(lines[MOST_LINES + 1][0], f"there are more than {MOST_LINES} lines")
    for number, line in lines[1 : MOST_LINES + 1]:
        if not reader.header or len(reader.faults) >= MOST_FAULTS:
            break
        reader.read_line(number, line)
    if len(lines) <= 1 and not reader.faults:
        reader.refuse(1, "there is no line below the names of the columns")
    if reader.faults:
        return RosterReading((), tuple(reader.faults[:MOST_FAULTS]))
    return RosterReading(tuple(reader.changes), (), len(lines) - 1)
