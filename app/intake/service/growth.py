"""Let studies grow: counts, identities, accession numbers, and when they will be complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.attributes import PatientIdentity
from app.intake.domain.completeness import Waits, expect_completeness
from app.intake.domain.identity import opens_identity
from app.intake.models import Study
from app.intake.repository import arrivals as arrival_rows
from app.intake.repository import identities as identity_rows
from app.intake.repository.arrivals import Row
from app.intake.service.announcements import weigh


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What one kept instance adds to its study.

    Parameters
    ----------
    study
        Locked by whoever lets it grow.
    waits_for_comparison
        It repeats a known UID: only what it says of identity and accession counts yet.
    marked
        It came by a calling AE title that the directory does not have.
    named_site_id
        The site that a rule named; none when no rule spoke.
    """

    study: Study
    patient_id: int
    arrived_at: datetime
    modality: str
    accession_number: str
    as_received: Mapping[str, object]
    paper: bool
    waits_for_comparison: bool = False
    marked: bool = False
    named_site_id: int | None = None
    site_reason: str = ""


async def grow(session: AsyncSession, new: Sequence[Grown], *, waits: Waits) -> None:
    """Bring the counts and instants of locked studies up to date with what was kept."""
    counted = [each for each in new if not each.waits_for_comparison]
    await _note_identities(session, new)
    await identity_rows.save_accessions(session, _make_accession_rows(new))
    series_counts = await arrival_rows.count_series(session, {each.study.id for each in counted})
    for each in new:
        _note_origin(each)
    for each in counted:
        _count(each)
        if not each.paper:
            _push(each, waits=waits)
        each.study.series_count = series_counts.get(each.study.id, 0)
    await session.flush()
    await weigh(
        session, list({each.study.id: each.study for each in counted}.values()), waits=waits
    )


def _count(grown: Grown) -> None:
    study = grown.study
    study.instance_count += 1
    if grown.paper:
        study.paper_count += 1
    else:
        study.image_count += 1


def _push(grown: Grown, *, waits: Waits) -> None:
    """Let a new image take the label of completeness away, and set its time anew."""
    study = grown.study
    first = study.image_count == 1
    earliest = grown.arrived_at if first else min(study.first_image_at, grown.arrived_at)
    study.first_image_at = earliest
    study.last_image_at = grown.arrived_at if first else max(study.last_image_at, grown.arrived_at)
    study.modalities = sorted({*study.modalities, grown.modality} - {""})
    expected = expect_completeness(study.modalities, last_image_at=study.last_image_at, waits=waits)
    study.complete_due_at = expected.due_at
    study.complete_at = None
    study.complete_reason = expected.reason


def _note_origin(grown: Grown) -> None:
    study = grown.study
    study.unknown_calling = study.unknown_calling or grown.marked
    # Once it is classed, a case may stand on it: then a person moves it.
    is_free = study.site_to_confirm and study.intake_class is None
    if is_free and grown.named_site_id is not None:
        study.site_id = grown.named_site_id
        study.site_reason = grown.site_reason
        study.site_to_confirm = False


async def _note_identities(session: AsyncSession, new: Sequence[Grown]) -> None:
    known = await identity_rows.list_identities(session, {each.study.id for each in new})
    read = await identity_rows.read_identities(
        session, {each.patient_id for each in new} | {each.study.patient_id for each in new}
    )
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for each in new:
        of_study = known.setdefault(each.study.id, {})
        opens = each.patient_id not in of_study and _opens(each, known=of_study, read=read)
        each.study.identity_open = each.study.identity_open or opens
        key = (each.study.id, each.patient_id)
        row = rows.setdefault(key, make_identity_row(each))
        if not each.waits_for_comparison:
            of_study[each.patient_id] = read[each.patient_id]
            _count_in_row(row, each, opens=opens)
        # Else nobody knows yet whether this is a conflict or a correction, and no case is told; but
        # nothing is signed meanwhile.
    if rows:
        await identity_rows.save_identities(session, [rows[key] for key in sorted(rows)])


def _opens(
    grown: Grown,
    *,
    known: Mapping[int, PatientIdentity],
    read: Mapping[int, PatientIdentity],
) -> bool:
    in_force = read[grown.study.patient_id]
    return opens_identity(
        read[grown.patient_id], in_force=in_force, known=[in_force, *known.values()]
    )


def make_identity_row(grown: Grown) -> dict[str, Any]:
    """Make the row of an identity that a study came under, without any instance yet."""
    return {
        "study_id": grown.study.id,
        "patient_id": grown.patient_id,
        "first_seen_at": grown.arrived_at,
        "last_seen_at": grown.arrived_at,
        "instance_count": 0,
        "as_received": grown.as_received,
        "news": None,
    }


def _count_in_row(row: dict[str, Any], grown: Grown, *, opens: bool) -> None:
    row["instance_count"] += 1
    row["last_seen_at"] = grown.arrived_at
    row["news"] = "conflict" if opens else row["news"]


def _make_accession_rows(new: Sequence[Grown]) -> list[Row]:
    rows: dict[tuple[int, str], Row] = {}
    for each in new:
        if each.accession_number:
            key = (each.study.id, each.accession_number)
            rows.setdefault(
                key,
                {
                    "study_id": each.study.id,
                    "accession_number": each.accession_number,
                    "first_seen_at": each.arrived_at,
                },
            )
    return [rows[key] for key in sorted(rows)]
