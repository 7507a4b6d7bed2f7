"""One draft for each case: nothing is overwritten unseen, nothing changes after the signature."""

from datetime import timedelta
from functools import partial

import pytest
import pytest_asyncio
from sqlalchemy import Executable, delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import MoveRefused
from app.db.errors import constraint_of
from app.kit.errors import Conflict, Invalid, NotAllowed
from app.reports import service as reports
from app.reports.domain.document import Chapters, Form
from app.reports.domain.versions import DraftChanged, ImagesNotSeen, Means, NotTheReader
from app.reports.models import Document, Preliminary, ReportVersion
from tests.factories.reading import TEXT, Reading, open_reading
from tests.factories.stage import NIGHT, add_radiologist

LATER = NIGHT + timedelta(minutes=10)


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def save(reading: Reading, *, base: int, conclusion: str) -> reports.Draft:
    return await reports.save_draft(
        reading.session,
        case_id=reading.case_id,
        base=base,
        chapters=Chapters(conclusion=conclusion),
        actor=reading.actor,
        now=LATER,
    )


@pytest.mark.asyncio
async def test_a_case_without_a_draft_has_an_empty_one(reading: Reading) -> None:
    draft = await reports.read_draft(reading.session, case_id=reading.case_id)

    assert (draft.draft_number, draft.chapters, draft.edited_at) == (0, Chapters(), None)


@pytest.mark.asyncio
async def test_each_save_starts_from_the_one_before(reading: Reading) -> None:
    first = await save(reading, base=0, conclusion="Un.")
    await save(reading, base=first.draft_number, conclusion="Deux.")

    draft = await reports.read_draft(reading.session, case_id=reading.case_id)

    assert (draft.draft_number, draft.chapters.conclusion) == (2, "Deux.")


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.asyncio
async def test_the_second_of_two_tabs_is_refused_and_told_who_saved_when(
    reading: Reading, base: int
) -> None:
    await save(reading, base=0, conclusion="De l'un.")
    await save(reading, base=1, conclusion="De l'autre.")

    with pytest.raises(DraftChanged) as refused:
        await save(reading, base=base, conclusion="Perdu ?")

    assert (refused.value.by, refused.value.at) == (reading.actor.name, LATER)
    assert refused.value.draft_number == 2
    draft = await reports.read_draft(reading.session, case_id=reading.case_id)
    assert draft.chapters.conclusion == "De l'autre."


@pytest.mark.asyncio
async def test_a_first_draft_starts_from_none(reading: Reading) -> None:
    with pytest.raises(Conflict, match="no draft 3"):
        await save(reading, base=3, conclusion="Un.")


@pytest.mark.asyncio
async def test_only_the_reader_of_the_case_writes(reading: Reading) -> None:
    _, other = await add_radiologist(reading.stage)

    with pytest.raises(NotTheReader):
        await reports.save_draft(
            reading.session,
            case_id=reading.case_id,
            base=0,
            chapters=TEXT,
            actor=other,
            now=LATER,
        )


@pytest.mark.parametrize("conclusion", ["a\0b", "\ud800", "x" * 50_001])
@pytest.mark.asyncio
async def test_text_that_cannot_be_kept_is_refused(reading: Reading, conclusion: str) -> None:
    with pytest.raises(Invalid):
        await save(reading, base=0, conclusion=conclusion)


@pytest.mark.asyncio
async def test_a_signature_moves_the_case_and_draws_the_uids(reading: Reading) -> None:
    signed = await reading.write_and_sign(now=LATER)

    case = await cases.get_case(reading.session, reading.case_id)
    rows = (
        await reading.session.scalars(
            select(Document).where(Document.report_version_id == signed.version_id)
        )
    ).all()
    uids = {row.sop_instance_uid for row in rows if row.sop_instance_uid}
    assert (case.state, case.state_by) == ("signed", reading.actor.user_id)
    assert {row.form for row in rows} == {Form.PDF, Form.SR, Form.ENCAPSULATED_PDF}
    assert len(uids) == 2
    assert all(row.rendered_at is None and row.due_at == LATER for row in rows)


@pytest.mark.asyncio
async def test_who_signs_twice_is_refused_and_nothing_changes(reading: Reading) -> None:
    signed = await reading.write_and_sign(now=LATER)

    with pytest.raises(Conflict):
        await reports.sign(
            reading.session,
            case_id=reading.case_id,
            base=1,
            instance_count=2,
            actor=reading.actor,
            now=LATER + timedelta(seconds=1),
        )

    versions = (await reading.session.scalars(select(ReportVersion))).all()
    assert [(each.id, each.signed_at) for each in versions] == [(signed.version_id, LATER)]


@pytest.mark.asyncio
async def test_what_is_signed_is_what_was_read(reading: Reading) -> None:
    await save(reading, base=0, conclusion="Lu.")
    await save(reading, base=1, conclusion="Non lu.")

    with pytest.raises(DraftChanged):
        await reports.sign(
            reading.session,
            case_id=reading.case_id,
            base=1,
            instance_count=2,
            actor=reading.actor,
            now=LATER,
        )


@pytest.mark.asyncio
async def test_images_that_were_not_shown_stop_the_signature(reading: Reading) -> None:
    await save(reading, base=0, conclusion="Normal.")

    with pytest.raises(ImagesNotSeen) as refused:
        await reports.sign(
            reading.session,
            case_id=reading.case_id,
            base=1,
            instance_count=1,
            actor=reading.actor,
            now=LATER,
        )

    assert (refused.value.shown, refused.value.count) == (1, 2)


@pytest.mark.parametrize("conclusion", [None, "  \n"])
@pytest.mark.asyncio
async def test_a_report_without_a_conclusion_is_not_signed(
    reading: Reading, conclusion: str | None
) -> None:
    if conclusion is not None:
        await save(reading, base=0, conclusion=conclusion)

    with pytest.raises(Invalid):
        await reports.sign(
            reading.session,
            case_id=reading.case_id,
            base=1,
            instance_count=2,
            actor=reading.actor,
            now=LATER,
        )


@pytest.mark.parametrize("change", ["update", "delete", "sql"])
@pytest.mark.asyncio
async def test_the_database_refuses_any_change_of_a_signed_version(
    reading: Reading, change: str
) -> None:
    signed = await reading.write_and_sign(now=LATER)
    statements: dict[str, Executable] = {
        "update": update(ReportVersion)
        .where(ReportVersion.id == signed.version_id)
        .values(conclusion="Autre."),
        "delete": delete(ReportVersion).where(ReportVersion.id == signed.version_id),
        "sql": text("UPDATE report_version SET signed_at = NULL, signed_by = NULL"),
    }

    with pytest.raises(DBAPIError) as refused:
        await reading.session.execute(statements[change])

    assert constraint_of(refused.value) == "tr_report_version_signed_is_immutable"


@pytest.mark.asyncio
async def test_an_addendum_is_a_version_of_its_own(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)

    added = await reports.write_addendum(
        reading.session,
        case_id=reading.case_id,
        base=1,
        text="Ajout.",
        actor=reading.actor,
        now=LATER + timedelta(hours=1),
    )

    version = await reading.session.get_one(ReportVersion, added.version_id)
    case = await cases.get_case(reading.session, reading.case_id)
    events = [event.kind for event in await cases.list_events(reading.session, reading.case_id)]
    assert (version.number, version.kind, version.conclusion) == (2, "addendum", "Ajout.")
    assert case.state == "signed"
    assert "addendum" in events


@pytest.mark.asyncio
async def test_an_addendum_to_an_older_version_is_refused(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    add = partial(
        reports.write_addendum,
        reading.session,
        case_id=reading.case_id,
        base=1,
        text="Ajout.",
        actor=reading.actor,
        now=LATER,
    )
    await add()

    with pytest.raises(Conflict, match="version 2"):
        await add()


@pytest.mark.asyncio
async def test_an_addendum_needs_a_signed_report(reading: Reading) -> None:
    with pytest.raises(MoveRefused):
        await reports.write_addendum(
            reading.session,
            case_id=reading.case_id,
            base=1,
            text="Ajout.",
            actor=reading.actor,
            now=LATER,
        )


@pytest.mark.asyncio
async def test_a_preliminary_result_says_who_was_told_what_and_how(reading: Reading) -> None:
    given = await reports.give_preliminary(
        reading.session,
        case_id=reading.case_id,
        text="Pas d'hémorragie.",
        told_to="Dr Martin, urgences",
        means=Means.TELEPHONE,
        actor=reading.actor,
        now=LATER,
    )

    row = await reading.session.get_one(Preliminary, given.preliminary_id)
    case = await cases.get_case(reading.session, reading.case_id)
    assert (row.text, row.told_to, row.means) == (
        "Pas d'hémorragie.",
        "Dr Martin, urgences",
        "telephone",
    )
    assert case.preliminary_at == LATER


@pytest.mark.asyncio
async def test_a_preliminary_result_told_to_nobody_is_refused(reading: Reading) -> None:
    with pytest.raises(Invalid, match="who was told"):
        await reports.give_preliminary(
            reading.session,
            case_id=reading.case_id,
            text="Normal.",
            told_to=" ",
            means=Means.TELEPHONE,
            actor=reading.actor,
            now=LATER,
        )


@pytest.mark.asyncio
async def test_who_is_no_radiologist_writes_nothing(reading: Reading) -> None:
    clerk = type(reading.actor)(user_id=reading.actor.user_id, name="Clerk")

    with pytest.raises(NotAllowed):
        await reports.save_draft(
            reading.session,
            case_id=reading.case_id,
            base=0,
            chapters=TEXT,
            actor=clerk,
            now=LATER,
        )
