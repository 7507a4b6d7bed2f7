"""Tables of what arrived by DICOM."""

from app.intake.models.associations import (
    Association,
    Commitment,
    CommitmentInstance,
)
from app.intake.models.found import (
    Announcement,
    IntakeRuleSet,
)
from app.intake.models.studies import (
    IdentityChoice,
    Instance,
    Patient,
    Series,
    Study,
    StudyAccession,
    StudyIdentity,
)

__all__ = [
    "Announcement",
    "Association",
    "Commitment",
    "CommitmentInstance",
    "IdentityChoice",
    "Instance",
    "IntakeRuleSet",
    "Patient",
    "Series",
    "Study",
    "StudyAccession",
    "StudyIdentity",
]
