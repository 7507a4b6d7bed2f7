"""Requests over the API: what they must hold, who decides, who sees them."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import AccessLog, RoleGrant
from app.requests.models import Request
from tests.factories.asking import Asking
from tests.factories.files import make_pdf
from tests.factories.requests import write_body
from tests.factories.stage import NIGHT, add_radiologist, add_user, set_stage
from tests.integration.web.conftest import SignIn
from tests.integration.web.requests.calls import URL, attach, decide, fields_of, submit


@pytest.mark.asyncio
async def test_a_hospital_asks_and_a_radiologist_on_guard_validates_with_a_protocol(
    asking: Asking, hospital: httpx.AsyncClient, reader: httpx.AsyncClient
) -> None:
    made = await submit(hospital, asking)
    assert (made["state"], made["question"]) == ("requested", "Hémorragie cérébrale ?")

    decided = await decide(reader, made)

    assert decided.status_code == 200, decided.text
    body = (await hospital.get(f"{URL}/{made['request_id']}")).json()
    assert (body["state"], body["protocol"]) == ("validated", "Sans injection")
    assert body["decided_by_name"].startswith("Ada Reader")
    history = (await hospital.get(f"{URL}/{made['request_id']}/history")).json()
    assert [each["state_to"] for each in history] == ["requested", "validated"]


@pytest.mark.asyncio
async def test_a_radiologist_types_a_request_during_a_call_and_validates_it(
    asking: Asking, reader: httpx.AsyncClient
) -> None:
    made = await submit(reader, asking, requester="Dr Roux, au téléphone")

    assert (await decide(reader, made)).json()["state"] == "validated"


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["family_name", "given_name", "question", "call_back_number"])
async def test_a_request_without_what_it_must_hold_names_the_field(
    asking: Asking, hospital: httpx.AsyncClient, session: AsyncSession, name: str
) -> None:
    blank = await hospital.post(URL, json=write_body(asking.stage.site.id, **{name: " "}))
    body = write_body(asking.stage.site.id)
    del body[name]
    absent = await hospital.post(URL, json=body)

    assert fields_of(blank) == {name}
    assert fields_of(absent) == {f"body.{name}"}
    assert await session.scalar(select(func.count()).select_from(Request)) == 0


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("birth_date", "field"),
    [
        ("2026-11-21", "birth_date"),
        ("2999-01-01", "birth_date"),
        ("1879-12-31", "birth_date"),
        ("yesterday", "body.birth_date"),
    ],
)
async def test_a_birth_date_that_cannot_be_is_refused_by_its_name(
    asking: Asking, hospital: httpx.AsyncClient, birth_date: str, field: str
) -> None:
    body = write_body(asking.stage.site.id, birth_date=birth_date)

    answer = await hospital.post(URL, json=body)

    assert fields_of(answer) == {field}
    assert birth_date not in answer.text


@pytest.mark.asyncio
async def test_a_newborn_of_today_in_paris_is_no_future(
    asking: Asking, hospital: httpx.AsyncClient
) -> None:
    made = await submit(hospital, asking, birth_date="2026-11-20")

    assert made["birth_date"] == "2026-11-20"


@pytest.mark.asyncio
async def test_a_script_in_the_question_is_kept_as_a_text(
    asking: Asking, hospital: httpx.AsyncClient
) -> None:
    made = await submit(hospital, asking, question="<script>alert(1)</script>")

    assert made["question"] == "<script>alert(1)</script>"


@pytest.mark.asyncio
async def test_a_submission_that_is_sent_twice_makes_one_request(
    asking: Asking, hospital: httpx.AsyncClient, session: AsyncSession
) -> None:
    body, headers = write_body(asking.stage.site.id), {"Idempotency-Key": "drawn-once"}

    first = await hospital.post(URL, json=body, headers=headers)
    second = await hospital.post(URL, json=body, headers=headers)
    other = await hospital.post(URL, json=body | {"region": "Thorax"}, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["request_id"] == second.json()["request_id"]
    assert other.status_code == 409
    assert await session.scalar(select(func.count()).select_from(Request)) == 1


@pytest.mark.asyncio
async def test_nobody_asks_for_a_site_that_is_not_theirs(
    asking: Asking, hospital: httpx.AsyncClient, session: AsyncSession
) -> None:
    elsewhere = await set_stage(session, night=NIGHT + timedelta(days=9))

    answer = await hospital.post(URL, json=write_body(elsewhere.site.id))

    assert answer.status_code == 403
    assert (await hospital.post(URL, json=write_body(2**40))).status_code == 404


@pytest.mark.asyncio
async def test_another_hospital_sees_nothing_of_a_request(
    asking: Asking, hospital: httpx.AsyncClient, session: AsyncSession, sign_in: SignIn
) -> None:
    made = await submit(hospital, asking)
    await attach(hospital, made, make_pdf())
    elsewhere = await set_stage(session, night=NIGHT + timedelta(days=9))
    stranger = await add_user(elsewhere, role=Role.SITE)
    session.add(RoleGrant(user_id=stranger.user_id, role=Role.SITE, site_id=elsewhere.site.id))
    client = await sign_in(await asking.user_of(stranger))
    (kept,) = (await hospital.get(f"{URL}/{made['request_id']}")).json()["attachments"]
    place = f"{URL}/{made['request_id']}"

    assert (await client.get(URL)).json()["items"] == []
    for path in (place, f"{place}/history", f"{place}/attachments/{kept['attachment_id']}"):
        assert (await client.get(path)).status_code == 404
    body = {"version": 1, "region": "Thorax"}
    assert (await client.patch(place, json=body)).status_code == 404
    assert (await client.post(f"{place}/cancel", json={"reason": "x"})).status_code == 404


@pytest.mark.asyncio
async def test_a_hospital_does_not_decide(asking: Asking, hospital: httpx.AsyncClient) -> None:
    made = await submit(hospital, asking)

    assert (await decide(hospital, made)).status_code == 403


@pytest.mark.asyncio
async def test_a_radiologist_who_is_not_on_guard_does_not_decide(
    asking: Asking, hospital: httpx.AsyncClient, session: AsyncSession, sign_in: SignIn
) -> None:
    _, asleep = await add_radiologist(asking.stage)
    session.add(RoleGrant(user_id=asleep.user_id, role=Role.RADIOLOGIST))
    made = await submit(hospital, asking)

    answer = await decide(await sign_in(await asking.user_of(asleep)), made)

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, "not-on-guard")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ({"kind": "refused", "reason": "Déjà fait à 18:00"}, "refused"),
        (
            {"kind": "substituted", "exam": "IRM", "protocol": "T2*", "reason": "Grossesse"},
            "substituted",
        ),
    ],
)
async def test_a_request_is_decided_once(
    asking: Asking,
    hospital: httpx.AsyncClient,
    reader: httpx.AsyncClient,
    decision: dict[str, str],
    state: str,
) -> None:
    made = await submit(hospital, asking)

    decided = (await decide(reader, made, **decision)).json()
    again = await decide(reader, decided)

    assert (decided["state"], decided["reason"]) == (state, decision["reason"])
    assert decided["exam_instead"] == decision.get("exam", "")
    assert again.status_code == 409
    assert again.json()["type"].endswith(":already-decided")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("validated", {"protocol"}),
        ("substituted", {"exam", "protocol", "reason"}),
        ("refused", {"reason"}),
        ("more_information", {"reason"}),
    ],
)
async def test_a_decision_without_its_texts_names_them(
    asking: Asking,
    hospital: httpx.AsyncClient,
    reader: httpx.AsyncClient,
    kind: str,
    needed: set[str],
) -> None:
    made = await submit(hospital, asking)

    assert fields_of(await decide(reader, made, kind=kind)) == needed


@pytest.mark.asyncio
async def test_a_question_of_the_radiologist_is_answered_by_an_edit(
    asking: Asking, hospital: httpx.AsyncClient, reader: httpx.AsyncClient
) -> None:
    made = await submit(hospital, asking)
    asked = (await decide(reader, made, kind="more_information", reason="Créatinine ?")).json()
    assert (asked["state"], asked["open_question"]) == ("requested", "Créatinine ?")

    place = f"{URL}/{made['request_id']}"
    stale = await hospital.patch(place, json={"version": made["version"], "renal_function": "80"})
    body = {"version": asked["version"], "renal_function": "DFG 80"}
    answered = await hospital.patch(place, json=body)

    assert (stale.status_code, answered.status_code) == (409, 200)
    assert answered.json()["open_question"] == ""
    assert (await decide(reader, asked)).status_code == 409
    assert (await decide(reader, answered.json())).json()["state"] == "validated"
    history = (await reader.get(f"{place}/history")).json()
    assert [each["kind"] for each in history] == ["moved", "asked", "amended", "moved"]


@pytest.mark.asyncio
async def test_after_the_decision_the_question_stays_and_the_accession_number_may_come(
    asking: Asking, hospital: httpx.AsyncClient, reader: httpx.AsyncClient
) -> None:
    made = await submit(hospital, asking, accession_number="")
    decided = (await decide(reader, made)).json()
    place = f"{URL}/{made['request_id']}"

    late = {"version": decided["version"], "accession_number": "A-7"}
    other = {"version": decided["version"], "question": "Fracture ?"}

    assert (await hospital.patch(place, json=other)).status_code == 409
    assert (await hospital.patch(place, json=late)).json()["accession_number"] == "A-7"


@pytest.mark.asyncio
async def test_a_cancelled_request_is_neither_decided_nor_amended(
    asking: Asking, hospital: httpx.AsyncClient, reader: httpx.AsyncClient
) -> None:
    made = await submit(hospital, asking)
    place = f"{URL}/{made['request_id']}"

    cancelled = await hospital.post(f"{place}/cancel", json={"reason": "Patient transféré"})

    assert cancelled.json()["state"] == "cancelled"
    assert (await decide(reader, cancelled.json())).status_code == 409
    body = {"version": cancelled.json()["version"], "region": "Thorax"}
    assert (await hospital.patch(place, json=body)).status_code == 409
    assert (await attach(hospital, made, make_pdf())).status_code == 409


@pytest.mark.asyncio
async def test_lists_are_limited_to_states_and_periods(
    asking: Asking, hospital: httpx.AsyncClient, reader: httpx.AsyncClient
) -> None:
    first, second = await submit(hospital, asking), await submit(hospital, asking)
    await decide(reader, first)

    async def ids(query: str) -> list[int]:
        items = (await reader.get(f"{URL}?{query}")).json()["items"]
        return [each["request_id"] for each in items]

    assert await ids("") == [first["request_id"], second["request_id"]]
    assert await ids("state=requested") == [second["request_id"]]
    assert await ids("state=validated&state=refused") == [first["request_id"]]
    assert await ids("until=2026-11-20T20:00:00Z") == []
    assert await ids("since=2026-11-20T20:00:00Z&limit=1") == [first["request_id"]]


@pytest.mark.asyncio
async def test_every_look_at_a_request_is_logged(
    asking: Asking, hospital: httpx.AsyncClient, session: AsyncSession
) -> None:
    made = await submit(hospital, asking)
    with_file = (await attach(hospital, made, make_pdf())).json()
    (kept,) = with_file["attachments"]
    place = f"{URL}/{made['request_id']}"

    await hospital.get(place)
    await hospital.get(f"{place}/attachments/{kept['attachment_id']}")

    log = select(AccessLog.action).where(
        AccessLog.subject == "request", AccessLog.subject_id == made["request_id"]
    )
    assert set(await session.scalars(log)) == {"view", "download attachment"}
