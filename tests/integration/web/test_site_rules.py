"""The rules that name the site of a sender's studies, over the API."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.domain.site_rules import Place, SiteHeader, find_site
from app.directory.repository.site_rules import read_rules
from tests.factories.directory import add_domain, add_sender, add_site, add_society, add_user
from tests.integration.web.conftest import SignIn

pytestmark = pytest.mark.asyncio
NOTHING = {
    "institution_name": None,
    "issuer_of_patient_id": None,
    "station_name": None,
    "calling_ae_title": None,
    "domain_id": None,
}


async def test_a_rule_is_added_replaced_as_a_whole_and_deleted(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    site, other = [await add_site(session, society_id=society.id) for _ in range(2)]
    sender = await add_sender(session, site_id=site.id)
    domain = await add_domain(session)
    path = f"/api/v1/senders/{sender.id}/site-rules"
    royan = {"rank": 10, "institution_name": " CH  de Royan ", "site_id": other.id}

    created = await client.post(path, json=royan)
    one = f"{path}/{created.json()['id']}"
    replaced = {"rank": 5, "station_name": "CT2", "site_id": other.id, "domain_id": domain.id}
    changed = await client.put(one, json=replaced)
    listed = await client.get(path)
    deleted = await client.delete(one)
    gone = await client.put(one, json=replaced)

    assert created.status_code == 201
    assert created.json() == {
        **NOTHING,
        **royan,
        "id": created.json()["id"],
        "sender_id": sender.id,
        "institution_name": "CH de Royan",
    }
    assert changed.json() == {
        **NOTHING,
        **replaced,
        "id": created.json()["id"],
        "sender_id": sender.id,
    }
    assert listed.json()["items"] == [changed.json()]
    assert deleted.status_code == 204
    assert gone.status_code == 404


async def test_the_rules_of_a_sender_find_the_site_of_a_study(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    site, royan, saintes = [await add_site(session, society_id=society.id) for _ in range(3)]
    sender = await add_sender(session, site_id=site.id)
    path = f"/api/v1/senders/{sender.id}/site-rules"
    for rank, name, named in ((2, "CH Royan", royan), (1, "CH Saintes", saintes)):
        body = {"rank": rank, "institution_name": name, "site_id": named.id}
        assert (await client.post(path, json=body)).status_code == 201
    default = Place(sender.site_id, sender.domain_id)

    rules = (await read_rules(session, sender_ids=[sender.id]))[sender.id]

    found = find_site(SiteHeader(institution_name="ch royan"), rules=rules, default=default)
    unknown = find_site(SiteHeader(institution_name="CH Cognac"), rules=rules, default=default)
    assert (found.site_id, found.domain_id, found.confirmed) == (royan.id, sender.domain_id, True)
    assert (unknown.site_id, unknown.confirmed) == (site.id, False)


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({}, 422, None),
        ({"institution_name": "  "}, 422, "institution_name"),
        ({"station_name": "A" * 17}, 422, "station_name"),
        ({"calling_ae_title": "É"}, 422, "calling_ae_title"),
        ({"station_name": "CT1", "site_id": 999_999_999}, 422, "site_id"),
        ({"station_name": "CT1", "domain_id": 999_999_999}, 422, "domain_id"),
        ({"station_name": "CT1", "rank": 0}, 422, "rank"),
        ({"station_name": "CT1", "rank": 1}, 409, "rank"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused(
    session: AsyncSession,
    sign_in: SignIn,
    values: dict[str, object],
    status: int,
    field: str | None,
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    sender = await add_sender(session, site_id=site.id)
    path = f"/api/v1/senders/{sender.id}/site-rules"
    first = {"rank": 1, "station_name": "CT9", "site_id": site.id}
    assert (await client.post(path, json=first)).status_code == 201

    refused = await client.post(path, json={"rank": 2, "site_id": site.id, **values})

    assert refused.status_code == status
    if field is not None:
        (error,) = refused.json()["errors"]
        assert error["field"].removeprefix("body.") == field


async def test_the_rules_of_a_sender_elsewhere_are_not_shown(
    session: AsyncSession, sign_in: SignIn
) -> None:
    mine, foreign = [await add_society(session) for _ in range(2)]
    site = await add_site(session, society_id=foreign.id)
    sender = await add_sender(session, site_id=site.id)
    grant = Grant(Role.SOCIETY_ADMIN, society_id=mine.id)
    client = await sign_in(await add_user(session, grant))

    shown = await client.get(f"/api/v1/senders/{sender.id}/site-rules")
    written = await client.post(
        f"/api/v1/senders/{sender.id}/site-rules",
        json={"rank": 1, "station_name": "CT9", "site_id": site.id},
    )

    assert (shown.status_code, written.status_code) == (403, 403)
