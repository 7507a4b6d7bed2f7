"""When a study counts as complete: a label with its reason, never a gate.

DICOM does not say when a study ends. The time since its last image is a guess, so it is only
shown; new images take the label away and set the time anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# Objects that describe images: they come at any time and say nothing about the acquisition.
_PAPER = frozenset({"SR", "PR", "KO", "DOC", "OT", "PLAN", "REG", "SEG", "AU"})


@dataclass(frozen=True, slots=True)
class Waits:
    """How long each modality may be silent within one study.

    Parameters
    ----------
    by_modality
        Positive; by Modality (PS3.3 §C.7.3.1.1.1).
    otherwise
        For any other modality, and for studies of paper objects only; none waits longer.
    """

    by_modality: Mapping[str, timedelta]
    otherwise: timedelta

    def choose(self, modalities: Iterable[str]) -> tuple[str, timedelta]:
        """Choose the slowest modality of a study and its wait; ties go to the first by name."""
        named = sorted(set(modalities) - _PAPER - {""})
        waits = [(self.by_modality.get(name, self.otherwise), name) for name in named]
        longest, name = max(waits, key=lambda wait: wait[0], default=(self.otherwise, ""))
        return name, min(longest, self.otherwise)


@dataclass(frozen=True, slots=True)
class Completeness:
    """When a study will count as complete, and why then."""

    due_at: datetime
    reason: str


def expect_completeness(
    modalities: Iterable[str], *, last_image_at: datetime, waits: Waits
) -> Completeness:
    """Tell when a study counts as complete if no further image comes.

    Parameters
    ----------
    modalities
        Of its series; may be empty.
    last_image_at
        Arrival of its last image, aware.
    waits
        How long each modality may be silent.

    Returns
    -------
    Completeness
        The due instant, and a reason such as `silent 60 s (CT)`.
    """
    modality, wait = waits.choose(modalities)
    shown = f" ({modality})" if modality else ""
    return Completeness(last_image_at + wait, f"silent {wait.total_seconds():g} s{shown}")
