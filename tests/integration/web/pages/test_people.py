"""The page of people: what rosters know of the members of a society, changed where it stands."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import Radiologist
from app.planning.models import Authorisation, BusySession, Incompatibility, WorkingTime
from app.web.pages.people_words import (
    AUTHORISED_AS,
    REFUSALS,
    STATUTES,
    write_percent,
)
from app.web.pages.texts import texts_of
from tests.factories.directory import add_society, add_user
from tests.factories.planning import NOW, add_absence
from tests.integration.web.conftest import SignIn
from tests.integration.web.pages.people_ground import PEOPLE, Ground, make_ground, words

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def ground(session: AsyncSession, sign_in: SignIn) -> Ground:
    """Sign in a planner of one society."""
    return await make_ground(session, sign_in)


def card(page: str, person: Radiologist) -> str:
    """Cut out what is shown of somebody."""
    return page.partition(f'id="person-{person.id}"')[2].partition("</section>")[0]


async def write_facts(ground: Ground) -> None:
    """Write everything that rosters know of somebody."""
    session, one = ground.session, ground.one
    one.statute, one.sub_specialties = "hospital", ["neuro"]
    session.add_all(
        [
            WorkingTime(
                radiologist_id=one.id, valid=Range(date(2027, 1, 1), date(2027, 3, 1)), fte=625
            ),
            WorkingTime(radiologist_id=one.id, valid=Range(date(2027, 3, 1), None), fte=800),
            Authorisation(
                radiologist_id=ground.other.id,
                valid=Range(date(2026, 1, 1), date(2027, 3, 1)),
                kind="hospital",
                reference="ARS 2026-14",
                written_at=NOW,
            ),
            Incompatibility(one_id=one.id, other_id=ground.other.id),
        ]
    )
    for number in range(2):
        start = datetime(2027, 3, 4 + number, 7, tzinfo=UTC)
        session.add(
            BusySession(
                radiologist_id=one.id,
                period=Range(start, start + 4 * HOUR),
                source="HIS",
                uid=f"{number}",
                imported_at=NOW,
            )
        )
    start = datetime(2027, 2, 28, 12, tzinfo=UTC)
    await add_absence(session, one.id, start=start, end=start + timedelta(days=3))
    await session.flush()


@pytest.mark.asyncio
async def test_everything_that_rosters_know_stands_beside_a_name_on_a_date(ground: Ground) -> None:
    one = ground.one
    await write_facts(ground)

    then = await ground.look(on="2027-03-01")
    before = await ground.look(on="2027-02-28")

    shown = words(card(then, one))
    assert "Statute hospital practitioner Working time 80 %" in shown
    rules = words(then.partition("Rules of their statutes")[2].partition("</section>")[0])
    assert "hospital practitioner rest 11 h" in rules
    assert "60 h in seven days" in rules
    assert "Sub-specialties neuro" in shown
    assert "absent on this date" in shown
    assert f"Never on guard with Dr {ground.other.given_name} {ground.other.family_name}" in shown
    assert "2 sessions, the next Mar 4, 2027 08:00" in shown
    assert "1 absence, 0 wishes" in shown
    assert "no authorisation on this date" in words(card(then, ground.other))
    assert "Working time 62.5 %" in words(card(before, one))
    authorised = words(card(before, ground.other))
    assert "hospital radiologist , ARS 2026-14, Jan 1, 2026 to Feb 28, 2027 in force" in authorised
    assert ground.stranger.rpps not in then


@pytest.mark.asyncio
async def test_statute_and_sub_specialties_are_changed_where_they_stand(ground: Ground) -> None:
    ground.other.sub_specialties = ["neuro"]
    await ground.session.flush()
    path = f"{ground.one.id}/practice"

    done = await ground.send(path, statute="hospital", skills=["neuro"], another=" paediatric ")
    many = await ground.send(path, statute="hospital", skills=[f"s{n}" for n in range(21)])
    page = await ground.look()

    assert done.status_code == 303
    assert done.headers["location"] == f"{PEOPLE}{ground.place}#person-{ground.one.id}"
    assert "Sub-specialties neuro, paediatric" in words(card(page, ground.one))
    assert many.status_code == 422
    assert "At most 20 sub-specialties" in many.text
    await ground.session.refresh(ground.one)
    assert (ground.one.statute, ground.one.sub_specialties) == ("hospital", ["neuro", "paediatric"])
    none = await ground.send(path, statute="liberal", another="")
    await ground.session.refresh(ground.one)
    assert (none.status_code, ground.one.sub_specialties) == (303, [])


@pytest.mark.asyncio
async def test_working_times_are_added_ended_on_a_last_day_and_deleted(ground: Ground) -> None:
    path = f"{ground.one.id}/working-times"

    added = await ground.send(path, percent="62,5", first="2027-01-01", last="")
    (row,) = (await ground.session.scalars(select(WorkingTime))).all()
    again = await ground.send(path, percent="80", first="2027-06-01", last="2027-06-30")
    ended = await ground.send(f"{path}/{row.id}/end", last="2027-05-31")
    await ground.session.refresh(row)
    page = await ground.look()
    after = await ground.send(path, percent="80", first="2027-06-01", last="2027-06-01")
    deleted = await ground.send(f"{path}/{row.id}/delete")

    statuses = [each.status_code for each in (added, again, ended, after, deleted)]
    assert statuses == [303, 409, 303, 303, 303]
    assert "Another one holds on some of these dates" in again.text
    # What was typed stands there again, and the form is open.
    assert re.search(r'name="percent"[^>]*value="80"', again.text)
    assert re.search(r"<details open>", card(again.text, ground.one))
    assert "aria-invalid" in card(again.text, ground.one)
    assert "aria-invalid" not in card(again.text, ground.other)
    assert (row.fte, row.valid) == (625, Range(date(2027, 1, 1), date(2027, 6, 1)))
    assert "62.5 %, Jan 1, 2027 to May 31, 2027" in words(card(page, ground.one))
    (left,) = (await ground.session.scalars(select(WorkingTime.valid))).all()
    assert left == Range(date(2027, 6, 1), date(2027, 6, 2))


@pytest.mark.parametrize(
    ("fields", "told"),
    (
        ({"percent": "0"}, "from 0.1 to 100 %"),
        ({"percent": "100.1"}, "from 0.1 to 100 %"),
        ({"percent": "66.66"}, "from 0.1 to 100 %"),
        ({"percent": "half"}, "from 0.1 to 100 %"),
        ({"first": "2027-02-31"}, "One of the dates is none"),
        ({"first": "1027-02-01"}, "One of the dates is none"),
        ({"last": "2026-12-31"}, "The last day comes before the first"),
    ),
)
@pytest.mark.asyncio
async def test_what_is_typed_wrong_is_said_in_its_form_and_changes_nothing(
    ground: Ground, fields: dict[str, str], told: str
) -> None:
    typed = {"percent": "50", "first": "2027-01-01", "last": "", **fields}

    refused = await ground.send(f"{ground.one.id}/working-times", **typed)

    assert refused.status_code == 422
    assert told in words(html.unescape(card(refused.text, ground.one)))
    assert told not in card(refused.text, ground.other)
    assert (await ground.session.scalars(select(WorkingTime))).all() == []


@pytest.mark.asyncio
async def test_authorisations_are_added_ended_and_deleted(ground: Ground) -> None:
    path = f"{ground.one.id}/authorisations"
    act = {"kind": "outside", "reference": " ARS 7 ", "first": "2027-01-01", "last": ""}

    added = await ground.send(path, **act)
    (row,) = (await ground.session.scalars(select(Authorisation))).all()
    twice = await ground.send(path, **act)
    soon = await ground.send(f"{path}/{row.id}/end", last="2026-12-30")
    ended = await ground.send(f"{path}/{row.id}/end", last="2027-01-31")
    longer = await ground.send(f"{path}/{row.id}/end", last="2027-02-28")
    await ground.session.refresh(row)
    deleted = await ground.send(f"{path}/{row.id}/delete")

    statuses = [each.status_code for each in (added, twice, soon, ended, longer, deleted)]
    assert statuses == [303, 409, 422, 303, 422, 303]
    assert "The last day comes before the first" in soon.text
    assert "This ends sooner already" in longer.text
    assert (row.reference, row.valid) == ("ARS 7", Range(date(2027, 1, 1), date(2027, 2, 1)))
    assert (await ground.session.scalars(select(Authorisation))).all() == []


@pytest.mark.asyncio
async def test_two_are_kept_apart_by_name_and_let_together_again(ground: Ground) -> None:
    path = f"{ground.one.id}/incompatibilities"
    name = f"{ground.other.family_name} {ground.other.given_name}"

    done = await ground.send(path, other=ground.other.rpps)
    (row,) = (await ground.session.scalars(select(Incompatibility))).all()
    twice = await ground.send(path, other=ground.other.rpps)
    alone = await ground.send(path, other=ground.one.rpps)
    foreign = await ground.send(path, other=ground.stranger.rpps)
    nobody = await ground.send(path, other="Nobody at all")
    page = await ground.look()
    apart = await ground.send(f"{path}/{row.id}/delete")

    answers = (done, twice, alone, foreign, nobody, apart)
    assert [each.status_code for each in answers] == [303, 409, 422, 403, 422, 303]
    assert "These two are kept apart already." in twice.text
    assert "name somebody else" in alone.text
    assert "somebody of another society" in foreign.text
    assert "Nobody has this name" in nobody.text
    assert f'value="{name}"' in page
    for person, beside in ((ground.one, ground.other), (ground.other, ground.one)):
        assert beside.family_name in words(card(page, person))
    assert (await ground.session.scalars(select(Incompatibility))).all() == []


@pytest.mark.asyncio
async def test_a_society_admin_writes_of_its_people_too(
    session: AsyncSession, sign_in: SignIn
) -> None:
    ground = await make_ground(session, sign_in, role=Role.SOCIETY_ADMIN)
    one = ground.one.id

    answers = [
        await ground.send(f"{one}/practice", statute="hospital", skills=["neuro"]),
        await ground.send(f"{one}/working-times", percent="50", first="2027-01-01", last=""),
        await ground.send(f"{one}/incompatibilities", other=ground.other.rpps),
        await ground.send("sessions/delete", source="HIS"),
    ]
    page = await ground.look(on="2027-03-01")

    assert [each.status_code for each in answers] == [303] * 4
    assert "Working time 50 %" in words(card(page, ground.one))
    # Guards and absences of others are for planners.
    assert "/planning/mine" not in page


@pytest.mark.asyncio
async def test_only_those_of_one_s_own_societies_are_shown_and_changed(
    ground: Ground, session: AsyncSession, sign_in: SignIn
) -> None:
    stranger = ground.stranger.id
    theirs = await session.scalar(
        select(Radiologist.id).where(Radiologist.rpps == ground.stranger.rpps)
    )
    reader = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=theirs))
    group = await sign_in(await add_user(session, Role.PLANNER))
    other_society = (await add_society(session)).id

    refused = [
        await ground.writer.get(PEOPLE, params={"society": other_society}),
        await ground.send(f"{stranger}/practice", statute="hospital"),
        await ground.send(f"{stranger}/working-times", percent="50", first="2027-01-01", last=""),
        await reader.get(PEOPLE),
        await reader.post(f"{PEOPLE}/{stranger}/practice", data={"statute": "hospital"}),
    ]

    assert [each.status_code for each in refused] == [403] * 5
    assert (await group.get(PEOPLE, params={"society": other_society})).status_code == 200
    assert (await group.get(PEOPLE, params={"society": 2**62})).status_code == 404
    assert (await session.scalars(select(WorkingTime))).all() == []
    assert (await session.get_one(Radiologist, stranger)).statute == "liberal"


def test_every_refusal_has_its_words_in_both_languages() -> None:
    french = texts_of("fr")

    for words_of_it in (*REFUSALS.values(), *STATUTES.values(), *AUTHORISED_AS.values()):
        assert french.gettext(words_of_it)


@pytest.mark.parametrize(("language", "percent"), (("en", "62.5 %"), ("fr", "62,5 %")))
def test_a_part_of_a_full_time_is_written_as_per_cent(language: str, percent: str) -> None:
    texts = texts_of(language)

    assert write_percent(625, texts=texts) == percent
    assert write_percent(1000, texts=texts) == "100 %"
    assert write_percent(1, texts=texts) in {"0.1 %", "0,1 %"}
