"""Decisions as they are kept, with all that went into them, so that each can be made again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from app.dispatch.domain.policy.answer import RULE_VERSION, Decision
from app.dispatch.domain.policy.deciding import decide
from app.dispatch.domain.policy.inputs import CaseToRead, Circle, Line, Reader, Ring
from app.dispatch.domain.policy.parameters import Parameters
from app.dispatch.domain.presence import PresenceState
from app.kit.errors import Conflict
from app.kit.interval import Interval

_OF_READER = tuple(each.name for each in fields(Reader))
_READ_ALL = attrgetter(*_OF_READER)
_INSTANTS = ("signed_due_at", "waiting_since", "step_due_at")


class OtherRule(Conflict):
    """A decision was made by another version of the rule, or kept without all that went into it."""


def write_inputs(
    case: CaseToRead,
    *,
    readers: Iterable[Reader],
    circle: Circle,
    parameters: Parameters,
    now: datetime,
) -> dict[str, Any]:
    """Write what a decision was made from."""
    return {
        "case": _plain(case),
        "circle": circle.value,
        "now": now.isoformat(),
        "parameters": parameters.to_json(),
        "readers": _write_readers(tuple(readers)),
    }


def _write_readers(readers: Sequence[Reader]) -> dict[str, Any]:
    """Write readers by field: what is the same for all of them once, the rest one after the other.

    At once, not field by field: there are a hundred readers of twenty fields.
    """
    columns: dict[str, Sequence[Any]] = dict(
        zip(_OF_READER, zip(*map(_READ_ALL, readers), strict=True), strict=False)
    )
    if readers:
        guards = columns.pop("guard")
        columns["guard_start"] = _write_instants([each.start for each in guards])
        columns["guard_end"] = _write_instants([each.end for each in guards])
    shared = {name: own[0] for name, own in columns.items() if own.count(own[0]) == len(own)}
    return {
        "count": len(readers),
        "shared": shared,
        "each": {name: list(own) for name, own in columns.items() if name not in shared},
    }


def _write_instants(instants: Sequence[datetime]) -> list[str]:
    written = {each: each.isoformat() for each in set(instants)}
    return [written[each] for each in instants]


def write_answer(decision: Decision) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the first ten of the ranking, and who was left out by which rule."""
    return (
        {
            "nominees": list(decision.nominees),
            "circle": decision.circle.value,
            "readers": [_plain(each) for each in decision.ranking],
        },
        {
            "readers": [_plain(each) for each in decision.excluded],
            "dropped_filters": list(decision.dropped_filters),
        },
    )


def replay(inputs: Mapping[str, Any], *, rule_version: str) -> Decision:
    """Make a decision again from what was kept of it.

    Parameters
    ----------
    inputs
        As `write_inputs` wrote them, through JSON or not.
    rule_version
        Of the rule that made it.

    Raises
    ------
    OtherRule
        If the rule has changed since: its answer may rightly be another one.
    """
    if rule_version != RULE_VERSION:
        message = (
            f"the decision was made by rule {rule_version}, which is no longer the one in force "
            f"({RULE_VERSION}): what was kept of it still stands, but it cannot be made again"
        )
        raise OtherRule(message)
    return decide(
        _read_case(inputs["case"]),
        readers=read_readers(inputs["readers"]),
        circle=Circle(inputs["circle"]),
        now=datetime.fromisoformat(inputs["now"]),
        parameters=Parameters.from_json(inputs["parameters"]),
    )


def _plain(values: object) -> Any:  # noqa: ANN401 - JSON
    if values is None or isinstance(values, str | int | float):
        return values
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_plain(value) for value in values]
    if is_dataclass(values):
        return {each.name: _plain(getattr(values, each.name)) for each in fields(values)}
    return values.isoformat() if isinstance(values, datetime) else values


def _read_case(values: Mapping[str, Any]) -> CaseToRead:
    instants = {
        name: None if values[name] is None else datetime.fromisoformat(values[name])
        for name in _INSTANTS
    }
    return CaseToRead(**{**values, **instants})


def read_readers(kept: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Reader]:
    """Read who was on guard, also as it was kept before: each with all fields."""
    if not isinstance(kept, Mapping):
        return [_read_reader({**each, **_flatten(each["guard"])}) for each in kept]
    return [
        _read_reader(kept["shared"] | {name: own[at] for name, own in kept["each"].items()})
        for at in range(kept["count"])
    ]


def _flatten(guard: Mapping[str, str]) -> dict[str, str]:
    return {"guard_start": guard["start"], "guard_end": guard["end"]}


def _read_reader(values: Mapping[str, Any]) -> Reader:
    known = {name: values[name] for name in _OF_READER if name in values}
    return Reader(
        **known
        | {
            "line": Line(values["line"]),
            "ring": Ring(values["ring"]),
            "presence": PresenceState(values["presence"]),
            "sub_specialties": tuple(values["sub_specialties"]),
            "guard": Interval(
                datetime.fromisoformat(values["guard_start"]),
                datetime.fromisoformat(values["guard_end"]),
            ),
        }
    )
