"""Record what arrived: every instance gets its rows, and its study grows."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.arrival import ArrivedInstance
from app.intake.domain.completeness import Waits, expect_completeness
from app.intake.domain.content import Content, InstanceKey, SortedOut, sort_out
from app.intake.events import ArrivalsRecorded, DuplicateArrived
from app.intake.models import Study
from app.intake.repository import arrivals as arrival_rows
from app.intake.repository import associations as association_rows
from app.intake.repository.arrivals import SenderPlace
from app.kit.errors import Invalid


class UnknownSender(Invalid):
    """An arrival names a sender that the directory does not have (any more)."""


async def record(
    session: AsyncSession, batch: Sequence[ArrivedInstance], *, waits: Waits
) -> ArrivalsRecorded:
    """Give every arrival of a batch its rows; a repeat changes nothing.

    Raises
    ------
    UnknownSender
        If the directory lacks the sender of one of them; nothing of the batch is recorded.
    """
    ordered = sorted(batch, key=lambda each: (each.arrived_at, each.arrival_id))
    places = await _find_places(session, ordered)
    studies = await _save_studies(session, ordered, places=places, waits=waits)
    in_study = [
        (studies[places[each.sender_id].domain_id, each.attributes.study_instance_uid], each)
        for each in ordered
    ]
    keyed = [
        (_key_of(study, each), Content(each.arrival_id, each.digest)) for study, each in in_study
    ]
    kept = await arrival_rows.find_kept(session, {key for key, _ in keyed})
    sorted_out = sort_out(keyed, kept=kept)
    fresh = set(sorted_out.new)
    new = [(study, each) for study, each in in_study if each.arrival_id in fresh]
    if new:
        await _keep(session, new, sorted_out=sorted_out)
        await _grow(session, new, sorted_out=sorted_out, waits=waits)
        counts = Counter(each.association_id for _, each in new)
        await association_rows.count_instances(session, counts)
    return ArrivalsRecorded(
        kept=(*sorted_out.new, *sorted_out.known),
        duplicates=tuple(DuplicateArrived(*pair) for pair in sorted_out.duplicates.items()),
        study_ids=frozenset(study.id for study, _ in new),
    )


def _key_of(study: Study, arrived: ArrivedInstance) -> InstanceKey:
    return study.id, arrived.attributes.sop_instance_uid


async def _find_places(
    session: AsyncSession, batch: Sequence[ArrivedInstance]
) -> Mapping[int, SenderPlace]:
    wanted = {each.sender_id for each in batch}
    places = await arrival_rows.find_senders(session, wanted)
    if missing := sorted(wanted - places.keys()):
        msg = f"the directory has no sender {missing[0]}; add it again, then `spool replay`"
        raise UnknownSender(msg)
    return places


async def _save_studies(
    session: AsyncSession,
    batch: Sequence[ArrivedInstance],
    *,
    places: Mapping[int, SenderPlace],
    waits: Waits,
) -> Mapping[tuple[int, str], Study]:
    patients = await arrival_rows.save_patients(
        session, [(places[each.sender_id].domain_id, each.attributes.patient) for each in batch]
    )
    rows: dict[tuple[int, str], arrival_rows.Row] = {}
    for each in batch:
        place, attributes = places[each.sender_id], each.attributes
        key = (place.domain_id, attributes.study_instance_uid)
        if key not in rows:
            patient_id = patients[place.domain_id, attributes.patient]
            rows[key] = _make_study_row(each, place=place, patient_id=patient_id, waits=waits)
    return await arrival_rows.save_studies(session, list(rows.values()))


def _make_study_row(
    arrived: ArrivedInstance, *, place: SenderPlace, patient_id: int, waits: Waits
) -> arrival_rows.Row:
    attributes = arrived.attributes
    study = attributes.study
    expected = expect_completeness((), last_image_at=arrived.arrived_at, waits=waits)
    return {
        "domain_id": place.domain_id,
        "study_instance_uid": attributes.study_instance_uid,
        "patient_id": patient_id,
        "site_id": place.site_id,
        "sender_id": arrived.sender_id,
        "called_ae_title": arrived.called_ae_title,
        "station_name": study.station_name,
        "institution_name": study.institution_name,
        "study_date": study.study_date,
        "study_time": study.study_time,
        "study_id": study.study_id,
        "study_description": study.study_description,
        "accession_number": study.accession_number,
        "referring_physician_name": study.referring_physician_name,
        "as_received": attributes.as_received,
        "first_image_at": arrived.arrived_at,
        "last_image_at": arrived.arrived_at,
        "complete_due_at": expected.due_at,
    }


async def _keep(
    session: AsyncSession,
    new: Sequence[tuple[Study, ArrivedInstance]],
    *,
    sorted_out: SortedOut,
) -> None:
    series = {
        (study.id, each.attributes.series_instance_uid): _make_series_row(study, each)
        for study, each in reversed(new)
    }
    series_ids = await arrival_rows.save_series(session, list(series.values()))
    await arrival_rows.add_instances(
        session,
        [
            _make_instance_row(
                each,
                series_id=series_ids[study.id, each.attributes.series_instance_uid],
                conflicting=each.arrival_id in sorted_out.conflicting,
            )
            for study, each in new
        ],
    )
    if sorted_out.conflicting:
        await arrival_rows.flag_conflicts(session, sorted(sorted_out.conflicting))


def _make_series_row(study: Study, arrived: ArrivedInstance) -> arrival_rows.Row:
    series = arrived.attributes.series
    return {
        "study_id": study.id,
        "series_instance_uid": arrived.attributes.series_instance_uid,
        "modality": series.modality,
        "series_number": series.series_number,
        "series_description": series.series_description,
        "body_part_examined": series.body_part_examined,
        "station_name": series.station_name,
    }


def _make_instance_row(
    arrived: ArrivedInstance, *, series_id: int, conflicting: bool
) -> arrival_rows.Row:
    return {
        "series_id": series_id,
        "sop_instance_uid": arrived.attributes.sop_instance_uid,
        "sop_class_uid": arrived.attributes.sop_class_uid,
        "transfer_syntax_uid": arrived.transfer_syntax_uid,
        "instance_number": arrived.attributes.instance_number,
        "arrival_id": arrived.arrival_id,
        "association_id": arrived.association_id,
        "arrived_at": arrived.arrived_at,
        "digest": arrived.digest,
        "size_bytes": arrived.size_bytes,
        "path": arrived.path,
        "conflicting": conflicting,
    }


async def _grow(
    session: AsyncSession,
    new: Sequence[tuple[Study, ArrivedInstance]],
    *,
    sorted_out: SortedOut,
    waits: Waits,
) -> None:
    """Bring the counts and instants of the studies up to date; their rows are locked."""
    studies = {study.id: study for study, _ in new}
    series_counts = await arrival_rows.count_series(session, studies)
    conflicts = Counter(
        study.id for study, each in new if each.arrival_id in sorted_out.conflicting
    )
    for study, each in new:
        study.instance_count += 1
        study.first_image_at = min(study.first_image_at, each.arrived_at)
        study.last_image_at = max(study.last_image_at, each.arrived_at)
        modality = each.attributes.series.modality
        study.modalities = sorted({*study.modalities, modality} - {""})
    for study in studies.values():
        expected = expect_completeness(
            study.modalities, last_image_at=study.last_image_at, waits=waits
        )
        study.series_count = series_counts[study.id]
        study.conflict_count += conflicts[study.id]
        study.complete_due_at = expected.due_at
        study.complete_at = None
        study.complete_reason = expected.reason
    await session.flush()
