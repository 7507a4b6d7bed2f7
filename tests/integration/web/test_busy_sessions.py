"""Sessions elsewhere over the API: looked at, imported whole, replaced by source, deleted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Radiologist
from app.kit.interval import Interval
from app.planning.domain.busy.session import write_instant
from app.planning.repository.people import list_readers
from tests.factories.directory import add_user
from tests.factories.planning import NOW, PARIS
from tests.factories.swaps import Stage, add_stage
from tests.integration.web.conftest import SignIn

PATH = "/api/v1/busy-sessions"
HOUR = timedelta(hours=1)
MORNING = Interval(NOW + timedelta(days=40), NOW + timedelta(days=40, hours=4))


@dataclass
class Ground:
    """A published week; planners of the group and of the giver's society; the giver."""

    stage: Stage
    group: httpx.AsyncClient
    own: httpx.AsyncClient
    giver: httpx.AsyncClient
    rpps: dict[int, str]


@pytest_asyncio.fixture
async def ground(session: AsyncSession, sign_in: SignIn) -> Ground:
    """Sign them in."""
    stage = await add_stage(session)
    grant = Grant(Role.PLANNER, society_id=stage.society)
    rpps = {
        each: (await session.get_one(Radiologist, each)).rpps
        for each in (stage.giver, stage.free[0], stage.stranger)
    }
    return Ground(
        stage,
        await sign_in(await add_user(session, Role.PLANNER)),
        await sign_in(await add_user(session, grant)),
        await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.giver)),
        rpps,
    )


def table(ground: Ground, *rows: tuple[int, Interval]) -> bytes:
    lines = [
        f"{ground.rpps[radiologist]};{hours.start:%Y-%m-%dT%H:%MZ};{hours.end:%Y-%m-%dT%H:%MZ}"
        for radiologist, hours in rows
    ]
    return "\n".join(["rpps;start;end", *lines]).encode()


def calendar(*events: tuple[str, Interval, str]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for uid, hours, more in events:
        start, end = write_instant(hours.start), write_instant(hours.end)
        lines += ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", f"DTEND:{end}"]
        lines += ["SUMMARY:Mme DUPONT JEANNE", *([more] if more else []), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR"]).encode()


async def send(
    client: httpx.AsyncClient, content: bytes, *, to: str = "/imports", **data: Any
) -> httpx.Response:
    sent = {"source": "planner", **data}
    return await client.post(f"{PATH}{to}", files={"file": ("sessions", content)}, data=sent)


async def list_hours(client: httpx.AsyncClient, **params: Any) -> list[tuple[int, Interval]]:
    items = (await client.get(PATH, params=params)).json()["items"]
    return [
        (
            each["radiologist_id"],
            Interval(datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])),
        )
        for each in items
    ]


@pytest.mark.asyncio
async def test_a_table_is_looked_at_then_imported_and_keeps_people_from_seats(
    session: AsyncSession, ground: Ground
) -> None:
    giver, seat = ground.stage.giver, ground.stage.given.seat
    touching = Interval(seat.interval.start + HOUR, seat.interval.end + HOUR)
    content = table(ground, (giver, touching), (ground.stage.stranger, MORNING))

    preview = await send(ground.group, content, to="/imports/preview")
    nothing = await list_hours(ground.group)
    done = await send(ground.group, content, digest=preview.json()["digest"])
    other = await send(ground.group, content + b"\n\n", digest=preview.json()["digest"])

    assert preview.status_code == 200, preview.text
    shown = preview.json()
    assert [(each["line"], each["radiologist_id"]) for each in shown["sessions"]] == [
        (2, giver),
        (3, ground.stage.stranger),
    ]
    assert (shown["faults"], shown["replaced"], nothing) == ([], 0, [])
    assert [each["seat_id"] for each in shown["touched"]] == [seat.id]
    assert done.status_code == 201, done.text
    assert (done.json()["added"], done.json()["replaced"]) == (2, 0)
    assert done.json()["touched"] == shown["touched"]
    assert other.status_code == 409
    assert await list_hours(ground.group) == [(giver, touching), (ground.stage.stranger, MORNING)]
    (reader,) = await list_readers(session, period=seat.interval, zone=PARIS, ids=[giver])
    assert reader.busy == (touching,)


@pytest.mark.asyncio
async def test_a_file_with_a_fault_is_told_by_line_and_column_and_brings_nothing(
    ground: Ground,
) -> None:
    content = table(ground, (ground.stage.giver, MORNING)) + b"\n123;soon;2027-01-12 08:00"

    preview = await send(ground.group, content, to="/imports/preview")
    refused = await send(ground.group, content)

    assert [(each["line"], each["column"], each["kind"]) for each in preview.json()["faults"]] == [
        (3, 1, "bad_rpps"),
        (3, 2, "bad_instant"),
    ]
    assert preview.json()["sessions"] == []
    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "urn:astreinte:problem:busy-file-refused",
    )
    assert "line 3, column 2: 'soon' is no instant" in refused.json()["detail"]
    assert await list_hours(ground.group) == []


@pytest.mark.asyncio
async def test_an_import_replaces_what_its_source_told_before_and_nothing_else(
    ground: Ground,
) -> None:
    giver, colleague, stranger = (*list(ground.rpps)[:2], ground.stage.stranger)
    later = Interval(MORNING.start + timedelta(days=1), MORNING.end + timedelta(days=1))
    await send(ground.group, table(ground, (giver, MORNING), (stranger, MORNING)))
    await send(ground.group, table(ground, (giver, later)), source="elsewhere")

    again = await send(ground.own, table(ground, (colleague, MORNING)))

    assert (again.json()["added"], again.json()["replaced"]) == (1, 1)
    # Who plans for one society stands for its people only.
    assert sorted(await list_hours(ground.group, source="planner")) == sorted(
        [(stranger, MORNING), (colleague, MORNING)]
    )
    assert await list_hours(ground.group, source="elsewhere") == [(giver, later)]
    whole = await send(ground.group, table(ground, (giver, MORNING)))
    assert whole.json()["replaced"] == 2
    assert await list_hours(ground.group, source="planner") == [(giver, MORNING)]


@pytest.mark.asyncio
async def test_a_calendar_is_taken_within_its_window_event_by_event(ground: Ground) -> None:
    giver = ground.stage.giver
    content = calendar(
        ("weekly", MORNING, "RRULE:FREQ=WEEKLY"),
        ("free", MORNING, "TRANSP:TRANSPARENT"),
        ("past", Interval(NOW - 4 * HOUR, NOW - 2 * HOUR), ""),
    )
    first = MORNING.start.date()
    window = {
        "radiologist_id": str(giver),
        "since": f"{first + timedelta(days=3)}",
        "until": f"{first + timedelta(days=24)}",
    }

    preview = await send(ground.own, content, to="/imports/preview", **window)
    done = await send(ground.own, content, **window)
    again = await send(ground.own, content, **{**window, "until": f"{first + timedelta(days=10)}"})

    weeks = [
        Interval(MORNING.start + timedelta(weeks=n), MORNING.end + timedelta(weeks=n))
        for n in (1, 2, 3)
    ]
    assert preview.status_code == 200, preview.text
    assert [each["line"] for each in preview.json()["sessions"]] == [3, 3, 3]
    assert "DUPONT" not in preview.text
    assert (done.status_code, done.json()["added"]) == (201, 3)
    assert (again.json()["added"], again.json()["replaced"]) == (1, 1)
    assert sorted(await list_hours(ground.giver)) == [(giver, each) for each in weeks]


@pytest.mark.asyncio
async def test_an_event_that_moves_into_the_window_is_replaced_too(ground: Ground) -> None:
    whose = {"radiologist_id": str(ground.stage.giver)}
    far = Interval(MORNING.start + timedelta(days=30), MORNING.end + timedelta(days=30))
    await send(ground.own, calendar(("one", far, "")), **whose)

    near = {**whose, "until": f"{far.start.date() - timedelta(days=10)}"}
    moved = await send(ground.own, calendar(("one", MORNING, "")), **near)

    assert (moved.json()["added"], moved.json()["replaced"]) == (1, 1)
    assert await list_hours(ground.own) == [(ground.stage.giver, MORNING)]


@pytest.mark.asyncio
async def test_calendars_that_are_odd_or_hostile_are_refused(ground: Ground) -> None:
    whose = {"radiologist_id": str(ground.stage.giver)}
    good = calendar(("a", MORNING, ""))
    daily = calendar(*[(f"{n}", MORNING, "RRULE:FREQ=DAILY") for n in range(20)])

    refused = {
        "nobody's": await send(ground.own, good),
        "unknown": await send(ground.group, good, radiologist_id=str(2**62)),
        "seconds": await send(ground.own, calendar(("a", MORNING, "RRULE:FREQ=SECONDLY")), **whose),
        "many": await send(ground.own, daily, **whose),
        "long window": await send(
            ground.own, good, **whose, since="2027-01-01", until="2030-01-01"
        ),
        "no window": await send(ground.own, good, **whose, since="2027-01-02", until="2027-01-01"),
        "huge": await send(ground.own, good + b" " * (1 << 20), **whose),
        "cut off": await send(ground.own, good[:-5], **whose),
        "empty": await send(ground.own, calendar(), **whose),
    }

    statuses = {name: answer.status_code for name, answer in refused.items()}
    assert statuses == {**dict.fromkeys(refused, 422), "unknown": 404}
    assert "line 3: events that repeat by 'FREQ=SECONDLY'" in refused["seconds"].json()["detail"]
    assert await list_hours(ground.group) == []


@pytest.mark.asyncio
async def test_who_does_not_plan_for_somebody_imports_and_deletes_nothing_of_theirs(
    ground: Ground,
) -> None:
    stranger = ground.stage.stranger
    content = table(ground, (ground.stage.giver, MORNING), (stranger, MORNING))
    await send(ground.group, content)
    (foreign,) = (await ground.group.get(PATH, params={"radiologist_id": stranger})).json()["items"]

    refused = [
        await send(ground.own, content),
        await send(ground.own, content, to="/imports/preview"),
        await send(ground.own, calendar(("a", MORNING, "")), radiologist_id=str(stranger)),
        await send(ground.giver, content),
        await ground.own.delete(f"{PATH}/{foreign['id']}"),
        await ground.giver.delete(PATH, params={"source": "planner"}),
    ]

    assert [each.status_code for each in refused] == [403] * 6
    assert await list_hours(ground.own) == [(ground.stage.giver, MORNING)]
    assert await list_hours(ground.giver) == [(ground.stage.giver, MORNING)]
    assert len(await list_hours(ground.group)) == 2


@pytest.mark.asyncio
async def test_sessions_are_deleted_one_by_one_and_by_source(ground: Ground) -> None:
    giver, stranger = ground.stage.giver, ground.stage.stranger
    later = Interval(MORNING.start + timedelta(days=1), MORNING.end + timedelta(days=1))
    rows = ((giver, MORNING), (giver, later), (stranger, MORNING))
    await send(ground.group, table(ground, *rows))
    first = (await ground.own.get(PATH)).json()["items"][0]

    one = await ground.own.delete(f"{PATH}/{first['id']}")
    gone = await ground.own.delete(f"{PATH}/{first['id']}")
    rest = await ground.own.delete(PATH, params={"source": "planner"})

    assert (one.status_code, gone.status_code) == (204, 404)
    assert (rest.status_code, rest.json()) == (200, {"removed": 1})
    period = {"since": MORNING.start.isoformat(), "until": MORNING.end.isoformat()}
    assert await list_hours(ground.group, **period) == [(stranger, MORNING)]
    assert (await ground.own.delete(PATH)).status_code == 422
