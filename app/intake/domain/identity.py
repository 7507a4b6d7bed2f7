"""Whose images these are: when two identities are one person's, and when a person must decide.

| between two identities                       | is                                        |
|----------------------------------------------|-------------------------------------------|
| Patient ID or its issuer differ              | a conflict, an empty one against one too  |
| birth dates differ, both filled              | a conflict                                |
| birth date or sex empty in one               | a completion: no conflict                 |
| sexes differ, both filled                    | a conflict                                |
| names differ in blanks, case or `^` padding  | the same name                             |
| names differ in anything else                | a conflict, an empty one against one too  |
"""

from collections.abc import Iterable

from app.directory.domain.site_rules import fold
from app.intake.domain.attributes import PatientIdentity


def agree(one: PatientIdentity, other: PatientIdentity) -> bool:
    """Tell whether two identities, both as received in one domain, can be one person's.

    Symmetric, but not transitive: each of two birth dates completes an identity without one.

    References
    ----------
    PS3.5 §6.2 (blanks at both ends), §6.2.1.2 (a name's components; those empty at the end may be
    left out).
    """
    return (
        _is_same_key(one, other)
        and _normalise_name(one.patient_name) == _normalise_name(other.patient_name)
        and _completes(one.patient_birth_date, other.patient_birth_date)
        and _completes(one.patient_sex.casefold(), other.patient_sex.casefold())
    )


def _is_same_key(one: PatientIdentity, other: PatientIdentity) -> bool:
    return (one.patient_id.strip(), one.issuer_of_patient_id.strip()) == (
        other.patient_id.strip(),
        other.issuer_of_patient_id.strip(),
    )


def _completes(one: str, other: str) -> bool:
    first, second = one.strip(), other.strip()
    return not first or not second or first == second


def _normalise_name(name: str) -> tuple[tuple[str, ...], ...]:
    groups = [_normalise_group(group) for group in name.split("=")]
    while groups and not groups[-1]:
        groups.pop()
    return tuple(groups)


def _normalise_group(group: str) -> tuple[str, ...]:
    components = [" ".join(each.split()).casefold() for each in group.split("^")]
    while components and not components[-1]:
        components.pop()
    return tuple(components)


def opens_identity(
    new: PatientIdentity, *, in_force: PatientIdentity, known: Iterable[PatientIdentity]
) -> bool:
    """Tell whether an identity that a study did not have must be settled by a person.

    Parameters
    ----------
    new
        Of an image that has just come.
    in_force
        The study's: of its first image, or the one that was chosen.
    known
        All that the study had before, the one in force included. Those that do not agree with it
        were rejected, or wait for the choice already: to hear them again is no news.
    """
    accepted: list[PatientIdentity] = []
    rejected: list[PatientIdentity] = []
    for each in known:
        (accepted if agree(each, in_force) else rejected).append(each)
    if agree(new, in_force) and all(agree(new, each) for each in accepted):
        return False
    return not any(agree(new, each) for each in rejected)


def is_dummy(patient_id: str, *, dummies: Iterable[str]) -> bool:
    """Tell whether a Patient ID says nothing, so that nothing may be grouped by it.

    Parameters
    ----------
    patient_id
        As received; an empty one always says nothing.
    dummies
        The setting `dummy_patient_ids`; case, accents and blanks around are ignored.
    """
    text = fold(patient_id)
    return not text or text in {fold(each) for each in dummies}
