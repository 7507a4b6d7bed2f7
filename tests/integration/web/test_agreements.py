"""What is agreed with senders and sites over the API: classes, certificates, commitment, quota."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from tests.factories.directory import add_domain, add_site, add_society, add_user
from tests.integration.web.conftest import SignIn
from tests.integration.web.test_directory import NODE, fields, sender_body, site_body

AGREED = {
    "certificate_names": ["ct1.chu.test"],
    "most_associations": 8,
    "sop_classes": ["1.2.840.10008.5.1.4.1.1.2"],
    "transfer_syntaxes": ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"],
}


@pytest.mark.asyncio
async def test_what_is_agreed_with_a_sender_is_put_and_left_out_again(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    site = await add_site(session, society_id=(await add_society(session)).id)
    domain = await add_domain(session)
    body = sender_body(site.id, domain.id, node={**NODE, "tls": True}, **AGREED)

    created = (await client.post("/api/v1/senders", json=body)).json()
    url = f"/api/v1/senders/{created['id']}"
    emptied = (await client.put(url, json=sender_body(site.id, domain.id))).json()

    assert {name: created[name] for name in AGREED} == AGREED
    assert created["node"]["tls"] is True
    assert emptied["node"] is None
    assert emptied["most_associations"] is None
    assert emptied["certificate_names"] == emptied["sop_classes"] == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"certificate_names": [""]}, "body.certificate_names.0"),
        ({"certificate_names": ["a"] * 21}, "body.certificate_names"),
        ({"most_associations": 0}, "body.most_associations"),
        ({"sop_classes": ["CT"]}, "body.sop_classes.0"),
        ({"sop_classes": ["1.2." + "3" * 64]}, "body.sop_classes.0"),
        ({"transfer_syntaxes": ["1.02"]}, "body.transfer_syntaxes.0"),
    ],
)
async def test_what_cannot_be_agreed_with_a_sender_is_named(
    session: AsyncSession, sign_in: SignIn, changes: dict[str, Any], field: str
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    site = await add_site(session, society_id=(await add_society(session)).id)
    domain = await add_domain(session)

    answer = await client.post("/api/v1/senders", json=sender_body(site.id, domain.id, **changes))

    assert answer.status_code == 422
    assert fields(answer) == [field]


@pytest.mark.asyncio
async def test_commitment_is_off_until_a_site_says_for_how_long(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    body = site_body((await add_society(session)).id)

    created = (await client.post("/api/v1/sites", json=body)).json()
    url = f"/api/v1/sites/{created['id']}"
    changed = await client.put(url, json={**body, "commitment_days": 90, "quota_gib": 500})
    refused = [
        (await client.put(url, json={**body, **wrong})).status_code
        for wrong in ({"commitment_days": 0}, {"commitment_days": 3651}, {"quota_gib": 0})
    ]

    assert (created["commitment_days"], created["quota_gib"]) == (None, None)
    assert (changed.json()["commitment_days"], changed.json()["quota_gib"]) == (90, 500)
    assert refused == [422, 422, 422]
