"""Where an arrival belongs: its site and domain, and what became of its identifiers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.directory.domain.prefixes import TakenOff, find_prefix, take_off
from app.directory.domain.uids import derive_uid, find_original
from app.intake.domain.arrival import ArrivedInstance
from app.intake.domain.attributes import Attributes, PatientIdentity

UNKNOWN_RETURN = "came back from a centre, and its study or its prefix is unknown here"
_PATIENT_ID, _ISSUER, _ACCESSION = "00100020", "00100021", "00080050"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An arrival and the site it belongs to.

    Parameters
    ----------
    arrived
        With the identifiers that its site gave it.
    confirmed
        False: the sender's own site, because none of its rules spoke.
    reason
        How the site was found.
    returned
        It came back from a centre's node, to the study of its site.
    unknown_return
        It came back from a centre's node and nobody knows from where.
    """

    arrived: ArrivedInstance
    domain_id: int
    site_id: int
    confirmed: bool = True
    reason: str = ""
    returned: bool = False
    unknown_return: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalStudy:
    """A study that an object which returns may belong to.

    Parameters
    ----------
    identities
        Those it came under, the one in force first.
    uids
        Of its series and instances; only needed when they left as derived ones.
    """

    domain_id: int
    site_id: int
    study_instance_uid: str
    identities: tuple[PatientIdentity, ...]
    accession_numbers: frozenset[str]
    uids: frozenset[str] = frozenset()

    def is_named(self, study_instance_uid: str) -> bool:
        """Is this its Study Instance UID, or the one that took its place on the way out?"""
        derived = derive_uid(self.domain_id, self.study_instance_uid)
        return study_instance_uid in {self.study_instance_uid, derived}


def find_origin_prefix(attributes: Attributes, *, prefixes: Collection[str]) -> str | None:
    """Find the site's prefix on what returns: of Patient ID, else issuer, else accession."""
    texts = (
        attributes.patient.patient_id,
        attributes.patient.issuer_of_patient_id,
        attributes.study.accession_number,
    )
    return next((found for each in texts if (found := find_prefix(prefixes, each))), None)


def put_back(
    arrived: ArrivedInstance, *, prefixes: Mapping[str, int], originals: Iterable[OriginalStudy]
) -> Placed | None:
    """Give an object that returns from a centre the identifiers of its site.

    The PACS of a centre may have rewritten the name or dropped the birth date: what counts is the
    Patient ID without its prefix. The study knows the rest.

    Parameters
    ----------
    prefixes
        Sites by their prefix.
    originals
        Studies that it may belong to.

    Returns
    -------
    Placed or None
        None if the prefix, the study or the patient is unknown here.
    """
    prefix = find_origin_prefix(arrived.attributes, prefixes=prefixes)
    if prefix is None:
        return None
    for study in originals:
        if study.site_id != prefixes[prefix]:
            continue
        taken = _find_patient(arrived.attributes, study=study, prefix=prefix)
        if taken is not None:
            attributes = _restore(arrived.attributes, study=study, taken=taken)
            return Placed(
                arrived=replace(arrived, attributes=attributes),
                domain_id=study.domain_id,
                site_id=study.site_id,
                reason=f"prefix {prefix}, from a centre",
                returned=True,
            )
    return None


def _find_patient(attributes: Attributes, *, study: OriginalStudy, prefix: str) -> TakenOff | None:
    if not study.is_named(attributes.study_instance_uid):
        return None
    known = [each.patient_id for each in study.identities]
    taken = take_off(
        {prefix},
        attributes.patient.patient_id,
        known=known,
        study_instance_uid=study.study_instance_uid,
    )
    return taken if taken is not None and taken.value in known else None


def _restore(attributes: Attributes, *, study: OriginalStudy, taken: TakenOff) -> Attributes:
    identity = next(each for each in study.identities if each.patient_id == taken.value)
    sent = attributes.study.accession_number
    number = take_off({taken.prefix}, sent, known=study.accession_numbers)
    accession_number = number.value if number is not None else sent
    values = {
        _PATIENT_ID: identity.patient_id,
        _ISSUER: identity.issuer_of_patient_id,
        _ACCESSION: accession_number,
    }
    return replace(
        attributes,
        study_instance_uid=study.study_instance_uid,
        series_instance_uid=_put_uid_back(attributes.series_instance_uid, study),
        sop_instance_uid=_put_uid_back(attributes.sop_instance_uid, study),
        patient=identity,
        study=replace(attributes.study, accession_number=accession_number),
        as_received={**attributes.as_received, **_write(values)},
    )


def _put_uid_back(uid: str, study: OriginalStudy) -> str:
    return find_original(study.domain_id, uid, known=study.uids) or uid


def _write(values: Mapping[str, str]) -> dict[str, Any]:
    vrs = {_ACCESSION: "SH"}
    return {
        tag: {"vr": vrs.get(tag, "LO"), **({"Value": [value]} if value else {})}
        for tag, value in values.items()
    }
