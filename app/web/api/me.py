"""One's own account."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission, Role, scope_of
from app.directory.domain.sign_in import PASSWORD_LONGEST, PASSWORD_SHORTEST
from app.directory.service.own_account import (
    change_password,
    confirm_enrolment,
    start_enrolment,
)
from app.kit.errors import Conflict
from app.web.dependencies import EnrollingWork, SignedInWork
from app.web.errors import raises
from app.web.schemas import Body, View

router = APIRouter(prefix="/me", tags=["session"])


class GrantView(View):
    """A role inside its scope."""

    role: Role
    society_id: int | None
    site_id: int | None


class Me(View):
    """Who is signed in, and what they may do somewhere."""

    user_id: int
    login: str
    display_name: str
    locale: str
    radiologist_id: int | None
    grants: list[GrantView]
    permissions: list[Permission]
    enrolment_needed: bool
    second_factor: bool
    csrf_token: str | None


class EnrolmentView(View):
    """What a telephone needs to make codes; shown this once."""

    secret: str
    otpauth_uri: str
    qr_svg: str


class Code(Body):
    """A code of the second factor."""

    code: Annotated[str, Field(min_length=6, max_length=12)]


class PasswordChange(Body):
    """A password that is to be replaced."""

    current: Annotated[str, Field(min_length=1, max_length=PASSWORD_LONGEST)]
    new: Annotated[str, Field(min_length=PASSWORD_SHORTEST, max_length=PASSWORD_LONGEST)]


@router.get("")
async def show_me(work: EnrollingWork) -> Me:
    """Show who is signed in."""
    user, actor = work.caller.user, work.actor
    permissions = [each for each in Permission if not scope_of(actor, each).is_empty]
    return Me(
        user_id=user.id,
        login=user.login,
        display_name=user.display_name,
        locale=user.locale,
        radiologist_id=user.radiologist_id,
        grants=[GrantView.model_validate(grant) for grant in actor.grants],
        permissions=permissions,
        enrolment_needed=work.caller.needs_enrolment,
        second_factor=user.totp_confirmed_at is not None,
        csrf_token=work.caller.csrf_token,
    )


@router.put("/password", status_code=204)
async def put_password(change: PasswordChange, work: SignedInWork) -> None:
    """Change one's own password; one's other sessions and all tokens end."""
    await change_password(
        work.session,
        work.caller.user,
        current=change.current,
        new=change.new,
        session_id=work.caller.session_id,
        now=work.now,
    )


@router.post("/second-factor", status_code=201, responses=raises(Conflict))
async def create_second_factor(work: EnrollingWork) -> EnrolmentView:
    """Start to enrol a second factor: the secret counts once a first code has confirmed it."""
    enrolment = await start_enrolment(work.session, work.caller.user, box=work.container.box)
    return EnrolmentView.model_validate(enrolment)


@router.post("/second-factor/confirm", status_code=204, responses=raises(Conflict))
async def confirm_second_factor(code: Code, work: EnrollingWork) -> None:
    """Confirm the second factor by a first code; one's other sessions and tokens end."""
    await confirm_enrolment(
        work.session,
        work.caller.user,
        code=code.code,
        session_id=work.caller.session_id,
        now=work.now,
        box=work.container.box,
    )
