"""A sharing as flat tables: one row a dictionary of texts and numbers."""

from collections.abc import Mapping
from datetime import date, datetime

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.period import Cession, Period, SharedSeat
from app.planning.domain.sharing.rights import CellRight, Sharing

Value = str | int | None

NO_KIND: dict[str, Value] = {"segment": None, "line": None, "kind": None}


def export(period: Period, sharing: Sharing) -> dict[str, list[dict[str, Value]]]:
    """Give all that a sharing depends on, and all that it says, as tables by name."""
    given: dict[str, list[dict[str, Value]]] = {
        "period": [{"start": period.start.isoformat()}],
        "members": [
            {
                "society": each.id,
                "name": each.name,
                "volume": each.volume,
                "joined": _day(each.joined),
                "left": _day(each.left),
            }
            for each in period.members
        ],
        "seats": [_seat_row(each, sharing.owed) for each in period.seats],
        "balances": [
            {"society": society, **_kind(of), "millionths": millionths}
            for (society, of), millionths in period.balances.items()
        ],
        "cessions": [_cession_row(each) for each in period.cessions],
        "special_balances": [
            {"society": society, "day": day, "millionths": millionths}
            for (society, day), millionths in period.special_balances.items()
        ],
        "class_balances": [
            {"society": society, **_kind(of), "days": str(days), "millionths": millionths}
            for (society, of, days), millionths in period.class_balances.items()
        ],
    }
    return given | list_results(sharing)


def list_results(sharing: Sharing) -> dict[str, list[dict[str, Value]]]:
    """Give what a sharing says, as tables by name."""
    return {
        "cells": [_cell_row(each) for each in sharing.cells],
        "classes": [
            {
                "society": each.society,
                **_kind(each.of),
                "days": str(each.days),
                "opening": each.opening,
                "due": each.due,
                "seats": each.seats,
                "closing": each.closing,
            }
            for each in sharing.classes
        ],
        "special": [
            {
                "society": each.society,
                "day": each.day,
                "opening": each.opening,
                "entitled": each.entitled,
                "seats": each.seats,
                "closing": each.closing,
            }
            for each in sharing.special
        ],
    }


def _cell_row(cell: CellRight) -> dict[str, Value]:
    return {
        "society": cell.society,
        **_kind(cell.of),
        "volume": cell.volume,
        "share": cell.share,
        "of_seats": cell.of_seats,
        "opening": cell.opening,
        "ceded": cell.ceded,
        "entitled": cell.entitled,
        "seats": cell.seats,
        "closing": cell.closing,
        "spread": cell.spread.millionths,
        "spread_at": _instant(cell.spread.at),
        "owed": cell.owed.millionths,
        "owed_at": _instant(cell.owed.at),
    }


def _seat_row(seat: SharedSeat, owed: Mapping[int, int]) -> dict[str, Value]:
    return {
        "seat": seat.id,
        **_kind(seat.of),
        "starts_at": seat.starts_at.isoformat(),
        "on": seat.on.isoformat(),
        "special": seat.special and str(seat.special),
        "kept_by": seat.holder,
        "outside": int(seat.outside),
        "owed_by": owed.get(seat.id),
    }


def _cession_row(cession: Cession) -> dict[str, Value]:
    returned = _kind(cession.returned) if cession.returned else NO_KIND
    return {
        "giver": cession.giver,
        "taker": cession.taker,
        **_kind(cession.of),
        "seats": cession.seats,
        "start": _day(cession.start),
        "end": _day(cession.end),
        **{f"returned_{name}": value for name, value in returned.items()},
        "returned_seats": cession.returned_seats,
    }


def _kind(of: KindOfSeat) -> dict[str, Value]:
    return {"segment": of.segment, "line": of.line.value, "kind": of.kind.value}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
