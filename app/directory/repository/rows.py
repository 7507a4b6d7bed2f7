"""Queries that all nouns of the directory share: by key, by page, by scope, and the saving."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.db.base import Base
from app.db.errors import constraint_of
from app.directory.domain import AlreadyTaken, InvalidField, Scope

Row = TypeVar("Row", bound=Base)

_Column = InstrumentedAttribute[int] | InstrumentedAttribute[int | None]


_TAKEN: Mapping[str, tuple[str, str]] = {
    "uq_society_name": ("name", "another society has this name"),
    "uq_society_short_name": ("short_name", "another society has this short name"),
    "uq_centre_name": ("name", "another centre has this name"),
    "uq_domain_name": ("name", "another domain has this name"),
    "uq_site_name": ("name", "another site has this name"),
    "uq_site_finess": ("finess", "another site has this FINESS number"),
    "uq_radiologist_rpps": ("rpps", "another radiologist has this RPPS number"),
    "uq_priority_rule_rank": ("rank", "another rule has this rank"),
    "uq_site_rule_sender_id_rank": ("rank", "another rule of this sender has this rank"),
    "uq_user_login": ("login", "another user has this login"),
    "uq_user_radiologist_id": ("radiologist_id", "another user is this radiologist"),
    "uq_role_grant_once": ("grants", "the user holds this role in this scope already"),
    "ex_radiologist_society_one_at_a_time": (
        "societies",
        "a radiologist belongs to one society at a time; end the other membership first",
    ),
    "ex_radiologist_site_once": ("sites", "this right to read overlaps with one that exists"),
}
_BROKEN: Mapping[str, tuple[str, str]] = {
    "ck_society_left_after_joined": ("left_on", "a society leaves after it has joined"),
    "ck_endpoint_port": ("port", "a port is between 1 and 65535"),
    "ck_site_commitment_days": ("commitment_days", "days are 1 or more, or nothing for off"),
    "ck_site_quota_gib": ("quota_gib", "a quota is 1 GiB or more, or nothing for none"),
    "ck_sender_most_associations": ("most_associations", "a limit is 1 or more, or nothing"),
    "ck_priority_rule_priority": ("priority", "a priority is P1, P2, P3 or P4"),
    "ck_role_grant_one_scope": ("grants", "a role is held in a society or in a site, not in both"),
    "ck_role_grant_site_has_site": ("grants", "the role site names its site"),
}
_REFERENCE = re.compile(r"fk_[a-z]+?(?:_society|_site|_rule|_value|_ring)??_(?P<column>[a-z]+_id)")


async def find_row(session: AsyncSession, model: type[Row], key: int) -> Row | None:
    """Find a row by its key."""
    return await session.get(model, key)


async def list_rows(
    session: AsyncSession, query: Select[Row], *, key: _Column, limit: int, after: int | None
) -> list[Row]:
    """List rows in the order of their key, after the one named."""
    query = query.order_by(key).limit(limit)
    if after is not None:
        query = query.where(key > after)
    return list((await session.execute(query)).scalars())


def inside(
    scope: Scope, *, society: _Column | None = None, site: _Column | None = None
) -> ColumnElement[bool]:
    """Limit a query to what is inside a scope, by the columns that tell the society or the site."""
    if scope.everything:
        return true()
    clauses: list[ColumnElement[bool]] = []
    if society is not None and scope.society_ids:
        clauses.append(society.in_(scope.society_ids))
    if site is not None and scope.site_ids:
        clauses.append(site.in_(scope.site_ids))
    return or_(false(), *clauses)


async def save(session: AsyncSession, *rows: Base) -> None:
    """Write new and changed rows now, so that what the database refuses is known by its name.

    Raises
    ------
    AlreadyTaken
        If another row has a value that only one may have.
    InvalidField
        If a rule is broken, or what a field refers to does not exist.
    """
    session.add_all(rows)
    try:
        await session.flush()
    except IntegrityError as error:
        raise _explain(constraint_of(error)) or error from error


def _explain(constraint: str | None) -> AlreadyTaken | InvalidField | None:
    if constraint is None:
        return None
    if constraint in _TAKEN:
        return AlreadyTaken(*_TAKEN[constraint])
    if constraint in _BROKEN:
        return InvalidField(*_BROKEN[constraint])
    reference = _REFERENCE.fullmatch(constraint)
    if reference is not None:
        return InvalidField(reference["column"], "there is nothing with this id")
    return None


def put(row: Base, values: Mapping[str, Any]) -> None:
    """Set the columns named."""
    for column, value in values.items():
        setattr(row, column, value)
