"""Queries on the rules of statutes, kept as data: durations in minutes."""

from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.roster.profile import HOSPITAL, LIBERAL, Profile, Rule
from app.planning.models import StatuteProfile

_MINUTE = timedelta(minutes=1)
_KNOWN = {each.statute: each for each in (LIBERAL, HOSPITAL)}
_DURATIONS = frozenset(
    each.name
    for each in fields(Profile)
    if isinstance(each.default, timedelta) or each.name == "most_hours_in_7_days"
)
_RULES = tuple(each.name for each in fields(Profile) if each.default is not MISSING)


def write_rules(profile: Profile) -> dict[str, Any]:
    """Write the rules of a statute as they are kept."""
    return {name: _write(name, getattr(profile, name)) for name in _RULES}


def _write(name: str, value: Any) -> object:  # noqa: ANN401 - of whatever type the rule is
    if name == "soft":
        return sorted(value)
    return value // _MINUTE if name in _DURATIONS and value is not None else value


def read_profile(statute: str, rules: Mapping[str, Any]) -> Profile:
    """Read the rules of a statute; those not named are everybody's.

    Raises
    ------
    ValueError
        If a name is no rule, or the rules contradict each other, naming them.
    """
    if unknown := sorted(set(rules) - set(_RULES)):
        msg = f"the profile of statute {statute!r} knows no {', '.join(unknown)}"
        raise ValueError(msg)
    return Profile(statute, **{name: _read(name, value) for name, value in rules.items()})


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - of whatever type the rule is
    if name == "soft":
        return frozenset(Rule(each) for each in value)
    return value * _MINUTE if name in _DURATIONS and value is not None else value


async def list_profiles(session: AsyncSession) -> list[StatuteProfile]:
    """List the profiles that were written, by statute, then date."""
    query = select(StatuteProfile).order_by(StatuteProfile.statute, StatuteProfile.valid_from)
    return list((await session.scalars(query)).all())


async def put_profile(
    session: AsyncSession,
    profile: Profile,
    *,
    valid_from: date,
    written_by: int | None,
    now: datetime,
) -> None:
    """Write the profile of a statute from a date, instead of one from the same date."""
    values = {
        "statute": profile.statute,
        "valid_from": valid_from,
        "rules": write_rules(profile),
        "written_at": now,
        "written_by": written_by,
    }
    statement = insert(StatuteProfile).values(values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["statute", "valid_from"],
            set_={name: values[name] for name in ("rules", "written_at", "written_by")},
        )
    )


async def map_profiles(
    session: AsyncSession, statutes: Collection[str], *, on: date
) -> dict[str, Profile]:
    """Map statutes to their rules on a date: as last written, else as everybody starts."""
    query = (
        select(StatuteProfile)
        .where(StatuteProfile.statute.in_(statutes), StatuteProfile.valid_from <= on)
        .order_by(StatuteProfile.valid_from)
    )
    written = {
        row.statute: read_profile(row.statute, row.rules)
        for row in (await session.scalars(query)).all()
    }
    return {
        statute: written.get(statute) or _KNOWN.get(statute) or Profile(statute)
        for statute in statutes
    }
