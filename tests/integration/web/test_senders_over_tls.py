"""A sender may call by addresses, by certificates, or by both; by nothing it may not be."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Role
from dicom_gateway.directory import take_snapshot
from tests.factories.directory import add_sender, add_site, add_society, add_user
from tests.integration.web.conftest import SignIn

pytestmark = pytest.mark.asyncio


async def test_a_sender_needs_an_address_or_a_certificate(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    sender = await add_sender(session, site_id=site.id)
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    path = f"/api/v1/senders/{sender.id}"
    body = {
        "name": "CT",
        "ae_title": "CT1",
        "addresses": [],
        "domain_id": sender.domain_id,
        "site_id": sender.site_id,
    }

    nothing = await client.put(path, json=body)
    certified = await client.put(path, json={**body, "certificate_names": ["ct1.north"]})
    sender_id = sender.id
    session.expire_all()
    snapshot = await take_snapshot(session, now=clock.instant)

    assert nothing.status_code == 422
    assert certified.status_code == 200, certified.text
    (registered,) = (each for each in snapshot.senders if each.sender_id == sender_id)
    assert (registered.addresses, registered.certificate_names) == ((), ("ct1.north",))
