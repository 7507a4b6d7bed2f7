"""Use cases of a user's own account: password and second factor."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import InvalidField
from app.directory.models import User
from app.directory.repository import access
from app.directory.service.secrets import SecretBox, hash_password, verify_password
from app.directory.service.sign_in import use_code
from app.directory.service.totp import Enrolment, draw_enrolment
from app.kit.errors import Conflict


class SecondFactorAlreadyEnrolled(Conflict):
    """The user has a second factor; an administrator must reset it first."""


async def start_enrolment(session: AsyncSession, user: User, *, box: SecretBox) -> Enrolment:
    """Draw the secret of a second factor; it counts once a first code has confirmed it.

    Raises
    ------
    SecondFactorAlreadyEnrolled
        If one is in use: who holds a stolen session must not be able to replace it.
    """
    _refuse_enrolled(user)
    enrolment = draw_enrolment(user.login)
    user.totp_secret = box.seal(enrolment.secret)
    user.totp_last_step = None
    await session.flush()
    return enrolment


async def confirm_enrolment(
    session: AsyncSession,
    user: User,
    *,
    code: str,
    session_id: int | None,
    now: datetime,
    box: SecretBox,
) -> None:
    """Confirm the second factor by a first code, and end the user's other sessions and tokens.

    They were begun with the password alone.

    Raises
    ------
    InvalidField
        If the code is wrong, or no enrolment was started.
    SecondFactorAlreadyEnrolled
        If one is in use.
    """
    _refuse_enrolled(user)
    if not await use_code(session, user, code=code, now=now, box=box):
        raise InvalidField(
            "code", "the code is wrong; scan the picture again, or wait for the next"
        )
    user.totp_confirmed_at = now
    await access.delete_sessions(session, user_id=user.id, but_session_id=session_id)
    await access.revoke_tokens(session, user_id=user.id, now=now)
    await session.flush()


def _refuse_enrolled(user: User) -> None:
    if user.totp_confirmed_at is not None:
        message = "a second factor is in use; an administrator has to reset it first"
        raise SecondFactorAlreadyEnrolled(message)


async def change_password(
    session: AsyncSession,
    user: User,
    *,
    current: str,
    new: str,
    session_id: int | None,
    now: datetime,
) -> None:
    """Change one's own password, and end one's other sessions and all tokens.

    Who changes it may know that the old one was stolen: nothing that was begun with it goes on.

    Raises
    ------
    InvalidField
        If the current password is wrong, or the new one too short.
    """
    if not await verify_password(current, password_hash=user.password_hash):
        raise InvalidField("current", "this is not the current password")
    user.password_hash = await hash_password(new, field="new")
    await access.delete_sessions(session, user_id=user.id, but_session_id=session_id)
    await access.revoke_tokens(session, user_id=user.id, now=now)
    await session.flush()
