"""Find where each arrival of a batch belongs."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.prefixes import take_off
from app.directory.domain.site_rules import FoundSite, Place, SiteHeader, find_site
from app.intake.domain.arrival import ArrivedInstance
from app.intake.domain.identity import agree
from app.intake.domain.placing import (
    UNKNOWN_RETURN,
    OriginalStudy,
    Placed,
    find_origin_prefix,
    put_back,
)
from app.intake.repository import places as repository
from app.intake.repository.places import KnownSender, KnownStudy
from app.kit.errors import Invalid

SAME_STUDY = "as the rest of its study"


class UnknownSender(Invalid):
    """An arrival names a sender that the directory does not have (any more)."""


async def find_places(session: AsyncSession, batch: Sequence[ArrivedInstance]) -> list[Placed]:
    """Find the site and the domain of each arrival, and put back what returns from a centre.

    Raises
    ------
    UnknownSender
        If the directory lacks the sender of one of them.
    """
    wanted = {each.sender_id for each in batch}
    senders = await repository.find_senders(session, wanted)
    if missing := sorted(wanted - senders.keys()):
        msg = f"the directory has no sender {missing[0]}; add it again, then `spool replay`"
        raise UnknownSender(msg)
    returned = [each for each in batch if senders[each.sender_id].from_centre]
    back = await _put_back(session, returned, senders=senders)
    placed = [
        back[each.arrival_id]
        if each.arrival_id in back
        else _place(each, sender=senders[each.sender_id])
        for each in batch
    ]
    return await _join_their_studies(session, placed)


async def _put_back(
    session: AsyncSession,
    returned: Sequence[ArrivedInstance],
    *,
    senders: Mapping[int, KnownSender],
) -> dict[object, Placed]:
    if not returned:
        return {}
    prefixes = await repository.read_prefixes(session)
    originals = await _find_originals(session, returned, prefixes=prefixes)
    back: dict[object, Placed] = {}
    for each in returned:
        place = senders[each.sender_id].place
        back[each.arrival_id] = put_back(each, prefixes=prefixes, originals=originals) or Placed(
            arrived=each,
            domain_id=place.domain_id,
            site_id=place.site_id,
            reason=UNKNOWN_RETURN,
            unknown_return=True,
        )
    return back


async def _find_originals(
    session: AsyncSession, returned: Sequence[ArrivedInstance], *, prefixes: Mapping[str, int]
) -> list[OriginalStudy]:
    found = [find_origin_prefix(each.attributes, prefixes=prefixes) for each in returned]
    taken = [take_off(prefixes, each.attributes.patient.patient_id) for each in returned]
    return await repository.find_originals(
        session,
        {each.attributes.study_instance_uid for each in returned},
        patient_ids={each.value for each in taken if each is not None},
        site_ids={prefixes[each] for each in found if each is not None},
        with_twins=None in taken,
    )


def _place(arrived: ArrivedInstance, *, sender: KnownSender) -> Placed:
    attributes = arrived.attributes
    header = SiteHeader(
        institution_name=attributes.study.institution_name,
        issuer_of_patient_id=attributes.patient.issuer_of_patient_id,
        station_name=attributes.study.station_name,
        calling_ae_title=arrived.calling_ae_title,
    )
    return _as_placed(arrived, find_site(header, rules=sender.rules, default=sender.place))


def _as_placed(arrived: ArrivedInstance, found: FoundSite) -> Placed:
    return Placed(
        arrived=arrived,
        domain_id=found.domain_id,
        site_id=found.site_id,
        confirmed=found.confirmed,
        reason=found.reason,
    )


async def _join_their_studies(session: AsyncSession, placed: Sequence[Placed]) -> list[Placed]:
    """Let what no rule placed follow the rest of its study.

    A dose report often lacks the institution that its images name. It follows only where one place
    is known for its study and patient: two hospitals of one sender may use one UID.
    """
    silent = {_study_of(each) for each in placed if not each.confirmed}
    if not silent:
        return list(placed)
    known = await repository.find_placed_studies(session, silent)
    for each in placed:
        if each.confirmed and _study_of(each) in silent:
            place = Place(site_id=each.site_id, domain_id=each.domain_id)
            study = KnownStudy(place, each.arrived.attributes.patient)
            known.setdefault(_study_of(each), []).append(study)
    return [each if each.confirmed else _follow(each, known) for each in placed]


def _study_of(placed: Placed) -> tuple[int, str]:
    return placed.arrived.sender_id, placed.arrived.attributes.study_instance_uid


def _follow(placed: Placed, known: Mapping[tuple[int, str], Sequence[KnownStudy]]) -> Placed:
    patient = placed.arrived.attributes.patient
    found = {
        each.place for each in known.get(_study_of(placed), ()) if agree(each.identity, patient)
    }
    if len(found) != 1:
        return placed
    place = found.pop()
    return Placed(
        arrived=placed.arrived,
        domain_id=place.domain_id,
        site_id=place.site_id,
        reason=SAME_STUDY,
    )
