"""What an open page is told of: sites of the worklist, and tasks of societies."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Grant, Role
from app.directory.domain.sign_in import Lifetime
from app.directory.models import ApiToken, User
from app.directory.service.secrets import digest_token
from app.directory.service.sign_in import issue_token, start_session
from app.web.auth import Credential
from app.web.container import Container
from app.web.sight import Looks, Sight, find_sights
from tests.factories.directory import add_site, add_society, add_user
from tests.factories.stage import NIGHT

DAY = timedelta(days=1)


@pytest.mark.asyncio
async def test_who_plans_hears_of_tasks_and_who_reads_of_their_sites(
    session: AsyncSession,
) -> None:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)

    def actor(*grants: Grant, sites: frozenset[int] = frozenset()) -> Actor:
        return Actor(None, "somebody", grants=grants, readable_site_ids=sites)

    everybody = (
        actor(Grant(Role.PLANNER)),
        actor(Grant(Role.PLANNER, society_id=society.id)),
        actor(Grant(Role.RADIOLOGIST), sites=frozenset({site.id})),
        actor(Grant(Role.COORDINATOR)),
        actor(),
    )
    seen = await find_sights(session, everybody)

    assert seen == [
        Sight(frozenset(), everybody[0], has_societys_tasks=True),
        Sight(frozenset(), everybody[1], has_societys_tasks=True),
        Sight(frozenset({site.id}), everybody[2], has_societys_tasks=False),
        Sight(None, everybody[3], has_societys_tasks=True),
        Sight(frozenset(), everybody[4], has_societys_tasks=False),
    ]


@pytest.mark.asyncio
async def test_who_holds_a_role_that_is_unknown_is_not_found_and_all_others_are(
    session: AsyncSession, container: Container
) -> None:
    known, unknown = [await add_user(session, Role.COORDINATOR) for _ in range(2)]
    shown = [await _issue(session, user) for user in (known, unknown)]
    await session.execute(text("ALTER TABLE role_grant DROP CONSTRAINT ck_role_grant_role"))
    await session.execute(
        text("UPDATE role_grant SET role = 'of a later version' WHERE user_id = :id"),
        {"id": unknown.id},
    )
    looks = Looks(container)

    found, _ = await asyncio.gather(*(looks.find(each) for each in shown))

    assert found is not None
    assert found.keys() == {shown[0]}


@pytest.mark.asyncio
async def test_nobody_is_found_by_what_is_over_or_revoked_nor_who_is_disabled(
    session: AsyncSession, container: Container
) -> None:
    known, disabled = [await add_user(session, Role.COORDINATOR) for _ in range(2)]
    disabled.disabled_at = NIGHT
    live = [await _issue(session, known), await _begin(session, known)]
    dead = [
        await _issue(session, disabled),
        await _begin(session, disabled),
        await _issue(session, known, at=NIGHT - DAY),
        # Last: who begins a session forgets those that are over.
        await _begin(session, known, at=NIGHT - DAY),
    ]
    revoked = await _issue(session, known)
    await session.execute(
        update(ApiToken)
        .where(ApiToken.token_digest == revoked.digest)
        .values(revoked_at=NIGHT - timedelta(minutes=1))
    )
    looks = Looks(container)

    found, *_ = await asyncio.gather(*(looks.find(each) for each in (*live, *dead, revoked)))

    assert found is not None
    assert found.keys() == set(live)


async def _issue(session: AsyncSession, user: User, *, at: datetime = NIGHT) -> Credential:
    """Issue a token that lasts a day."""
    issued = await issue_token(session, user_id=user.id, name="test", lasts=DAY, now=at)
    return Credential(digest_token(issued.token), is_token=True)


async def _begin(session: AsyncSession, user: User, *, at: datetime = NIGHT) -> Credential:
    """Begin a session that lasts a day."""
    lifetime = Lifetime(idle=DAY, longest=DAY)
    issued = await start_session(session, user_id=user.id, lifetime=lifetime, now=at)
    return Credential(digest_token(issued.token), is_token=False)
