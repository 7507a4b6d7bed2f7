"""Critical findings, calls and withdrawals over the API, and who may note them."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.models import Delivery
from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from app.reports.models import Document, ReportVersion
from tests.factories.reading import Reading, open_reading
from tests.factories.stage import add_radiologist, add_user
from tests.integration.web.conftest import SignIn

CALL = {
    "number": "+33500000001",
    "outcome": "reached",
    "told_to": "Dr Martin",
    "read_back": True,
}


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def call_as(
    reading: Reading, sign_in: SignIn, *, user_id: int | None, role: Role
) -> httpx.AsyncClient:
    site_id = None if role is Role.RADIOLOGIST else reading.stage.site.id
    reading.session.add(RoleGrant(user_id=user_id, role=role.value, site_id=site_id))
    return await sign_in(await reading.session.get_one(User, user_id))


async def call_as_reader(reading: Reading, sign_in: SignIn) -> httpx.AsyncClient:
    return await call_as(reading, sign_in, user_id=reading.actor.user_id, role=Role.RADIOLOGIST)


async def call_as_role(reading: Reading, sign_in: SignIn, role: Role) -> httpx.AsyncClient:
    user = await add_user(reading.stage, role=role)
    return await call_as(reading, sign_in, user_id=user.user_id, role=role)


def url(reading: Reading, rest: str) -> str:
    return f"/api/v1/cases/{reading.case_id}/{rest}"


async def sign(client: httpx.AsyncClient, reading: Reading, *, dose: str = "") -> httpx.Response:
    body: dict[str, Any] = {"draft_number": 0, "conclusion": "Normal.", "dose": dose}
    draft = (await client.put(url(reading, "report"), json=body)).json()
    return await client.post(
        url(reading, "report/sign"),
        json={"draft_number": draft["draft_number"], "instance_count": 2},
    )


@pytest.mark.asyncio
async def test_a_critical_finding_is_noted_called_and_confirmed(
    reading: Reading, sign_in: SignIn
) -> None:
    client = await call_as_reader(reading, sign_in)

    noted = await client.post(url(reading, "critical-findings"), json={"text": "Dissection."})
    (finding,) = noted.json()
    missed = await client.post(
        url(reading, "calls"),
        json={"number": "15", "outcome": "no_answer", "task_id": finding["task_id"]},
    )
    confirmed = await client.post(
        url(reading, "calls"), json={**CALL, "task_id": finding["task_id"]}
    )
    (after,) = (await client.get(url(reading, "critical-findings"))).json()
    calls = (await client.get(url(reading, "calls"))).json()

    assert (noted.status_code, missed.status_code, confirmed.status_code) == (201, 201, 201)
    assert (missed.json()["confirmed"], confirmed.json()["confirmed"]) == (False, True)
    assert finding["confirmed_at"] is None
    assert after["confirmed_by_name"] == reading.actor.name
    assert [each["outcome"] for each in calls] == ["no_answer", "reached"]


@pytest.mark.parametrize(
    ("role", "logs"), [(Role.COORDINATOR, 201), (Role.SITE, 403), (Role.AUDITOR, 403)]
)
@pytest.mark.asyncio
async def test_a_coordinator_logs_calls_and_finds_nothing(
    reading: Reading, sign_in: SignIn, role: Role, logs: int
) -> None:
    client = await call_as_role(reading, sign_in, role)

    logged = await client.post(url(reading, "calls"), json=CALL)
    found = await client.post(url(reading, "critical-findings"), json={"text": "Dissection."})
    listed = await client.get(url(reading, "calls"))

    assert (logged.status_code, found.status_code, listed.status_code) == (logs, 403, 200)


@pytest.mark.asyncio
async def test_a_stranger_cannot_tell_that_the_case_exists(
    reading: Reading, sign_in: SignIn
) -> None:
    _, stranger = await add_radiologist(reading.stage, may_read=False)
    client = await call_as(reading, sign_in, user_id=stranger.user_id, role=Role.RADIOLOGIST)

    for rest in ("calls", "critical-findings"):
        assert (await client.get(url(reading, rest))).status_code == 404
    assert (await client.post(url(reading, "calls"), json=CALL)).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"told_to": ""},
        {"number": ""},
        {"number": "le standard"},
        {"outcome": "pigeon"},
        {"outcome": "left_message"},
        {"note": "a\0b"},
        {"told_to": "x" * 501},
        {"task_id": 0},
        {"result": "\0"},
    ],
)
@pytest.mark.asyncio
async def test_a_call_that_contradicts_itself_is_refused(
    reading: Reading, sign_in: SignIn, change: dict[str, Any]
) -> None:
    client = await call_as_reader(reading, sign_in)

    refused = await client.post(url(reading, "calls"), json=CALL | change)

    assert refused.status_code == 422
    assert (await client.get(url(reading, "calls"))).json() == []


@pytest.mark.asyncio
async def test_a_call_that_tells_a_result_is_a_preliminary_result(
    reading: Reading, sign_in: SignIn
) -> None:
    client = await call_as_reader(reading, sign_in)

    logged = await client.post(url(reading, "calls"), json={**CALL, "result": "Pas de sang."})
    case = (await client.get(f"/api/v1/cases/{reading.case_id}")).json()

    assert logged.json()["preliminary_id"] is not None
    assert [each["text"] for each in case["preliminaries"]] == ["Pas de sang."]


@pytest.mark.asyncio
async def test_a_call_for_a_task_that_is_not_the_cases_is_not_found(
    reading: Reading, sign_in: SignIn
) -> None:
    client = await call_as_reader(reading, sign_in)

    refused = await client.post(url(reading, "calls"), json={**CALL, "task_id": 2**40})

    assert refused.status_code == 404


@pytest.mark.asyncio
async def test_a_withdrawal_is_delivered_like_the_report(
    reading: Reading, sign_in: SignIn, session: AsyncSession
) -> None:
    client = await call_as_reader(reading, sign_in)
    await sign(client, reading, dose="PDL 812 mGy.cm")
    body = {"version_number": 1, "reason": "Images d'un autre patient."}

    withdrawn = await client.post(url(reading, "report/withdraw"), json=body)
    again = await client.post(url(reading, "report/withdraw"), json=body)
    addendum = await client.post(
        url(reading, "report/addenda"), json={"version_number": 2, "text": "Ajout."}
    )

    sent = await session.scalars(
        select(ReportVersion.number)
        .join(Document, Document.report_version_id == ReportVersion.id)
        .join(Delivery, Delivery.document_id == Document.id)
        .order_by(ReportVersion.number)
    )
    versions = withdrawn.json()["versions"]
    assert (withdrawn.status_code, again.status_code, addendum.status_code) == (201, 409, 409)
    assert [(each["kind"], each["dose"]) for each in versions] == [
        ("report", "PDL 812 mGy.cm"),
        ("withdrawal", ""),
    ]
    assert list(sent) == [1, 1, 2, 2]


@pytest.mark.asyncio
async def test_a_right_report_is_written_after_a_withdrawal(
    reading: Reading, sign_in: SignIn
) -> None:
    client = await call_as_reader(reading, sign_in)
    await sign(client, reading)
    body = {"version_number": 1, "reason": "Images d'un autre patient."}
    await client.post(url(reading, "report/withdraw"), json=body)

    again = await sign(client, reading)

    assert again.status_code == 200
    assert [each["kind"] for each in again.json()["versions"]] == [
        "report",
        "withdrawal",
        "report",
    ]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.SITE])
@pytest.mark.asyncio
async def test_only_a_radiologist_withdraws(reading: Reading, sign_in: SignIn, role: Role) -> None:
    reader = await call_as_reader(reading, sign_in)
    await sign(reader, reading)
    client = await call_as_role(reading, sign_in, role)

    refused = await client.post(
        url(reading, "report/withdraw"), json={"version_number": 1, "reason": "Erreur."}
    )

    assert refused.status_code == 403
