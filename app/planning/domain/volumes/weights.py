"""What an exam weighs, by modality and region of the body: a dated table of whole thousandths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

ONE_EXAM = 1000
"""The weight, in thousandths, of an exam that no row speaks of."""


@dataclass(frozen=True, slots=True)
class ExamWeight:
    """A row of the table, valid until the next one of the same modality and region begins.

    Parameters
    ----------
    modality
        `CT`, `MR`, ... (PS3.3 C.7.3.1.1.1).
    region
        As BodyPartExamined has it; `None`: all regions that have no row of their own.
    weight
        In thousandths of an exam, at least 0.

    Raises
    ------
    ValueError
        If there is no modality, or the weight is negative.
    """

    modality: str
    region: str | None
    weight: int
    valid_from: date

    def __post_init__(self) -> None:
        """Refuse what weighs nothing that could be counted, and read codes in one spelling."""
        object.__setattr__(self, "modality", read_code(self.modality))
        object.__setattr__(self, "region", read_code(self.region or "") or None)
        if not self.modality:
            msg = "a weight needs a modality such as CT"
            raise ValueError(msg)
        if self.weight < 0:
            msg = f"the weight of {self.modality} {self.region or ''} is negative: {self.weight}"
            raise ValueError(msg)


def read_code(text: str) -> str:
    """Read a code as DICOM writes it: capitals, no space around it (PS3.5, VR CS)."""
    return text.strip().upper()


@dataclass(frozen=True, slots=True)
class WeightTable:
    """The rows, in any order.

    Raises
    ------
    ValueError
        If two rows of one modality and region begin on one date.
    """

    rows: Sequence[ExamWeight] = ()

    def __post_init__(self) -> None:
        """Refuse rows of which nobody could say which is right."""
        seen: set[tuple[str, str | None, date]] = set()
        for row in self.rows:
            key = (row.modality, row.region, row.valid_from)
            if key in seen:
                msg = (
                    f"{row.modality} {row.region or 'of any region'} has two weights "
                    f"from {row.valid_from}"
                )
                raise ValueError(msg)
            seen.add(key)

    def weigh(self, modalities: Iterable[str], *, regions: Iterable[str], on: date) -> int:
        """Weigh an exam.

        Parameters
        ----------
        modalities, regions
            Of its series, in any spelling and order.
        on
            The date on which it was received.

        Returns
        -------
        int
            In thousandths of an exam: the greatest of its modalities and regions that the table
            speaks of, so that an exam of several series still counts once; a row of the region
            goes before one of all regions; 1000 when no row speaks of it.
        """
        parts = {read_code(region) or None for region in regions} or {None}
        found = [
            weight
            for modality in {read_code(each) for each in modalities}
            for region in parts
            if (weight := self._find(modality, region, on=on)) is not None
        ]
        return max(found, default=ONE_EXAM)

    def _find(self, modality: str, region: str | None, *, on: date) -> int | None:
        standing = [
            row
            for row in self.rows
            if row.modality == modality and row.region in {region, None} and row.valid_from <= on
        ]
        last = max(standing, key=lambda row: (row.region is not None, row.valid_from), default=None)
        return None if last is None else last.weight
