"""The demo GCS in a database."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.sites import SITES
from app.demo.gcs.users import USERS
from app.demo.seeding.seed import Nodes, seed
from app.directory.models import (
    Endpoint,
    PriorityRule,
    RadiologistSite,
    RoleGrant,
    Sender,
    Site,
    Society,
    User,
)
from app.directory.service.secrets import verify_password
from app.planning.models import Segment, Volume

PASSWORD = "demo-demo-demo"
TODAY = date(2026, 11, 22)
TABLES = (Society, Site, Sender, Endpoint, RadiologistSite, User, RoleGrant, Volume, Segment)


async def enter(session: AsyncSession, *, hospital_port: int = 4242) -> dict[str, int]:
    nodes = Nodes(hospital_port=hospital_port, centre_port=4243)
    await seed(session, nodes=nodes, password=PASSWORD, zone="Europe/Paris", today=TODAY)
    await session.flush()
    return {
        model.__tablename__: await session.scalar(select(func.count()).select_from(model)) or 0
        for model in (*TABLES, PriorityRule)
    }


@pytest.mark.asyncio
async def test_everybody_is_entered_once_however_often(session: AsyncSession) -> None:
    once = await enter(session)
    twice = await enter(session)

    assert twice == once
    assert once["society"] == once["volume"] == 11
    assert once["site"] == 15
    assert once["sender"] == sum(len(site.modalities) for site in SITES)
    assert once["user"] == once["role_grant"] == len(RADIOLOGISTS) + len(USERS)
    assert once["radiologist_site"] == 60 * 15
    assert once["segment"] > 0


@pytest.mark.asyncio
async def test_a_second_time_the_nodes_move_to_the_new_port(session: AsyncSession) -> None:
    await enter(session, hospital_port=4242)
    await enter(session, hospital_port=5353)

    ports = set(
        await session.scalars(select(Endpoint.port).join(Site, Site.endpoint_id == Endpoint.id))
    )

    assert ports == {5353}


@pytest.mark.asyncio
async def test_what_somebody_changed_meanwhile_stays(session: AsyncSession) -> None:
    await enter(session)
    site = (await session.scalars(select(Site).limit(1))).one()
    site.telephone_ct = "+33 5 36 49 99 99"
    await session.flush()

    await enter(session)

    assert site.telephone_ct == "+33 5 36 49 99 99"


@pytest.mark.asyncio
async def test_users_sign_in_with_the_password_of_the_demo(session: AsyncSession) -> None:
    await enter(session)
    user = (await session.scalars(select(User).where(User.login == "coordination"))).one()

    assert await verify_password(PASSWORD, password_hash=user.password_hash)
    assert not user.second_factor_required
