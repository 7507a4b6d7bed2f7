"""Every sum of an exported sharing, done again.

Only what went in is read (members, seats and who owes them, balances, cessions), and compared with
what came out. Rows that went through CSV, where every value is a text and nothing is empty text,
are read as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.planning.domain.seats import GuardLine, KindOfSeat, SeatKind
from app.planning.domain.sharing.export import NO_KIND, Value, list_results
from app.planning.domain.sharing.outcome import tell
from app.planning.domain.sharing.period import (
    Cession,
    Member,
    Period,
    SharedSeat,
    WeekdayClass,
)
from app.planning.domain.sharing.rights import Sharing
from app.planning.domain.sharing.table import lay_table

Row = Mapping[str, Value]
Tables = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that does not come out again: where, what was told, what is found."""

    table: str
    row: int
    column: str
    told: Value
    found: Value


def recompute(tables: Tables) -> Sharing:
    """Do every sum of an exported sharing again.

    Raises
    ------
    ValueError, KeyError
        If the tables are not those of an export, or say what cannot be shared.
    """
    period = read_period(tables)
    owed = {
        _int(row["seat"]): _int(row["owed_by"])
        for row in tables["seats"]
        if row["owed_by"] not in {None, ""}
    }
    return tell(period, lay_table(period), owed)


def compare(tables: Tables) -> list[Difference]:
    """List the numbers that are not what the sums give; none when the export is true."""
    found = list_results(recompute(tables))
    differences = []
    for name, rows in found.items():
        if len(rows) != len(tables[name]):
            differences.append(Difference(name, 0, "rows", len(tables[name]), len(rows)))
        for number, (row, told) in enumerate(zip(rows, tables[name], strict=False), start=1):
            differences += [
                Difference(name, number, column, told.get(column), value)
                for column, value in row.items()
                if _text(told.get(column)) != _text(value)
            ]
    return differences


def read_period(tables: Tables) -> Period:
    """Read what went into a sharing from its tables."""
    return Period(
        start=date.fromisoformat(str(tables["period"][0]["start"])),
        members=[
            Member(
                id=_int(row["society"]),
                name=str(row["name"]),
                volume=_int(row["volume"]),
                joined=_read_day(row["joined"]),
                left=_read_day(row["left"]),
            )
            for row in tables["members"]
        ],
        seats=[_read_seat(row) for row in tables["seats"]],
        balances={
            (_int(row["society"]), _read_kind(row)): _int(row["millionths"])
            for row in tables["balances"]
        },
        cessions=[_read_cession(row) for row in tables["cessions"]],
        special_balances={
            (_int(row["society"]), str(row["day"])): _int(row["millionths"])
            for row in tables["special_balances"]
        },
        class_balances={
            (_int(row["society"]), _read_kind(row), WeekdayClass(str(row["days"]))): _int(
                row["millionths"]
            )
            for row in tables["class_balances"]
        },
    )


def _read_seat(row: Row) -> SharedSeat:
    return SharedSeat(
        id=_int(row["seat"]),
        of=_read_kind(row),
        starts_at=datetime.fromisoformat(str(row["starts_at"])),
        on=date.fromisoformat(str(row["on"])),
        special=str(row["special"]) if row["special"] else None,
        holder=None if row["kept_by"] in {None, ""} else _int(row["kept_by"]),
        outside=bool(_int(row["outside"])),
    )


def _read_cession(row: Row) -> Cession:
    returned = {name: row[f"returned_{name}"] for name in NO_KIND}
    return Cession(
        giver=_int(row["giver"]),
        taker=_int(row["taker"]),
        of=_read_kind(row),
        seats=_int(row["seats"]),
        start=_read_day(row["start"]),
        end=_read_day(row["end"]),
        returned=_read_kind(returned) if returned["segment"] else None,
        returned_seats=_int(row["returned_seats"]),
    )


def _read_kind(row: Row) -> KindOfSeat:
    return KindOfSeat(str(row["segment"]), GuardLine(str(row["line"])), SeatKind(str(row["kind"])))


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _read_day(value: Value) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def _int(value: Value) -> int:
    return int(str(value))
