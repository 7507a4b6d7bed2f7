"""Queries that tell where an arrival belongs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.directory.domain.site_rules import Place, SiteRule
from app.directory.domain.uids import derive_uid
from app.directory.models import Sender, Site
from app.directory.repository.site_rules import read_rules
from app.intake.domain.attributes import PatientIdentity
from app.intake.domain.placing import OriginalStudy
from app.intake.models import Instance, Patient, Series, Study, StudyAccession, StudyIdentity
from app.intake.repository.identities import list_identities, make_identity


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSender:
    """What the directory says of a sender.

    Parameters
    ----------
    place
        Its own site and domain.
    from_centre
        It is a centre's node: what it sends comes back.
    """

    place: Place
    rules: tuple[SiteRule, ...]
    from_centre: bool


@dataclass(frozen=True, slots=True)
class KnownStudy:
    """A study that a site rule has placed, with the identity in force."""

    place: Place
    identity: PatientIdentity


async def find_senders(session: AsyncSession, sender_ids: Iterable[int]) -> dict[int, KnownSender]:
    """Find senders, disabled ones too: what they sent was admitted."""
    wanted = set(sender_ids)
    rows = await session.execute(
        select(Sender.id, Sender.site_id, Sender.domain_id, Sender.centre_id).where(
            Sender.id.in_(wanted)
        )
    )
    rules = await read_rules(session, sender_ids=wanted)
    return {
        sender_id: KnownSender(
            place=Place(site_id=site_id, domain_id=domain_id),
            rules=rules.get(sender_id, ()),
            from_centre=centre_id is not None,
        )
        for sender_id, site_id, domain_id, centre_id in rows
    }


async def read_prefixes(session: AsyncSession) -> dict[str, int]:
    """Read the prefixes of all sites, disabled ones too: what left may still return."""
    rows = await session.execute(select(Site.prefix, Site.id))
    return dict(rows.all())


async def find_originals(
    session: AsyncSession,
    uids: Collection[str],
    *,
    patient_ids: Collection[str],
    site_ids: Collection[int],
    with_twins: bool = False,
) -> list[OriginalStudy]:
    """Find the studies that objects which return may belong to.

    Parameters
    ----------
    uids
        Study Instance UIDs as they returned: the original, or the one that took its place.
    patient_ids
        Without their prefix.
    site_ids
        Whose prefixes they bear.
    with_twins
        Some Patient ID is not known without its prefix: it was shortened, or named nobody.
    """
    wanted = set(uids)
    found = await _list_candidates(
        session, wanted, patient_ids=patient_ids, site_ids=site_ids, with_twins=with_twins
    )
    derived = {study.id for study in found if _find_derived(study) in wanted}
    studies = [each for each in found if each.id in derived or each.study_instance_uid in wanted]
    identities = await list_identities(session, [study.id for study in studies])
    accessions = await _list_accessions(session, [study.id for study in studies])
    return [
        OriginalStudy(
            domain_id=study.domain_id,
            site_id=study.site_id,
            study_instance_uid=study.study_instance_uid,
            identities=_put_first(identities.get(study.id, {}), study.patient_id),
            accession_numbers=frozenset(accessions.get(study.id, ())),
            uids=await _list_uids(session, study.id) if study.id in derived else frozenset(),
        )
        for study in studies
    ]


def _find_derived(study: Study) -> str:
    return derive_uid(study.domain_id, study.study_instance_uid)


async def _list_candidates(
    session: AsyncSession,
    uids: Collection[str],
    *,
    patient_ids: Collection[str],
    site_ids: Collection[int],
    with_twins: bool,
) -> Sequence[Study]:
    # One that left with derived UIDs is found by its patient: no index knows what it left as.
    of_patient = (
        select(StudyIdentity.study_id)
        .join(Patient, Patient.id == StudyIdentity.patient_id)
        .where(Patient.patient_id.in_(set(patient_ids)))
    )
    named: list[ColumnElement[bool]] = [
        Study.study_instance_uid.in_(uids),
        Study.id.in_(of_patient),
    ]
    if with_twins:
        twin = aliased(Study)
        named.append(
            exists().where(
                twin.study_instance_uid == Study.study_instance_uid,
                twin.domain_id != Study.domain_id,
                twin.id < Study.id,
            )
        )
    found = await session.scalars(
        select(Study).where(Study.site_id.in_(set(site_ids)), or_(*named)).order_by(Study.id)
    )
    return found.all()


def _put_first(known: Mapping[int, PatientIdentity], in_force: int) -> tuple[PatientIdentity, ...]:
    return tuple(known[key] for key in sorted(known, key=lambda key: (key != in_force, key)))


async def _list_uids(session: AsyncSession, study_id: int) -> frozenset[str]:
    series = await session.scalars(
        select(Series.series_instance_uid).where(Series.study_id == study_id)
    )
    instances = await session.scalars(
        select(Instance.sop_instance_uid)
        .join(Series, Series.id == Instance.series_id)
        .where(Series.study_id == study_id)
    )
    return frozenset({*series, *instances})


async def _list_accessions(
    session: AsyncSession, study_ids: Collection[int]
) -> dict[int, list[str]]:
    rows = await session.execute(
        select(StudyAccession.study_id, StudyAccession.accession_number).where(
            StudyAccession.study_id.in_(study_ids)
        )
    )
    numbers: dict[int, list[str]] = {}
    for study_id, number in rows:
        numbers.setdefault(study_id, []).append(number)
    return numbers


async def find_placed_studies(
    session: AsyncSession, keys: Collection[tuple[int, str]]
) -> dict[tuple[int, str], list[KnownStudy]]:
    """Find the studies that a rule placed, by sender and Study Instance UID."""
    rows = await session.execute(
        select(Study.sender_id, Study.study_instance_uid, Study.site_id, Study.domain_id, Patient)
        .join(Patient, Patient.id == Study.patient_id)
        .where(
            tuple_(Study.sender_id, Study.study_instance_uid).in_(keys),
            Study.site_to_confirm.is_(False),
        )
    )
    placed: dict[tuple[int, str], list[KnownStudy]] = {}
    for sender_id, uid, site_id, domain_id, patient in rows:
        known = KnownStudy(Place(site_id=site_id, domain_id=domain_id), make_identity(patient))
        placed.setdefault((sender_id, uid), []).append(known)
    return placed
