"""Use cases of users and their roles."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Grant, Permission, PermissionDenied, may
from app.directory.domain.delegation import may_manage
from app.directory.models import User
from app.directory.repository import access
from app.directory.repository.people import (
    delete_grants,
    find_society_id,
    load_grants,
    make_grant,
)
from app.directory.repository.rows import find_row, put, save
from app.directory.service.secrets import hash_password
from app.kit.errors import Conflict, NotFound


class UserUnknown(NotFound):
    """There is no such user."""


class OwnAccount(Conflict):
    """Nobody disables their own account or resets their own second factor."""


async def load_user(session: AsyncSession, *, user_id: int) -> tuple[User, list[Grant]]:
    """Load a user and their roles.

    Raises
    ------
    UserUnknown
        If there is none.
    """
    user = await find_row(session, User, user_id)
    if user is None:
        raise UserUnknown(f"there is no user {user_id}")
    return user, (await load_grants(session, user_ids=[user_id]))[user_id]


def _require_manager(actor: Actor, *holdings: Iterable[Grant]) -> None:
    if not all(may_manage(actor, held) for held in holdings):
        raise PermissionDenied(Permission.USER_WRITE)


async def _load_managed(session: AsyncSession, *, actor: Actor, user_id: int) -> User:
    user, held = await load_user(session, user_id=user_id)
    _require_manager(actor, held)
    return user


async def _check_values(
    session: AsyncSession, *, actor: Actor, values: Mapping[str, Any], before: User, today: date
) -> None:
    # Both decide over access to patients' data: the group, or the radiologist's own society.
    if not values["second_factor_required"] and before.second_factor_required is not False:
        _require_group(actor)
    radiologist_id = values["radiologist_id"]
    if radiologist_id is not None and radiologist_id != before.radiologist_id:
        society_id = await find_society_id(session, radiologist_id=radiologist_id, today=today)
        if not may(actor, Permission.USER_WRITE, society_id=society_id):
            raise PermissionDenied(Permission.USER_WRITE)


def _require_group(actor: Actor) -> None:
    if not may(actor, Permission.USER_WRITE):
        raise PermissionDenied(Permission.USER_WRITE)


async def create_user(
    session: AsyncSession,
    *,
    actor: Actor,
    values: Mapping[str, Any],
    password: str,
    grants: Sequence[Grant],
    today: date,
) -> User:
    """Create a user with their roles; a society gives its own roles only.

    Raises
    ------
    InvalidField
        If the password is too short.
    PermissionDenied
        If the actor may not give one of the roles, waive the second factor, or make the user a
        radiologist of another society.
    """
    _require_manager(actor, grants)
    user = User()
    await _check_values(session, actor=actor, values=values, before=user, today=today)
    put(user, values)
    user.password_hash = await hash_password(password)
    await save(session, user)
    await save(session, *(make_grant(user.id, grant) for grant in dict.fromkeys(grants)))
    return user


async def change_user(
    session: AsyncSession,
    *,
    actor: Actor,
    user_id: int,
    values: Mapping[str, Any],
    grants: Sequence[Grant],
    today: date,
) -> User:
    """Replace what is known of a user, and their roles; they hold from the next request on."""
    user, held = await load_user(session, user_id=user_id)
    _require_manager(actor, held, grants)
    await _check_values(session, actor=actor, values=values, before=user, today=today)
    put(user, values)
    await delete_grants(session, user_id=user_id)
    await save(session, *(make_grant(user_id, grant) for grant in dict.fromkeys(grants)))
    return user


async def set_password(
    session: AsyncSession, *, actor: Actor, user_id: int, password: str, now: datetime
) -> None:
    """Set a user's password, and end their sessions and tokens."""
    user = await _load_managed(session, actor=actor, user_id=user_id)
    user.password_hash = await hash_password(password)
    await _end_access(session, user_id=user_id, now=now)
    await save(session)


async def reset_second_factor(
    session: AsyncSession, *, actor: Actor, user_id: int, now: datetime
) -> None:
    """Take a user's second factor away, and end their sessions and tokens.

    Raises
    ------
    OwnAccount
        If it is the actor's own: who holds a stolen session must not get rid of it.
    """
    user = await _load_managed(session, actor=actor, user_id=user_id)
    if user_id == actor.user_id:
        raise OwnAccount("another administrator has to reset your second factor")
    put(user, {"totp_secret": None, "totp_confirmed_at": None, "totp_last_step": None})
    await _end_access(session, user_id=user_id, now=now)
    await save(session)


async def switch_user(
    session: AsyncSession,
    *,
    actor: Actor,
    user_id: int,
    disabled_at: datetime | None,
    now: datetime,
) -> User:
    """Disable a user and end their sessions and tokens; or enable them again.

    Raises
    ------
    OwnAccount
        If it is the actor's own.
    """
    user = await _load_managed(session, actor=actor, user_id=user_id)
    if user_id == actor.user_id:
        raise OwnAccount("another administrator has to disable your account")
    user.disabled_at = disabled_at
    if disabled_at is not None:
        await _end_access(session, user_id=user_id, now=now)
    await save(session)
    return user


async def _end_access(session: AsyncSession, *, user_id: int, now: datetime) -> None:
    await access.delete_sessions(session, user_id=user_id)
    await access.revoke_tokens(session, user_id=user_id, now=now)
