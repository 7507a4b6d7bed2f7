"""Record what arrived: every instance gets its rows, and its study grows."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.arrival import LET_IN, UNKNOWN_CALLING, ArrivedInstance
from app.intake.domain.attributes import PatientIdentity
from app.intake.domain.classes import IntakeClass, is_for_readers
from app.intake.domain.completeness import Waits, expect_completeness
from app.intake.domain.content import Content, InstanceKey, SortedOut, sort_out
from app.intake.domain.paper import Looks, is_paper
from app.intake.domain.placing import Placed
from app.intake.domain.repeats import Repeat
from app.intake.events import ArrivalsRecorded, DuplicateArrived
from app.intake.models import Study
from app.intake.repository import arrivals as arrival_rows
from app.intake.repository import associations as association_rows
from app.intake.service.growth import Grown, grow
from app.intake.service.places import find_places


@dataclass(frozen=True, slots=True)
class _InStudy:
    """An arrival with the study it belongs to, and the key of its identity."""

    study: Study
    placed: Placed
    patient_id: int

    @property
    def arrived(self) -> ArrivedInstance:
        return self.placed.arrived

    @property
    def key(self) -> InstanceKey:
        return self.study.id, self.arrived.attributes.sop_instance_uid


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
    in_study = await _find_studies(session, await find_places(session, ordered), waits=waits)
    kept = await arrival_rows.find_kept(session, {each.key for each in in_study})
    sorted_out = _sort_out(in_study, kept=kept)
    fresh = set(sorted_out.new)
    new = [each for each in in_study if each.arrived.arrival_id in fresh]
    if new:
        await _keep(session, new, sorted_out=sorted_out)
        await grow(session, [_as_grown(each, sorted_out) for each in new], waits=waits)
        counts = Counter(each.arrived.association_id for each in new)
        await association_rows.count_instances(session, counts)
    back = await _take_back(session, in_study, duplicates=sorted_out.duplicates, kept=kept)
    counted = fresh - sorted_out.repeats.keys()
    return ArrivalsRecorded(
        kept=(*sorted_out.new, *sorted_out.known, *back),
        duplicates=tuple(_as_duplicates(sorted_out.duplicates, without=back.keys())),
        study_ids=frozenset(each.study.id for each in new if each.arrived.arrival_id in counted),
        repeat_count=len(sorted_out.repeats),
        replaced=tuple(back.values()),
    )


def _as_duplicates(
    duplicates: Mapping[UUID, Content], *, without: Collection[UUID]
) -> list[DuplicateArrived]:
    return [
        DuplicateArrived(arrival_id, kept.arrival_id, kept.is_gone)
        for arrival_id, kept in duplicates.items()
        if arrival_id not in without
    ]


async def _take_back(
    session: AsyncSession,
    in_study: Sequence[_InStudy],
    *,
    duplicates: Mapping[UUID, Content],
    kept: Mapping[InstanceKey, Sequence[Content]],
) -> dict[UUID, UUID]:
    """Keep what was given up before any reader saw it and comes again: what now stands for what."""
    back: dict[UUID, _InStudy] = {}
    for each in in_study:
        equal = duplicates.get(each.arrived.arrival_id)
        if equal is None or not equal.is_gone or is_for_readers(each.study.intake_class):
            continue
        if equal.arrival_id == each.arrived.arrival_id:
            # Nobody sent it again: a crash brought back what the spool had already handed on.
            continue
        if all(content.is_gone for content in kept[each.key]):
            back.setdefault(kept[each.key][0].arrival_id, each)
            each.study.last_image_at = max(each.study.last_image_at, each.arrived.arrived_at)
    await arrival_rows.take_back(
        session, {first: _make_file_row(each) for first, each in back.items()}
    )
    return {each.arrived.arrival_id: first for first, each in back.items()}


async def _find_studies(
    session: AsyncSession, batch: Sequence[Placed], *, waits: Waits
) -> list[_InStudy]:
    patients = await arrival_rows.save_patients(
        session, [(each.domain_id, each.arrived.attributes.patient) for each in batch]
    )
    rows: dict[tuple[int, str], arrival_rows.Row] = {}
    for each in batch:
        key = _key_of(each)
        if key not in rows:
            rows[key] = _make_study_row(each, patient_id=_patient_of(each, patients), waits=waits)
    studies = await arrival_rows.save_studies(session, list(rows.values()))
    return [_InStudy(studies[_key_of(each)], each, _patient_of(each, patients)) for each in batch]


def _key_of(placed: Placed) -> tuple[int, str]:
    return placed.domain_id, placed.arrived.attributes.study_instance_uid


def _patient_of(placed: Placed, patients: Mapping[tuple[int, PatientIdentity], int]) -> int:
    return patients[placed.domain_id, placed.arrived.attributes.patient]


def _make_study_row(placed: Placed, *, patient_id: int, waits: Waits) -> arrival_rows.Row:
    arrived, attributes = placed.arrived, placed.arrived.attributes
    study = attributes.study
    expected = expect_completeness((), last_image_at=arrived.arrived_at, waits=waits)
    known = not placed.unknown_return
    return {
        "domain_id": placed.domain_id,
        "study_instance_uid": attributes.study_instance_uid,
        "patient_id": patient_id,
        "site_id": placed.site_id,
        "site_to_confirm": not placed.confirmed,
        "site_reason": placed.reason,
        "sender_id": arrived.sender_id,
        "called_ae_title": arrived.called_ae_title,
        "calling_ae_title": arrived.calling_ae_title,
        "station_name": study.station_name,
        "institution_name": study.institution_name,
        "study_date": study.study_date,
        "study_time": study.study_time,
        "study_id": study.study_id,
        "study_description": study.study_description,
        "accession_number": study.accession_number,
        "referring_physician_name": study.referring_physician_name,
        "as_received": attributes.as_received,
        "intake_class": None if known else IntakeClass.OUT_OF_CONTRACT.value,
        "intake_reason": "" if known else placed.reason,
        "first_image_at": arrived.arrived_at,
        "last_image_at": arrived.arrived_at,
        "complete_due_at": expected.due_at,
    }


def _sort_out(
    in_study: Sequence[_InStudy], *, kept: Mapping[InstanceKey, Sequence[Content]]
) -> SortedOut:
    keyed = [(each.key, Content(each.arrived.arrival_id, each.arrived.digest)) for each in in_study]
    return sort_out(keyed, kept=kept)


async def _keep(session: AsyncSession, new: Sequence[_InStudy], *, sorted_out: SortedOut) -> None:
    series = {
        (each.study.id, each.arrived.attributes.series_instance_uid): _make_series_row(each)
        for each in reversed(new)
    }
    series_ids = await arrival_rows.save_series(session, list(series.values()))
    rows = [
        _make_instance_row(
            each,
            series_id=series_ids[each.study.id, each.arrived.attributes.series_instance_uid],
            is_repeat=each.arrived.arrival_id in sorted_out.repeats,
        )
        for each in new
    ]
    await arrival_rows.add_instances(session, rows)
    await arrival_rows.link_repeats(session, sorted_out.repeats)


def _make_series_row(in_study: _InStudy) -> arrival_rows.Row:
    attributes = in_study.arrived.attributes
    series = attributes.series
    return {
        "study_id": in_study.study.id,
        "series_instance_uid": attributes.series_instance_uid,
        "modality": series.modality,
        "series_number": series.series_number,
        "series_description": series.series_description,
        "body_part_examined": series.body_part_examined,
        "station_name": series.station_name,
    }


def _make_instance_row(in_study: _InStudy, *, series_id: int, is_repeat: bool) -> arrival_rows.Row:
    attributes = in_study.arrived.attributes
    return {
        **_make_file_row(in_study),
        "series_id": series_id,
        "sop_instance_uid": attributes.sop_instance_uid,
        "sop_class_uid": attributes.sop_class_uid,
        "instance_number": attributes.instance_number,
        "paper": _is_paper(in_study.placed),
        "repeat": Repeat.TO_COMPARE.value if is_repeat else None,
    }


def _make_file_row(in_study: _InStudy) -> dict[str, object]:
    arrived = in_study.arrived
    return {
        "transfer_syntax_uid": arrived.transfer_syntax_uid,
        "arrival_id": arrived.arrival_id,
        "association_id": arrived.association_id,
        "arrived_at": arrived.arrived_at,
        "digest": arrived.digest,
        "size_bytes": arrived.size_bytes,
        "path": arrived.path,
        "identity_id": in_study.patient_id,
    }


def _is_paper(placed: Placed) -> bool:
    attributes = placed.arrived.attributes
    looks = Looks(
        sop_class_uid=attributes.sop_class_uid,
        modality=attributes.series.modality,
        image_type=attributes.image_type,
        conversion_type=attributes.conversion_type,
        series_description=attributes.series.series_description,
    )
    # What a centre sends back was made from images that rang already.
    return placed.returned or is_paper(looks)


def _as_grown(in_study: _InStudy, sorted_out: SortedOut) -> Grown:
    placed, arrived = in_study.placed, in_study.arrived
    return Grown(
        study=in_study.study,
        patient_id=in_study.patient_id,
        arrived_at=arrived.arrived_at,
        modality=arrived.attributes.series.modality,
        accession_number=arrived.attributes.study.accession_number,
        as_received=arrived.attributes.as_received,
        paper=_is_paper(placed),
        waits_for_comparison=arrived.arrival_id in sorted_out.repeats,
        marked=arrived.mark in {UNKNOWN_CALLING, LET_IN},
        named_site_id=placed.site_id if placed.confirmed else None,
        site_reason=placed.reason,
    )
