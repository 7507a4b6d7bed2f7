"""What an open page is told of: sites of the worklist, and tasks of societies."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Grant, Role
from app.web.sight import Sight, find_sights
from tests.factories.directory import add_site, add_society


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
