"""The log of associations, studies as received, and the log of who looked at them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Endpoint, Sender
from app.intake.models import Association, Patient, Study
from tests.factories.associations import REFUSED, TAKEN, make_refused, make_seen, tell
from tests.factories.directory import (
    add_radiologist,
    add_sender,
    add_site,
    add_society,
    add_user,
)
from tests.fakes.receiver import FakeNode, FakeSender
from tests.integration.web.conftest import SignIn

NAME = "DUPONT^JEAN"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASSOCIATIONS, STUDIES, ACCESSES = "/api/v1/associations", "/api/v1/studies", "/api/v1/accesses"


async def lay_sender(session: AsyncSession) -> tuple[int, Sender]:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    return society.id, await add_sender(session, site_id=site.id)


async def add_association(
    session: AsyncSession, *, sender_id: int | None, opened_at: datetime = NOON
) -> str:
    row = Association(
        id=uuid.uuid4(),
        sender_id=sender_id,
        calling_ae_title="CT1",
        called_ae_title="ASTREINTE",
        address="10.1.2.3",
        opened_at=opened_at,
        outcome="released" if sender_id else "refused",
    )
    session.add(row)
    await session.flush()
    return str(row.id)


async def add_study(session: AsyncSession, sender: Sender) -> Study:
    patient = Patient(domain_id=sender.domain_id, patient_id="42", patient_name=NAME)
    session.add(patient)
    await session.flush()
    study = Study(
        domain_id=sender.domain_id,
        study_instance_uid=f"2.25.{uuid.uuid4().int}",
        patient_id=patient.id,
        site_id=sender.site_id,
        sender_id=sender.id,
        called_ae_title="ASTREINTE",
        first_image_at=NOON,
        last_image_at=NOON,
        complete_due_at=NOON,
    )
    session.add(study)
    await session.flush()
    return study


@pytest.mark.asyncio
async def test_the_log_of_associations_is_read_in_pages_newest_first(
    session: AsyncSession, sign_in: SignIn
) -> None:
    _, sender = await lay_sender(session)
    minutes = (3, 1, 2, 2, 2)
    ids = {
        await add_association(
            session, sender_id=sender.id, opened_at=NOON + timedelta(minutes=minute)
        ): minute
        for minute in minutes
    }
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 2}
    while True:
        page = (await client.get(ASSOCIATIONS, params=query)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        query["before"] = page["next"]

    assert [ids[each] for each in seen] == [3, 2, 2, 2, 1]
    assert set(seen) == set(ids)


@pytest.mark.asyncio
async def test_the_log_of_associations_is_limited_by_what_is_wanted(
    session: AsyncSession, sign_in: SignIn
) -> None:
    _, sender = await lay_sender(session)
    late = await add_association(session, sender_id=sender.id, opened_at=NOON + timedelta(hours=2))
    refused = await add_association(session, sender_id=None)
    client = await sign_in(await add_user(session, Role.AUDITOR))

    by_outcome = await client.get(ASSOCIATIONS, params={"outcome": "refused"})
    by_sender = await client.get(ASSOCIATIONS, params={"sender_id": sender.id})
    by_time = await client.get(
        ASSOCIATIONS,
        params={"since": "2026-11-20T13:00:00Z", "until": "2026-11-20T15:00:00Z"},
    )

    assert [each["id"] for each in by_outcome.json()["items"]] == [refused]
    assert [each["id"] for each in by_sender.json()["items"]] == [late]
    assert [each["id"] for each in by_time.json()["items"]] == [late]


@pytest.mark.asyncio
async def test_a_coordinator_of_a_society_sees_the_associations_of_its_sites_only(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society_id, sender = await lay_sender(session)
    _, foreign = await lay_sender(session)
    own = await add_association(session, sender_id=sender.id)
    await add_association(session, sender_id=foreign.id)
    await add_association(session, sender_id=None)
    client = await sign_in(await add_user(session, Grant(Role.COORDINATOR, society_id=society_id)))

    listed = (await client.get(ASSOCIATIONS)).json()["items"]

    assert [each["id"] for each in listed] == [own]


@pytest.mark.asyncio
async def test_an_association_is_read_with_its_contexts_its_counts_and_its_rates(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society_id, sender = await lay_sender(session)
    (known,) = await tell(
        session,
        make_seen(sender_id=sender.id, refused_count=8, contexts=(TAKEN, REFUSED)),
    )
    client = await sign_in(await add_user(session, Grant(Role.COORDINATOR, society_id=society_id)))
    stranger = await sign_in(
        await add_user(session, Grant(Role.COORDINATOR, society_id=(await add_society(session)).id))
    )

    one = (await client.get(f"{ASSOCIATIONS}/{known}")).json()
    (listed,) = (await client.get(ASSOCIATIONS)).json()["items"]
    hidden = await stranger.get(f"{ASSOCIATIONS}/{known}")

    assert listed == one
    assert (one["instance_count"], one["refused_count"], one["received_bytes"]) == (40, 8, 21e6)
    assert (one["images_per_s"], one["bytes_per_s"]) == (6.0, 2_625_000.0)
    assert one["contexts"] == [
        {
            "abstract_syntax": TAKEN.abstract_syntax,
            "name": "CT Image Storage",
            "proposed": list(TAKEN.proposed),
            "accepted": TAKEN.accepted,
        },
        {
            "abstract_syntax": REFUSED.abstract_syntax,
            "name": "Segmentation Storage",
            "proposed": list(REFUSED.proposed),
            "accepted": None,
        },
    ]
    assert hidden.status_code == 404


@pytest.mark.asyncio
async def test_associations_are_found_by_address_title_and_trouble(
    session: AsyncSession, sign_in: SignIn
) -> None:
    _, sender = await lay_sender(session)
    open_, refused_class, stranger = await tell(
        session,
        make_seen(sender_id=sender.id, outcome=None, closed_at=None, calling_ae_title="MR_7"),
        make_seen(sender_id=sender.id, contexts=(TAKEN, REFUSED)),
        make_refused("calling_ae_title_unknown", address="2001:db8::7"),
    )
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    async def find(**query: str) -> set[str]:
        answer = await client.get(ASSOCIATIONS, params=query)
        return {each["id"] for each in answer.json()["items"]}

    wrong = await client.get(ASSOCIATIONS, params={"address": "1.2.3"})

    assert await find(outcome="open") == {str(open_)}
    assert await find(address="2001:db8::/32") == {str(stranger)}
    assert await find(address="127.0.0.1", ae_title="r_") == {str(open_)}
    assert await find(troubled="true") == {str(refused_class), str(stranger)}
    assert wrong.status_code == 422


@pytest.mark.asyncio
async def test_a_node_is_echoed_over_the_api_by_who_may_change_senders(
    session: AsyncSession, sign_in: SignIn, peers: FakeSender
) -> None:
    node = Endpoint(name="Node", ae_title="NODE", host="127.0.0.1", port=104)
    session.add(node)
    await session.flush()
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    coordinator = await sign_in(await add_user(session, Role.COORDINATOR))
    place = f"/api/v1/endpoints/{node.id}/echo"

    silent = (await admin.post(place)).json()
    peers.nodes["NODE"] = FakeNode()
    answered = (await admin.post(place)).json()
    nowhere = await admin.post("/api/v1/endpoints/999999/echo")
    forbidden = await coordinator.post(place)

    assert (silent["outcome"], silent["status"]) == ("unreachable", None)
    assert (answered["outcome"], answered["status"]) == ("accepted", 0)
    assert answered["lasted_ms"] >= 0
    assert (nowhere.status_code, forbidden.status_code) == (404, 403)


@pytest.mark.asyncio
async def test_a_list_of_studies_tells_nothing_of_the_patients(
    session: AsyncSession, sign_in: SignIn
) -> None:
    _, sender = await lay_sender(session)
    study = await add_study(session, sender)
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    listed = await client.get(STUDIES)

    assert [each["id"] for each in listed.json()["items"]] == [study.id]
    assert NAME not in listed.text


@pytest.mark.asyncio
async def test_who_looks_at_a_patients_study_is_logged(
    session: AsyncSession, sign_in: SignIn
) -> None:
    _, sender = await lay_sender(session)
    study = await add_study(session, sender)
    user = await add_user(session, Role.COORDINATOR)
    auditor = await sign_in(await add_user(session, Role.AUDITOR))

    shown = await (await sign_in(user)).get(f"{STUDIES}/{study.id}")
    logged = (await auditor.get(ACCESSES, params={"subject": "study"})).json()["items"]

    assert shown.json()["patient_name"] == NAME
    assert shown.json()["patient_id"] == "42"
    assert len(logged) == 1
    assert logged[0] | {"id": 0} == {
        "id": 0,
        "at": "2026-11-20T21:00:00Z",
        "user_id": user.id,
        "action": "view",
        "subject": "study",
        "subject_id": study.id,
        "address": "127.0.0.1",
    }


@pytest.mark.asyncio
@pytest.mark.parametrize("role", [Role.SITE, Role.RADIOLOGIST])
async def test_who_may_not_see_a_study_is_refused_and_not_logged(
    session: AsyncSession, sign_in: SignIn, role: Role
) -> None:
    society_id, sender = await lay_sender(session)
    _, foreign = await lay_sender(session)
    own, hidden = await add_study(session, sender), await add_study(session, foreign)
    reader = await add_radiologist(session, society_id=society_id, site_ids=[sender.site_id])
    site = {"site_id": sender.site_id} if role is Role.SITE else {"society_id": society_id}
    client = await sign_in(await add_user(session, Grant(role, **site), radiologist_id=reader.id))
    auditor = await sign_in(await add_user(session, Role.AUDITOR))

    refused = await client.get(f"{STUDIES}/{hidden.id}")
    listed = (await client.get(STUDIES)).json()["items"]
    shown = await client.get(f"{STUDIES}/{own.id}")
    logged = (await auditor.get(ACCESSES)).json()["items"]

    assert refused.status_code == 404
    assert [each["id"] for each in listed] == [own.id]
    assert shown.status_code == 200
    assert [each["subject_id"] for each in logged] == [own.id]


@pytest.mark.asyncio
async def test_an_auditor_of_a_society_reads_the_log_of_its_users_only(
    session: AsyncSession, sign_in: SignIn
) -> None:
    society_id, sender = await lay_sender(session)
    study = await add_study(session, sender)
    own = await add_user(session, Grant(Role.COORDINATOR, society_id=society_id))
    for user in (own, await add_user(session, Role.COORDINATOR)):
        await (await sign_in(user)).get(f"{STUDIES}/{study.id}")
    auditor = await sign_in(await add_user(session, Grant(Role.AUDITOR, society_id=society_id)))

    logged = (await auditor.get(ACCESSES)).json()["items"]

    assert [each["user_id"] for each in logged] == [own.id]
