"""What a study is to the volumes: an exam, the same exam sent again, a prior, a test."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.planning.domain.volumes.counting import Kind, Received


@dataclass(frozen=True, slots=True)
class ArrivedStudy:
    """A study as it arrived.

    Parameters
    ----------
    intake_class
        `case`, `prior` or `test`.
    case_id
        `None`: in no case, because the one it was in was voided.
    accession_number, taken
        Order and instant of the exam, as its modality wrote them.
    came_again
        Whether images of it came again with other content.
    """

    site: int
    at: datetime
    intake_class: str
    case_id: int | None
    modalities: tuple[str, ...]
    regions: tuple[str, ...]
    accession_number: str
    taken: str
    came_again: bool


_APART = {"prior": Kind.PRIOR, "test": Kind.TEST}


def read_studies(studies: Iterable[ArrivedStudy]) -> Iterator[Received]:
    """Say what each study is, in the order of arrival.

    An exam is a study of a case that was not voided. A later study of the same case with the same
    order, the same instant of acquisition and the same modalities is the same exam under another
    UID: it was sent again. Images that came again inside a study are one more of these, and their
    exam counts once.
    """
    seen: set[tuple[int, str, str, tuple[str, ...]]] = set()
    for each in sorted(studies, key=lambda study: study.at):
        kind = _APART.get(each.intake_class)
        if kind is None:
            if each.case_id is None:
                continue
            exam = (each.case_id, each.accession_number, each.taken, tuple(sorted(each.modalities)))
            is_known = exam in seen and bool(each.accession_number and each.taken)
            seen.add(exam)
            kind = Kind.RESEND if is_known else Kind.EXAM
        yield _receive(each, kind)
        if kind is Kind.EXAM and each.came_again:
            yield _receive(each, Kind.RESEND)


def _receive(each: ArrivedStudy, kind: Kind) -> Received:
    return Received(kind, each.at, each.site, each.modalities, each.regions)
