"""Users and their roles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Grant, Permission, PermissionDenied, Role
from app.directory.domain.sign_in import PASSWORD_LONGEST, PASSWORD_SHORTEST
from app.directory.models import User
from app.directory.repository import people
from app.directory.service import users
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/users", tags=["directory"])

Reader = Annotated[Work, needs(Permission.USER_READ)]
Writer = Annotated[Work, needs(Permission.USER_WRITE)]
Password = Annotated[str, Field(min_length=PASSWORD_SHORTEST, max_length=PASSWORD_LONGEST)]


class GrantView(View):
    """A role: everywhere, or in one society or one site."""

    role: Role
    society_id: int | None
    site_id: int | None


class GrantBody(Body):
    """A role: everywhere, or in one society or one site."""

    role: Role
    society_id: BodyKey | None = None
    site_id: BodyKey | None = None


class UserView(View):
    """A user."""

    id: int
    login: str
    display_name: str
    email: str | None
    locale: str
    radiologist_id: int | None
    second_factor_required: bool
    second_factor: bool
    disabled_at: datetime | None
    grants: list[GrantView]


class UserBody(Body):
    """What replaces what is known of a user."""

    login: Annotated[str, Field(pattern=r"^[A-Za-z0-9._@-]{3,64}$")]
    display_name: Line
    email: Annotated[str | None, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] = None
    locale: Literal["fr", "en"] = "fr"
    radiologist_id: BodyKey | None = None
    second_factor_required: bool = True
    """Only the group waives it."""
    grants: list[GrantBody] = Field(default_factory=list, max_length=50)


class NewUser(UserBody):
    """A user that is new."""

    password: Password


class PasswordBody(Body):
    """A new password."""

    password: Password


async def _view(work: Work, rows: Sequence[User]) -> list[UserView]:
    grants = await people.load_grants(work.session, user_ids=[row.id for row in rows])
    return [
        UserView(
            id=row.id,
            login=row.login,
            display_name=row.display_name,
            email=row.email,
            locale=row.locale,
            radiologist_id=row.radiologist_id,
            second_factor_required=row.second_factor_required,
            second_factor=row.totp_confirmed_at is not None,
            disabled_at=row.disabled_at,
            grants=[GrantView.model_validate(each) for each in grants.get(row.id, ())],
        )
        for row in rows
    ]


def _grants(body: UserBody) -> list[Grant]:
    return [Grant(**each.model_dump()) for each in body.grants]


@router.get("")
async def list_users(work: Reader, page: WantedPage) -> Page[UserView]:
    """List the users who hold a role in one's scope."""
    rows = await people.list_users(
        work.session, scope=work.scope(Permission.USER_READ), limit=page.fetch, after=page.after
    )
    views = await _view(work, rows)
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(Conflict))
async def create_user(body: NewUser, work: Writer) -> UserView:
    """Create a user with their roles; a society gives its own roles only."""
    row = await users.create_user(
        work.session,
        actor=work.actor,
        values=body.model_dump(exclude={"grants", "password"}),
        password=body.password,
        grants=_grants(body),
        today=work.today,
    )
    return (await _view(work, [row]))[0]


@router.get("/{user_id}", responses=raises(NotFound))
async def show_user(user_id: Key, work: Reader) -> UserView:
    """Show a user."""
    row, held = await users.load_user(work.session, user_id=user_id)
    scope = work.scope(Permission.USER_READ)
    inside = (scope.covers(society_id=each.society_id, site_id=each.site_id) for each in held)
    if not (scope.everything or any(inside)):
        raise PermissionDenied(Permission.USER_READ)
    return (await _view(work, [row]))[0]


@router.put("/{user_id}", responses=raises(NotFound, Conflict))
async def change_user(user_id: Key, body: UserBody, work: Writer) -> UserView:
    """Replace what is known of a user, and their roles."""
    row = await users.change_user(
        work.session,
        actor=work.actor,
        user_id=user_id,
        values=body.model_dump(exclude={"grants"}),
        grants=_grants(body),
        today=work.today,
    )
    return (await _view(work, [row]))[0]


@router.put("/{user_id}/password", status_code=204, responses=raises(NotFound))
async def set_password(user_id: Key, body: PasswordBody, work: Writer) -> None:
    """Set a user's password; their sessions and tokens end."""
    await users.set_password(
        work.session, actor=work.actor, user_id=user_id, password=body.password, now=work.now
    )


@router.delete("/{user_id}/second-factor", status_code=204, responses=raises(NotFound, Conflict))
async def reset_second_factor(user_id: Key, work: Writer) -> None:
    """Take a user's second factor away; their sessions and tokens end."""
    await users.reset_second_factor(work.session, actor=work.actor, user_id=user_id, now=work.now)


async def _switch(work: Work, user_id: int, disabled_at: datetime | None) -> UserView:
    row = await users.switch_user(
        work.session, actor=work.actor, user_id=user_id, disabled_at=disabled_at, now=work.now
    )
    return (await _view(work, [row]))[0]


@router.post("/{user_id}/disable", responses=raises(NotFound, Conflict))
async def disable_user(user_id: Key, work: Writer) -> UserView:
    """Disable a user; their sessions and tokens end."""
    return await _switch(work, user_id, work.now)


@router.post("/{user_id}/enable", responses=raises(NotFound, Conflict))
async def enable_user(user_id: Key, work: Writer) -> UserView:
    """Enable a user again."""
    return await _switch(work, user_id, None)
