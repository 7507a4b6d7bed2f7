"""The identities of a study side by side: what differs is marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.web.pages.identity import read_date, read_person_name
from app.web.pages.texts import N_, Texts
from app.web.pages.words import name_sex
from app.worklist.views.case import Identity
from app.worklist.views.case_facts import IdentitySeen, StudyFacts

_LABELS = (
    N_("Name"),
    N_("Born"),
    N_("Sex"),
    N_("Patient ID"),
    N_("Issuer"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedField:
    """One attribute under each identity, in the order of the columns."""

    label: str
    values: tuple[str, ...]
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A study that came under several identities."""

    study: StudyFacts
    fields: tuple[ComparedField, ...]

    @property
    def columns(self) -> tuple[IdentitySeen, ...]:
        """The identities, the first that came first."""
        return self.study.identities


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsCompared:
    """The studies of a case, which came under several patients."""

    titles: tuple[str, ...]
    fields: tuple[ComparedField, ...]


def compare_identities(studies: Sequence[StudyFacts], *, texts: Texts) -> tuple[Comparison, ...]:
    """Compare the identities of each study that has several."""
    return tuple(
        Comparison(study=study, fields=_compare(study.identities, texts))
        for study in studies
        if len(study.identities) > 1
    )


def compare_patients(studies: Sequence[StudyFacts], *, texts: Texts) -> PatientsCompared | None:
    """Compare the patients of a case's studies, by the identities in force, if they differ."""
    of_studies = [
        (study, each) for study in studies for each in study.identities if each.is_in_force
    ]
    fields = _compare([each for _, each in of_studies], texts)
    if not any(field.differs for field in fields):
        return None
    titles = tuple(
        " ".join([*study.modalities, study.description]).strip() for study, _ in of_studies
    )
    return PatientsCompared(titles=titles, fields=fields)


def _compare(identities: Sequence[IdentitySeen], texts: Texts) -> tuple[ComparedField, ...]:
    raw = [_read_raw(each.identity) for each in identities]
    shown = [_write(each.identity, texts) for each in identities]
    return tuple(
        ComparedField(
            label=texts.gettext(label),
            values=tuple(column[at] or texts.gettext("not given") for column in shown),
            # As received: two spellings that look alike are still two.
            differs=len({column[at] for column in raw}) > 1,
        )
        for at, label in enumerate(_LABELS)
    )


def _read_raw(identity: Identity) -> tuple[str, ...]:
    return (
        identity.patient_name,
        identity.patient_birth_date,
        identity.patient_sex,
        identity.patient_id,
        identity.issuer_of_patient_id,
    )


def _write(identity: Identity, texts: Texts) -> tuple[str, ...]:
    return (
        read_person_name(identity.patient_name),
        read_date(identity.patient_birth_date, texts=texts),
        name_sex(identity.patient_sex, texts=texts),
        identity.patient_id,
        identity.issuer_of_patient_id,
    )
