"""Settle what a known UID with other bytes turns out to be."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.classes import is_for_readers
from app.intake.domain.completeness import Waits
from app.intake.domain.identity import agree, opens_identity
from app.intake.domain.repeats import Repeat, judge_repeat
from app.intake.events import RepeatSettled
from app.intake.models import Instance, Series, Study
from app.intake.repository import arrivals as arrival_rows
from app.intake.repository import identities as identity_rows
from app.intake.repository import repeats as repository
from app.intake.repository.repeats import Earlier, RepeatFound
from app.intake.service.growth import Grown, grow, make_identity_row


async def find_repeats(
    session: AsyncSession, *, limit: int, without: frozenset[int] = frozenset()
) -> list[RepeatFound]:
    """Find repeats that wait to be compared; see `settle_repeat`."""
    return await repository.list_to_compare(session, limit=limit, without=without)


async def settle_repeat(
    session: AsyncSession,
    found: RepeatFound,
    *,
    same_content: bool,
    waits: Waits,
    now: datetime,
) -> RepeatSettled | None:
    """Settle a repeat; nothing if somebody did meanwhile.

    Parameters
    ----------
    same_content
        Whether it shows what an earlier instance shows, or whether that one's file is gone.
    """
    study = await repository.lock_study(session, found.study_id)
    waiting = await repository.find_waiting(session, found.instance_id)
    if study is None or waiting is None:
        return None
    instance, series = waiting
    earlier = await repository.list_earlier(session, instance, study_id=study.id)
    if all(each.is_gone for each in earlier) and not is_for_readers(study.intake_class):
        # Nobody ever looked at the first one, and its UID alone shows nothing: this one is kept.
        same_content = False
    same_identity = await _is_of_one_of_them(session, instance, earlier=earlier)
    repeat = judge_repeat(same_content=same_content, same_identity=same_identity)
    instance.repeat = repeat.value
    match repeat:
        case Repeat.IDENTITY:
            await _correct(session, instance, study=study)
        case Repeat.PIXELS:
            await _count_as_new(session, instance, series=series, study=study, waits=waits)
        case _:
            await repository.give_up(session, instance, now=now)
    await session.flush()
    return RepeatSettled(
        study_id=study.id, instance_id=instance.id, arrival_id=instance.arrival_id, repeat=repeat
    )


async def note_repeat_removed(session: AsyncSession, instance_id: int) -> None:
    """Note that the file of a repeat that is the same is gone."""
    await repository.note_removed(session, instance_id)


async def _is_of_one_of_them(
    session: AsyncSession, instance: Instance, *, earlier: Sequence[Earlier]
) -> bool:
    """Tell whether an instance names the patient of one that had its UID before.

    Instances of before there were identities have none: they count as the same.
    """
    keys = {each.identity_id for each in earlier}
    if instance.identity_id is None or None in keys or instance.identity_id in keys:
        return True
    wanted = {key for key in keys if key is not None}
    identities = await identity_rows.read_identities(session, {instance.identity_id, *wanted})
    mine = identities[instance.identity_id]
    return any(agree(mine, identities[key]) for key in wanted)


async def _correct(session: AsyncSession, instance: Instance, *, study: Study) -> None:
    """Note that the hospital sent a known image again under another identity."""
    patient_id = instance.identity_id
    if patient_id is None:
        return
    known = (await identity_rows.list_identities(session, [study.id])).get(study.id, {})
    read = await identity_rows.read_identities(session, {patient_id, study.patient_id})
    mine, in_force = read[patient_id], read[study.patient_id]
    is_new = patient_id not in known
    opens = is_new and opens_identity(mine, in_force=in_force, known=[in_force, *known.values()])
    row = make_identity_row(_make_grown(instance, study=study))
    await identity_rows.save_identities(session, [{**row, "instance_count": 1}])
    study.identity_open = study.identity_open or opens
    # One that was rejected before is no news; while nobody has chosen, to know it helps.
    if study.identity_open and not agree(mine, in_force):
        await identity_rows.mark_correction(session, study_id=study.id, patient_id=patient_id)


async def _count_as_new(
    session: AsyncSession, instance: Instance, *, series: Series, study: Study, waits: Waits
) -> None:
    """Another image under a known UID: it counts, and all that have the UID are flagged."""
    await arrival_rows.count_in_series(session, {series.id: 1})
    earlier = await repository.list_earlier(session, instance, study_id=study.id)
    flagged = [instance.id, *(each.instance_id for each in earlier)]
    await repository.flag_conflicts(session, flagged)
    study.conflict_count += 1
    await grow(session, [_make_grown(instance, study=study, series=series)], waits=waits)


def _make_grown(instance: Instance, *, study: Study, series: Series | None = None) -> Grown:
    return Grown(
        study=study,
        patient_id=instance.identity_id or study.patient_id,
        arrived_at=instance.arrived_at,
        modality="" if series is None else series.modality,
        accession_number="",
        # What it says stands in the row of its identity since it arrived.
        as_received={},
        paper=instance.paper,
    )
