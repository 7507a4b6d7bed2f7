"""Use cases of the parameters: read those in force, try and set others, see who set what when."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.dispatch.domain.policy.parameters import DEFAULTS, InvalidParameters, Parameters
from app.dispatch.domain.ports import StarvationTrial
from app.dispatch.domain.simulation.trial import NightTrial
from app.dispatch.domain.starvation import Starved
from app.dispatch.models import DispatchParameters
from app.dispatch.repository import parameters as repository
from app.kit.errors import Conflict, Invalid, NotAllowed

_NOTE_LONGEST = 500
_SETTING = "parameters of dispatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersInForce:
    """A set of parameters with its version; none of both: nobody has set any."""

    parameters: Parameters
    version: int | None = None
    set_at: datetime | None = None
    set_by_name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A set of parameters, and the classes of cases that starved when it was tried."""

    parameters: Parameters
    starved: tuple[Starved, ...]
    based_on: int | None
    """The version in force when it was made; nothing: nobody had set any."""


class ParametersChanged(Conflict):
    """Somebody else set parameters while these were made and tried."""

    def __init__(self) -> None:
        super().__init__(
            "other parameters were set while these were tried: read those in force, and set again"
        )


async def try_parameters(
    parameters: Parameters, *, based_on: int | None, trial: StarvationTrial | None = None
) -> Tried:
    """Try a set on simulated nights, in a thread; for before a transaction is opened.

    Parameters
    ----------
    based_on
        The version in force when it was made; nothing: nobody had set any.
    trial
        What shows that no class starves; nothing: the queue of two readers, then simulated nights.
    """
    starved = await asyncio.to_thread((trial or NightTrial()).find_starved, parameters)
    return Tried(parameters, starved, based_on)


async def read_parameters(session: AsyncSession) -> ParametersInForce:
    """Read the set in force: the last one that was set, else the default."""
    row = await repository.find_in_force(session)
    return ParametersInForce(parameters=DEFAULTS) if row is None else _read(row)


async def set_parameters(
    session: AsyncSession, tried: Tried, *, note: str, actor: Actor, now: datetime
) -> ParametersInForce:
    """Set the parameters from now on; decisions made before keep theirs.

    Raises
    ------
    InvalidParameters
        If a priority would starve with them.
    ParametersChanged
        If others were set since: theirs would be lost unseen.
    Invalid
        If the note is too long.
    PermissionDenied
        If the actor may not set them.
    """
    require(actor, Permission.SETTING_WRITE)
    if actor.user_id is None:
        raise NotAllowed("parameters are set by a person, never by the platform itself")
    if len(note) > _NOTE_LONGEST:
        raise Invalid(f"note: at most {_NOTE_LONGEST} characters")
    if tried.starved:
        raise InvalidParameters("; ".join(each.describe() for each in tried.starved))
    await wait_for_lock(session, _SETTING)
    if (await read_parameters(session)).version != tried.based_on:
        raise ParametersChanged
    row = await repository.add(
        session, tried.parameters.to_json(), note=note.strip(), user_id=actor.user_id, now=now
    )
    return _read(row, set_by_name=actor.name)


async def list_versions(
    session: AsyncSession, *, limit: int, before: int | None = None
) -> Sequence[ParametersInForce]:
    """List the sets that were set, newest first."""
    rows = await repository.list_versions(session, limit=limit, before=before)
    return [_read(row, set_by_name=name) for row, name in rows]


def _read(row: DispatchParameters, *, set_by_name: str = "") -> ParametersInForce:
    return ParametersInForce(
        parameters=Parameters.from_json(row.values),
        version=row.id,
        set_at=row.set_at,
        set_by_name=set_by_name,
        note=row.note,
    )
