"""What a hostile caller sends: broken headers and bodies, markup, planted and stolen tokens."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from app.intake.models import Patient
from tests.factories.directory import add_user
from tests.factories.reading import Reading, open_reading
from tests.integration.web.conftest import ORIGIN, SignIn
from tests.integration.web.signing_in import ME, SESSION, credentials, start

# ------------------------------------------------------------------------ headers and bodies


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://["},
        {"Host": "["},
        {"Host": "evil.test/api/"},
        {"Host": "astreinte.test:99999999"},
        {"Accept-Language": "-;q=nan, ,;;q=1e999,en_;q=-1,*"},
        {"Cookie": "astreinte_session=\xff\xfe; =; ;;"},
        {"Authorization": "Bearer \xe9\xff"},
        {"Authorization": "Bearer"},
        {"X-Forwarded-For": "1.2.3.4, <script>", "X-Forwarded-Proto": "javascript"},
        {"Content-Type": "multipart/form-data; boundary=x; charset=none"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/json; charset=utf-7"},
        {"HX-Request": "true", "HX-Target": "<script>", "HX-Current-URL": "http://["},
    ],
)
async def test_no_header_makes_a_fault_of_ours(
    session: AsyncSession, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await start(client, await add_user(session, Role.GCS_ADMIN))

    for method, path in (
        ("GET", "/"),
        ("GET", "/sign-in"),
        ("GET", ME),
        ("POST", "/sign-in"),
        ("POST", SESSION),
        ("PUT", "/api/v1/me/password"),
        ("POST", "/cases/1/claim"),
    ):
        answer = await client.request(method, path, headers=raw, content=b"--x\r\n\r\n")
        assert answer.status_code < 500, (method, path)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"login":' * 50_000,
        b'{"login": "\\ud800", "password": "\\udfff"}',
        b'{"login": "a\\u0000b", "password": "a\\u0000b"}',
        b'{"login": 1e400, "password": NaN}',
        b"\xff\xfe\x00",
        b'{"login": "a", "password": "' + b"p" * 257 + b'"}',
    ],
)
async def test_no_body_makes_a_fault_of_ours(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(SESSION, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 401, 422}
    assert b"ppp" not in answer.content


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "place",
    [
        "//evil.test",
        "/\\evil.test",
        "/\t/evil.test",
        "https://evil.test",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=y",
        "\\\\evil.test",
        " //evil.test",
    ],
)
async def test_a_sign_in_leads_nowhere_else(
    session: AsyncSession, client: httpx.AsyncClient, place: str
) -> None:
    form = {**credentials(await add_user(session)), "next": place}

    plain = await client.post("/sign-in", data=form, headers={"Origin": ORIGIN})
    client.cookies.clear()
    scripted = await client.post(
        "/sign-in", data=form, headers={"Origin": ORIGIN, "HX-Request": "true"}
    )

    assert (plain.headers["location"], scripted.headers["hx-redirect"]) == ("/", "/")
    assert "set-cookie: x" not in str(plain.headers).lower()


@pytest.mark.asyncio
@pytest.mark.parametrize("htmx", [True, False])
async def test_a_place_of_ours_in_any_alphabet_is_led_to(
    session: AsyncSession, client: httpx.AsyncClient, *, htmx: bool
) -> None:
    form = {**credentials(await add_user(session)), "next": "/cases/1?q=œuvre €"}
    headers = {"Origin": ORIGIN} | ({"HX-Request": "true"} if htmx else {})

    answer = await client.post("/sign-in", data=form, headers=headers)

    place = answer.headers["hx-redirect" if htmx else "location"]
    assert answer.status_code == (204 if htmx else 303)
    assert place.isascii()


@pytest.mark.asyncio
async def test_who_signed_in_meanwhile_in_another_tab_signs_in_again(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    form = credentials(await add_user(session))
    first = await client.post("/sign-in", data=form, headers={"Origin": ORIGIN})

    second = await client.post("/sign-in", data=form, headers={"Origin": ORIGIN})

    assert (first.status_code, second.status_code) == (303, 303)


# ------------------------------------------------------------------------- sessions and tokens


@pytest.mark.asyncio
async def test_a_cookie_that_somebody_planted_is_never_a_session(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session)
    client.cookies.set("astreinte_session", "planted", domain="astreinte.test")

    signed_in = await start(client, user)

    assert signed_in.status_code == 201
    assert client.cookies.get("astreinte_session", domain="astreinte.test") != "planted"
    planted = {"Cookie": "astreinte_session=planted"}
    client.cookies.clear()
    assert (await client.get(ME, headers=planted)).status_code == 401


@pytest.mark.asyncio
async def test_a_new_password_ends_every_token_too(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    user = await add_user(session)
    thief = await sign_in(user)
    csrf = (await start(client, user)).json()["csrf_token"]
    change = {"current": credentials(user)["password"], "new": "another horse, another staple"}

    changed = await client.put(
        "/api/v1/me/password", json=change, headers={"X-CSRF-Token": csrf, "Origin": ORIGIN}
    )

    assert changed.status_code == 204
    assert (await thief.get(ME)).status_code == 401
    assert (await client.get(ME)).status_code == 200


# -------------------------------------------------------------------------------------- markup


EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}%(x)s"


async def open_evil_reading(session: AsyncSession) -> tuple[Reading, User]:
    """Let a case be read whose every text is markup."""
    reading = await open_reading(session)
    site, study = reading.stage.site, reading.study
    site.name = site.telephone_emergency = site.telephone_ct = EVIL
    reading.radiologist.family_name = reading.radiologist.telephone = EVIL
    study.study_description = study.station_name = study.institution_name = EVIL
    study.accession_number = study.referring_physician_name = study.study_date = EVIL
    patient = await session.get_one(Patient, study.patient_id)
    patient.patient_name = f"<script>alert(1)</script>^{EVIL}"
    patient.patient_id = patient.patient_birth_date = patient.patient_sex = EVIL
    user = await session.get_one(User, reading.actor.user_id)
    user.display_name = EVIL
    await session.flush()
    return reading, user


@pytest.mark.asyncio
async def test_whatever_is_stored_is_text_on_every_page(
    session: AsyncSession, sign_in: SignIn
) -> None:
    reading, user = await open_evil_reading(session)
    session.add(RoleGrant(user_id=user.id, role=Role.RADIOLOGIST.value))
    reader = await sign_in(user)
    case = f"/api/v1/cases/{reading.case_id}"
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    told = {"text": EVIL, "told_to": EVIL, "means": "telephone"}
    noted = await reader.post(f"{case}/preliminary", json=told)
    prioritised = await admin.put(f"{case}/priority", json={"priority": "P1", "reason": EVIL})
    text = {"indication": EVIL, "technique": EVIL, "findings": EVIL, "conclusion": EVIL}
    saved = await reader.put(f"{case}/report", json={**text, "draft_number": 0})
    assert (noted.status_code, prioritised.status_code, saved.status_code) == (201, 200, 200)

    pages = [
        (await client.get(path)).text
        for client in (admin, reader)
        for path in (
            "/",
            "/worklist/rows",
            f"/cases/{reading.case_id}",
            f"/cases/{reading.case_id}/status",
            "/on-call",
            "/turnaround",
            "/deliveries",
        )
    ]
    signed = await reader.post(f"{case}/report/sign", json={"draft_number": 1, "instance_count": 2})
    pages.append((await admin.get(f"/cases/{reading.case_id}")).text)

    assert signed.status_code == 200
    assert any("&lt;script&gt;alert(1)" in each for each in pages)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert " style=" not in page
