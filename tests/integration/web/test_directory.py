"""Centres, sites, senders and radiologists over the API."""

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from tests.factories.directory import (
    add_centre,
    add_domain,
    add_radiologist,
    add_sender,
    add_site,
    add_society,
    add_user,
    draw_finess,
    draw_rpps,
)
from tests.integration.web.conftest import SignIn

NODE = {"ae_title": "PACS", "host": "127.0.0.1", "port": 11113}


def fields(answer: httpx.Response) -> list[str]:
    return [each["field"] for each in answer.json()["errors"]]


def site_body(society_id: int, **changes: object) -> dict[str, Any]:
    return {
        "name": "Hôpital du Fleuve",
        "finess": draw_finess(),
        "society_id": society_id,
        "telephone_emergency": "+33 5 00 00 00 00",
        "telephone_ct": "+33 5 00 00 00 01",
        **changes,
    }


def sender_body(site_id: int, domain_id: int, **changes: object) -> dict[str, Any]:
    return {
        "name": "Scanner 1",
        "ae_title": "SCANNER1",
        "addresses": ["10.1.2.0/24"],
        "domain_id": domain_id,
        "site_id": site_id,
        **changes,
    }


@pytest.mark.asyncio
async def test_a_centre_is_created_changed_disabled_and_enabled(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    body = {"society_id": society.id, "name": "Centre du Port", "telephone": "1", "node": NODE}

    created = (await client.post("/api/v1/centres", json=body)).json()
    url = f"/api/v1/centres/{created['id']}"
    changed = (await client.put(url, json={**body, "telephone": "2"})).json()
    disabled = (await client.post(f"{url}/disable")).json()
    enabled = (await client.post(f"{url}/enable")).json()

    assert created["node"]["ae_title"] == "PACS"
    assert changed["telephone"] == "2"
    assert changed["node"] == created["node"]
    assert disabled["disabled_at"] == "2026-11-20T21:00:00Z"
    assert (await client.get(url)).json() == enabled == changed
    assert enabled in (await client.get("/api/v1/centres")).json()["items"]


@pytest.mark.asyncio
async def test_an_administrator_of_a_society_changes_its_centres_but_not_where_images_go(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society, other = await add_society(session), await add_society(session)
    centre = await add_centre(session, society_id=society.id)
    foreign = await add_centre(session, society_id=other.id)
    client = await sign_in(
        await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=society.id))
    )
    body = {"society_id": society.id, "name": "Centre neuf", "telephone": "1"}

    own = await client.put(f"/api/v1/centres/{centre.id}", json=body)
    node = await client.put(f"/api/v1/centres/{centre.id}", json={**body, "node": NODE})
    taken = await client.put(f"/api/v1/centres/{foreign.id}", json=body)
    given = await client.put(f"/api/v1/centres/{centre.id}", json={**body, "society_id": other.id})

    assert own.status_code == 200
    assert {node.status_code, taken.status_code, given.status_code} == {403}


@pytest.mark.asyncio
async def test_a_centre_of_a_society_that_does_not_exist_is_refused_naming_the_field(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))

    answer = await client.post(
        "/api/v1/centres", json={"society_id": 2**62, "name": "x", "telephone": "1"}
    )

    assert answer.status_code == 422
    assert fields(answer) == ["society_id"]


@pytest.mark.asyncio
async def test_a_site_is_created_with_its_node_and_its_clocks(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    body = site_body(society.id, sla={"P1": 30}, node={**NODE, "forms": ["sr"]})

    created = await client.post("/api/v1/sites", json=body)
    found = await client.get(f"/api/v1/sites/{created.json()['id']}")

    assert created.status_code == 201
    assert found.json()["sla"] == {"P1": 30}
    assert found.json()["node"]["forms"] == ["sr"]


@pytest.mark.asyncio
async def test_a_site_may_have_steps_and_delays_of_its_own(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    first = {"audience": "on_guard", "after_s": 30, "after_slack_s": 0}
    own = {"readers_at_once": 3, "steps": [first], "aside_s": 60, "answer_s": 90}
    wrong = own | {"steps": [first | {"audience": "hospital"}, first]}

    created = await client.post("/api/v1/sites", json=site_body(society.id, escalation={"P1": own}))
    found = await client.get(f"/api/v1/sites/{created.json()['id']}")
    refused = await client.post(
        "/api/v1/sites", json=site_body(society.id, escalation={"P2": wrong})
    )

    assert created.status_code == 201
    assert found.json()["escalation"] == {"P1": own}
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (
        422,
        "bad-escalation",
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"escalation": {"P1": {"aside_s": 60}}}, "body.escalation.P1.answer_s"),
        ({"finess": "330781197"}, "finess"),
        ({"zone": "Europe/Bordeaux"}, "zone"),
        ({"sla": {"P1": 0}}, "body.sla.P1"),
        ({"sla": {"P9": 10}}, "body.sla.P9.[key]"),
        ({"language": "oc"}, "body.language"),
        ({"node": {**NODE, "ae_title": "A\\B"}}, "node.ae_title"),
        ({"node": {**NODE, "port": 0}}, "body.node.port"),
    ],
)
async def test_a_wrong_field_of_a_site_is_named(
    session: AsyncSession, sign_in: SignIn, changes: dict[str, Any], field: str
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)

    answer = await client.post("/api/v1/sites", json=site_body(society.id, **changes))

    assert answer.status_code == 422
    assert fields(answer) == [field]


@pytest.mark.asyncio
async def test_two_senders_of_one_title_must_not_call_from_a_common_address(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    site = await add_site(session, society_id=(await add_society(session)).id)
    body = sender_body(site.id, (await add_domain(session)).id)
    first = await client.post("/api/v1/senders", json=body)

    same = await client.post("/api/v1/senders", json={**body, "addresses": ["10.1.2.7"]})
    elsewhere = await client.post("/api/v1/senders", json={**body, "addresses": ["10.1.3.7"]})
    other_title = await client.post("/api/v1/senders", json={**body, "ae_title": "SCANNER2"})
    itself = await client.put(f"/api/v1/senders/{first.json()['id']}", json=body)

    assert first.status_code == elsewhere.status_code == other_title.status_code == 201
    assert same.status_code == 409
    assert fields(same) == ["addresses"]
    assert itself.status_code == 200
    assert elsewhere.json()["addresses"] == ["10.1.3.7/32"]


@pytest.mark.asyncio
async def test_a_disabled_sender_leaves_its_title_to_another_and_cannot_take_it_back(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    site = await add_site(session, society_id=(await add_society(session)).id)
    body = sender_body(site.id, (await add_domain(session)).id)
    url = f"/api/v1/senders/{(await client.post('/api/v1/senders', json=body)).json()['id']}"

    disabled = await client.post(f"{url}/disable")
    second = await client.post("/api/v1/senders", json=body)
    enabled = await client.post(f"{url}/enable")

    assert disabled.json()["disabled_at"] is not None
    assert second.status_code == 201
    assert enabled.status_code == 409


@pytest.mark.asyncio
async def test_a_society_sees_the_senders_of_its_own_sites_only(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society, other = await add_society(session), await add_society(session)
    own = await add_sender(session, site_id=(await add_site(session, society_id=society.id)).id)
    foreign = await add_sender(session, site_id=(await add_site(session, society_id=other.id)).id)
    client = await sign_in(
        await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=society.id))
    )

    listed = await client.get("/api/v1/senders")
    refused = await client.get(f"/api/v1/senders/{foreign.id}")

    assert [each["id"] for each in listed.json()["items"]] == [own.id]
    assert refused.status_code == 403


@pytest.mark.asyncio
async def test_a_radiologist_is_created_as_member_of_a_society(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society, other = await add_society(session), await add_society(session)
    client = await sign_in(
        await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=society.id))
    )
    body = {
        "rpps": draw_rpps(),
        "family_name": "Dubois",
        "given_name": "Anne",
        "telephone": "+33 6 00 00 00 00",
        "sub_specialties": ["neuro"],
        "society_id": society.id,
        "since": "2026-01-01",
    }

    created = await client.post("/api/v1/radiologists", json=body)
    again = await client.post("/api/v1/radiologists", json=body)
    foreign = await client.post(
        "/api/v1/radiologists", json={**body, "rpps": draw_rpps(), "society_id": other.id}
    )
    members = await client.get("/api/v1/radiologists", params={"society_id": society.id})

    assert created.status_code == 201
    assert created.json()["societies"][0]["since"] == "2026-01-01"
    assert members.json()["items"] == [created.json()]
    assert again.status_code == 409
    assert fields(again) == ["rpps"]
    assert foreign.status_code == 403


@pytest.mark.asyncio
async def test_a_radiologist_belongs_to_one_society_at_a_time(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society, other = await add_society(session), await add_society(session)
    radiologist = await add_radiologist(session, society_id=society.id)
    url = f"/api/v1/radiologists/{radiologist.id}"
    membership = (await client.get(url)).json()["societies"][0]
    move = {"society_id": other.id, "since": "2026-06-01"}

    too_early = await client.post(f"{url}/societies", json=move)
    ended = await client.put(
        f"{url}/societies/{membership['id']}/end", json={"until": "2026-06-01"}
    )
    moved = await client.post(f"{url}/societies", json=move)

    assert too_early.status_code == 409
    assert fields(too_early) == ["societies"]
    assert ended.json()["until"] == "2026-06-01"
    assert moved.status_code == 201


@pytest.mark.asyncio
async def test_the_referent_society_of_a_site_decides_who_may_read_for_it(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society, other = await add_society(session), await add_society(session)
    site = await add_site(session, society_id=society.id)
    radiologist = await add_radiologist(session, society_id=other.id)
    url = f"/api/v1/radiologists/{radiologist.id}/sites"
    right = {"site_id": site.id, "since": "2026-01-01"}
    referent = await sign_in(
        await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=society.id))
    )
    stranger = await sign_in(
        await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=other.id))
    )

    refused = await stranger.post(url, json=right)
    given = await referent.post(url, json=right)
    twice = await referent.post(url, json=right)
    ended = await referent.put(f"{url}/{given.json()['id']}/end", json={"until": "2026-02-01"})
    backwards = await referent.post(url, json={**right, "until": "2025-01-01"})

    assert refused.status_code == 403
    assert given.status_code == 201
    assert twice.status_code == 409
    assert ended.json()["until"] == "2026-02-01"
    assert fields(backwards) == ["until"]


@pytest.mark.asyncio
async def test_a_disabled_radiologist_reads_for_no_site(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    radiologist = await add_radiologist(session, society_id=society.id, site_ids=[site.id])
    client = await sign_in(
        await add_user(
            session,
            Grant(Role.RADIOLOGIST, society_id=society.id),
            radiologist_id=radiologist.id,
        )
    )
    before = (await client.get("/api/v1/me")).json()["permissions"]

    await admin.post(f"/api/v1/radiologists/{radiologist.id}/disable")
    after = (await client.get("/api/v1/me")).json()["permissions"]

    assert "case.claim" in before
    assert "case.claim" not in after
