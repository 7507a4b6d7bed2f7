"""Which studies are one patient's question: same site, same domain, same identity, close in time.

An exam of an emergency often arrives as several studies: the maps of a perfusion come from another
node, a polytrauma has an accession number for each region. They are read once. What is not certain
is never grouped: two cases too many are joined by a click, two patients in one are not noticed.
"""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientKey:
    """What is compared of an identity: unique within the domain that issued it only."""

    domain_id: int
    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    patient_birth_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A study, with what grouping needs to know of it; its instants are aware."""

    site_id: int
    patient: PatientKey
    first_image_at: datetime
    last_image_at: datetime
    is_identity_open: bool = False
    """Images of several identities came for it, and nobody has chosen yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that a study could join."""

    case_id: int
    site_id: int
    state: CaseState
    members: tuple[Member, ...]
    """The studies that it has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingRule:
    """How far apart studies of one patient may lie, and which identifiers say nothing.

    Parameters
    ----------
    within
        Between the last image of the case and the first of the study; not negative.
    dummies
        Patient IDs, in any case; the empty one never needs to be named.
    """

    within: timedelta
    dummies: frozenset[str]


def fold_identifier(text: str) -> str:
    """Write an identifier as it is compared: without case and the spaces around it."""
    return text.strip().casefold()


def fold_name(text: str) -> str:
    """Write a DICOM name as it is compared: no accent, no case, no empty component at its end."""
    plain = text
    # Folding decomposes anew, and what is decomposed folds anew: Unicode §3.13, D146.
    for _ in range(3):
        plain = unicodedata.normalize("NFKD", plain).casefold()
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    alphabetic = letters.split("=", maxsplit=1)[0]
    return "^".join(part.strip() for part in alphabetic.split("^")).rstrip("^")


def fold_patient(patient: PatientKey) -> PatientKey:
    """Write an identity as it is compared."""
    return PatientKey(
        domain_id=patient.domain_id,
        patient_id=fold_identifier(patient.patient_id),
        issuer_of_patient_id=fold_identifier(patient.issuer_of_patient_id),
        patient_name=fold_name(patient.patient_name),
        patient_birth_date=patient.patient_birth_date.strip(),
    )


def is_dummy(patient_id: str, *, dummies: Collection[str]) -> bool:
    """Tell whether an identifier names nobody: empty, only zeros, or one of the dummies."""
    folded = fold_identifier(patient_id)
    return not folded.strip("0") or folded in {fold_identifier(each) for each in dummies}


def names_somebody(patient: PatientKey, *, dummies: Collection[str]) -> bool:
    """Tell whether an identity is certain enough to be grouped by.

    Patient ID, name and birth date all stand there, and neither the identifier nor a part of the
    name is a dummy: two unknown patients of one crash may share all that a console puts in.
    """
    folded = fold_patient(patient)
    parts = [part for part in folded.patient_name.split("^") if part]
    return (
        bool(parts and folded.patient_birth_date)
        and not is_dummy(folded.patient_id, dummies=dummies)
        and not any(is_dummy(part, dummies=dummies) for part in parts)
    )


def is_same_patient(patients: Iterable[PatientKey]) -> bool:
    """Tell whether all identities are the same, as they are compared; true of none at all."""
    return len({fold_patient(each) for each in patients}) <= 1


def find_gap(study: Member, others: Collection[Member]) -> timedelta:
    """Measure the time between a study and some others; zero when they overlap in time."""
    first = min(each.first_image_at for each in others)
    last = max(each.last_image_at for each in others)
    return max(timedelta(0), study.first_image_at - last, first - study.last_image_at)


def find_group(study: Member, *, cases: Iterable[Candidate], rule: GroupingRule) -> int | None:
    """Find the case that a study belongs to.

    Parameters
    ----------
    study
        One that has no case yet and that no request named.
    cases
        In any order; what does not fit is passed over.
    rule
        In force at the site.

    Returns
    -------
    int or None
        The case whose images are nearest in time, of two the older one (the smaller id); nothing
        when the study opens its own.
    """
    if study.is_identity_open or not names_somebody(study.patient, dummies=rule.dummies):
        return None
    fitting = [each for each in cases if _fits(study, each, rule=rule)]
    nearest = min(
        fitting, key=lambda each: (find_gap(study, each.members), each.case_id), default=None
    )
    return None if nearest is None else nearest.case_id


def _fits(study: Member, case: Candidate, *, rule: GroupingRule) -> bool:
    return (
        case.site_id == study.site_id
        and case.state in OPEN_FOR_DISPATCH
        and bool(case.members)
        and not any(each.is_identity_open for each in case.members)
        and all(each.site_id == study.site_id for each in case.members)
        and is_same_patient([study.patient, *(each.patient for each in case.members)])
        and find_gap(study, case.members) <= rule.within
    )
