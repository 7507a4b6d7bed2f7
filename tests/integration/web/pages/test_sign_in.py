"""The sign-in page: whom it lets in, where it leads, what it never says."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from tests.factories.applications import ReusedApplication
from tests.factories.directory import PASSWORD, add_user
from tests.factories.stage import Stage, add_radiologist
from tests.integration.web.conftest import ORIGIN
from tests.integration.web.pages.conftest import Browse

FROM_US = {"Origin": ORIGIN}


@pytest.fixture(scope="module")
def reused() -> ReusedApplication:
    """Give an application with a fault of ours."""

    async def fail() -> None:
        msg = "DUPONT^JEANNE cannot be shown"
        raise RuntimeError(msg)

    reused = ReusedApplication()
    reused.app.add_api_route("/boom", fail)
    return reused


@pytest.mark.asyncio
async def test_who_is_not_signed_in_is_led_to_the_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cases/12")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/cases/12"


@pytest.mark.asyncio
async def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/worklist/rows", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=/"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("place", "led_to"),
    [
        ("/on-call", "/on-call"),
        ("https://elsewhere.test/", "/"),
        ("//elsewhere.test/", "/"),
        ("/\\elsewhere.test", "/"),
        ("/on-call\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
async def test_after_the_sign_in_nobody_is_led_elsewhere(
    client: httpx.AsyncClient, session: AsyncSession, place: str, led_to: str
) -> None:
    user = await add_user(session, Role.RADIOLOGIST)
    form = {"login": user.login, "password": PASSWORD, "next": place}

    answer = await client.post("/sign-in", data=form, headers=FROM_US)

    assert (answer.status_code, answer.headers["location"]) == (303, led_to)
    assert "httponly" in answer.headers["set-cookie"].lower()


@pytest.mark.asyncio
async def test_a_refusal_is_a_page_that_keeps_the_login_and_never_the_password(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    user = await add_user(session, Role.RADIOLOGIST)
    form = {"login": user.login, "password": "a wrong password"}

    answer = await client.post("/sign-in", data=form, headers=FROM_US)

    assert answer.status_code == 401
    assert "incorrect" in answer.text
    assert user.login in answer.text
    assert "a wrong password" not in answer.text


@pytest.mark.asyncio
async def test_a_sign_in_from_a_page_of_another_site_is_refused(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    user = await add_user(session, Role.RADIOLOGIST)
    form = {"login": user.login, "password": PASSWORD}

    answer = await client.post("/sign-in", data=form, headers={"Origin": "https://evil.test"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.asyncio
async def test_who_must_enrol_a_second_factor_sees_nothing_else(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    user = await add_user(session, Role.RADIOLOGIST, second_factor_required=True)
    form = {"login": user.login, "password": PASSWORD}
    answer = await client.post("/sign-in", data=form, headers=FROM_US)
    assert answer.headers["location"] == "/second-factor"

    worklist = await client.get("/")
    enrolment = await client.get("/second-factor")

    assert worklist.headers["location"] == "/second-factor"
    assert "data:image/svg+xml" in enrolment.text


@pytest.mark.asyncio
async def test_who_signed_out_is_out(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    answer = await browser.post("/sign-out")

    assert answer.headers["location"] == "/sign-in"
    assert (await browser.get("/")).status_code == 303


@pytest.mark.asyncio
async def test_a_change_without_the_token_of_the_pages_is_refused(
    stage: Stage, browse: Browse
) -> None:
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)
    browser.token = "guessed"

    answer = await browser.post("/sign-out")

    assert answer.status_code == 403
    assert (await browser.get("/")).status_code == 200


@pytest.mark.asyncio
async def test_a_fault_of_ours_is_a_page_that_says_nothing_of_it(
    stage: Stage, browse: Browse
) -> None:
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    page = await browser.get("/boom")
    part = await browser.get("/boom", htmx=True)

    assert page.status_code == part.status_code == 500
    assert "<html" in page.text
    assert "Something went wrong on our side" in page.text
    assert "DUPONT" not in page.text + part.text
    assert page.headers["x-request-id"] in page.text
    assert part.headers["hx-retarget"] == "#notice"
    assert "<html" not in part.text


@pytest.mark.asyncio
async def test_static_files_asked_for_by_their_digest_are_kept(client: httpx.AsyncClient) -> None:
    page = await client.get("/sign-in")
    path = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]

    by_digest, by_name = await client.get(path), await client.get(path.partition("?")[0])

    assert by_digest.status_code == by_name.status_code == 200
    assert "immutable" in by_digest.headers["cache-control"]
    assert by_name.headers["cache-control"] == "no-cache"
    assert page.headers["cache-control"] == "no-store"
