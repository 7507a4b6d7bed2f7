"""Sessions elsewhere on the page of people: looked at first, kept whole, removed by source."""

import html
import re
from datetime import datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Radiologist
from app.planning.domain.busy.session import write_instant
from app.planning.models import BusySession
from tests.factories.directory import add_user
from tests.factories.planning import NOW
from tests.factories.swaps import add_stage
from tests.integration.web.conftest import SignIn
from tests.integration.web.pages.people_ground import PEOPLE, Ground, make_ground, words

SOON = NOW + timedelta(days=10)
HOUR = timedelta(hours=1)
SESSIONS = f"{PEOPLE}/sessions"


@pytest_asyncio.fixture
async def ground(session: AsyncSession, sign_in: SignIn) -> Ground:
    """Sign in a planner of one society."""
    return await make_ground(session, sign_in)


def table(*rows: tuple[Radiologist, datetime]) -> bytes:
    lines = [
        f"{person.rpps};{start:%Y-%m-%dT%H:%MZ};{start + 4 * HOUR:%Y-%m-%dT%H:%MZ}"
        for person, start in rows
    ]
    return "\n".join(["rpps;start;end", *lines]).encode()


def calendar(start: datetime) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:a"]
    lines += [f"DTSTART:{write_instant(start)}", f"DTEND:{write_instant(start + HOUR)}"]
    lines += ["SUMMARY:Mme DUPONT JEANNE", "RRULE:FREQ=WEEKLY;COUNT=3", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR"]).encode()


async def look_at(ground: Ground, content: bytes, **fields: str) -> httpx.Response:
    sent = {"source": "HIS", "whose": "", **fields}
    path = f"{SESSIONS}/preview{ground.place}"
    return await ground.writer.post(path, data=sent, files={"file": ("sessions", content)})


async def keep(ground: Ground, page: str, **changed: str) -> httpx.Response:
    form = page.partition('action="/planning/people/sessions/import')[2].partition("</form>")[0]
    found = re.findall(r'name="(\w+)"\s+value="([^"]*)"', form)
    fields = {name: html.unescape(value) for name, value in found} | changed
    return await ground.writer.post(f"{SESSIONS}/import{ground.place}", data=fields)


async def list_sessions(ground: Ground) -> list[tuple[int, str]]:
    query = select(BusySession.radiologist_id, BusySession.source).order_by(BusySession.id)
    return [(row[0], row[1]) for row in (await ground.session.execute(query)).all()]


@pytest.mark.asyncio
async def test_a_table_is_looked_at_then_kept_and_replaces_what_its_source_told(
    ground: Ground,
) -> None:
    content = table((ground.one, SOON), (ground.other, SOON))

    looked = await look_at(ground, content)
    nothing = await list_sessions(ground)
    kept = await keep(ground, looked.text)
    again = await look_at(ground, table((ground.one, SOON)))
    changed = await keep(ground, again.text, digest="0" * 64)
    broken = await keep(ground, again.text, content="é")
    both = await list_sessions(ground)
    replaced = await keep(ground, again.text)

    assert (looked.status_code, nothing) == (200, [])
    assert ground.other.family_name in words(looked.text)
    assert "0 sessions of this source go." in words(looked.text)
    assert kept.status_code == 303
    assert kept.headers["location"] == f"{PEOPLE}{ground.place}#sessions"
    assert (changed.status_code, broken.status_code) == (409, 409)
    assert "This is not the file that was shown" in changed.text
    assert both == [(ground.one.id, "HIS"), (ground.other.id, "HIS")]
    assert "2 sessions of this source go." in words(again.text)
    assert replaced.status_code == 303
    assert await list_sessions(ground) == [(ground.one.id, "HIS")]


@pytest.mark.asyncio
async def test_a_calendar_is_taken_event_by_event_once_it_is_said_whose_it_is(
    ground: Ground,
) -> None:
    nobody_s = await look_at(ground, calendar(SOON))
    looked = await look_at(ground, calendar(SOON), whose=f"{ground.one.id}")
    kept = await keep(ground, looked.text)

    assert nobody_s.status_code == 422
    assert "This is a calendar: say whose it is." in nobody_s.text
    assert re.search(r'name="source"[^>]*value="HIS"', nobody_s.text)
    assert looked.status_code == 200
    assert "DUPONT" not in looked.text.partition("<form")[0]
    assert kept.status_code == 303
    assert await list_sessions(ground) == [(ground.one.id, "HIS")] * 3


@pytest.mark.asyncio
async def test_faults_of_a_file_are_told_by_line_and_nothing_can_be_kept(ground: Ground) -> None:
    content = table((ground.one, SOON)) + b"\n<b>;soon;2027-01-12 08:00"

    faulty = await look_at(ground, content)
    foreign = await look_at(ground, table((ground.stranger, SOON)))
    empty = await ground.writer.post(
        f"{SESSIONS}/preview{ground.place}", data={"source": "HIS", "whose": ""}
    )

    assert faulty.status_code == 422
    assert "3 1 “&lt;b&gt;” is no RPPS number" in words(faulty.text)
    assert "3 2 “soon” is no time such as" in words(faulty.text)
    assert "sessions/import" not in faulty.text
    assert (foreign.status_code, empty.status_code) == (403, 422)
    assert "somebody of another society" in foreign.text
    assert "Choose a file first." in empty.text
    assert await list_sessions(ground) == []


@pytest.mark.asyncio
async def test_sessions_are_removed_by_source_of_one_or_of_all_who_are_shown(
    ground: Ground,
) -> None:
    for source in ("HIS", "Leave"):
        content = table((ground.one, SOON), (ground.other, SOON))
        await keep(ground, (await look_at(ground, content, source=source)).text)
    ground.session.add(
        BusySession(
            radiologist_id=ground.stranger.id,
            period=Range(SOON, SOON + HOUR),
            source="HIS",
            uid="s",
            imported_at=NOW,
        )
    )
    ground.place = f"{ground.place.partition('&')[0]}&on={NOW.date()}"
    page = await ground.look(on=f"{NOW.date()}")

    foreign = await ground.send("sessions/delete", source="HIS", person=f"{ground.stranger.id}")
    one = await ground.send("sessions/delete", source="HIS", person=f"{ground.one.id}")
    first = await list_sessions(ground)
    all_of_them = await ground.send("sessions/delete", source="Leave")

    assert "HIS : 2 sessions, 2 radiologists" in words(page)
    assert (foreign.status_code, one.status_code, all_of_them.status_code) == (403, 303, 303)
    assert sorted(first) == sorted(
        [
            (ground.one.id, "Leave"),
            (ground.other.id, "HIS"),
            (ground.other.id, "Leave"),
            (ground.stranger.id, "HIS"),
        ]
    )
    assert sorted(await list_sessions(ground)) == sorted(
        [(ground.other.id, "HIS"), (ground.stranger.id, "HIS")]
    )
    assert "HIS : 1 session, 1 radiologist" in words(await ground.look(on=f"{NOW.date()}"))


@pytest.mark.asyncio
async def test_a_published_seat_within_a_session_is_told_before_it_is_kept(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    user = await add_user(session, Grant(Role.PLANNER, society_id=stage.society))
    user.locale = "en"
    giver = await session.get_one(Radiologist, stage.giver)
    planner = await sign_in(user)
    ground = Ground(
        session, stage.society, giver, giver, giver, planner, f"?society={stage.society}"
    )

    looked = await look_at(ground, table((giver, stage.given.seat.interval.start)))

    assert looked.status_code == 200
    assert "These published seats lie in the sessions." in looked.text
    assert "/planning/mine?of=" in looked.text
