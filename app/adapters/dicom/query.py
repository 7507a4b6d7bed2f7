"""Asks an archive by C-FIND how many instances of a study it has."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from pydicom import Dataset
from pynetdicom.association import Association

from app.adapters.dicom.association import (
    NoAssociationError,
    Patience,
    open_association,
    propose,
)
from app.adapters.dicom.tls import ClientContexts
from app.delivery.domain.ports import Destination
from app.intake.domain.ports import Archive, Counted
from app.kit.clock import read_monotonic_s

_STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
_PENDING = frozenset({0xFF00, 0xFF01})
_SUCCESS = 0x0000
_MOST_ANSWERS = 20_000
"""No study has so many series or images that are worth a count."""
_LARGEST = 1_000_000
"""No study has so many instances either: what an archive says beyond is nonsense."""


class _QueryFailedError(Exception):
    """The archive answered with a failure, with nonsense, or not in time; says why."""


@dataclass(frozen=True, slots=True)
class PynetdicomCounter:
    """Asks on associations of pynetdicom, in a thread for each call.

    Attributes
    ----------
    ae_title
        How we call ourselves.
    longest_s
        How long all the answers of one archive may take.
    tls
        For archives that are called over TLS; without it they cannot be called.
    """

    ae_title: str
    longest_s: float = 15.0
    patience: Patience = field(
        default_factory=lambda: Patience(connect_s=4.0, acse_s=5.0, dimse_s=8.0, network_s=8.0)
    )
    tls: ClientContexts | None = None

    async def count(self, study_instance_uid: str, *, at: Archive) -> Counted:
        """Ask one archive for one study."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Counted] = loop.create_future()

        def tell(counted: Counted) -> None:
            if not answer.done():
                answer.set_result(counted)

        def work() -> None:
            counted = self._count(study_instance_uid, at=at)
            # The loop may be closed when nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(tell, counted)

        # Not in the loop's pool, which a few silent peers would fill.
        threading.Thread(target=work, name="dicom-query", daemon=True).start()
        return await answer

    def _count(self, study_instance_uid: str, *, at: Archive) -> Counted:
        contexts = [
            propose(_STUDY_ROOT_FIND, transfer_syntax=each)
            for each in (_EXPLICIT_LITTLE_ENDIAN, _IMPLICIT_LITTLE_ENDIAN)
        ]
        try:
            with open_association(
                Destination(at.ae_title, at.host, at.port, at.tls),
                calling_ae_title=self.ae_title,
                contexts=contexts,
                patience=self.patience,
                tls=self.tls,
            ) as association:
                until_s = read_monotonic_s() + self.longest_s
                return Counted(_Query(association, until_s=until_s).count(study_instance_uid))
        except NoAssociationError as error:
            return Counted(None, error.detail)
        except _QueryFailedError as error:
            return Counted(None, f"{at.ae_title}: {error}")
        except Exception as error:  # noqa: BLE001 - an edge: whatever an archive does costs its answer
            return Counted(None, f"{at.ae_title}: the query failed ({type(error).__name__})")


@dataclass(frozen=True, slots=True)
class _Query:
    """Queries on one association, until an instant of the monotonic clock."""

    association: Association
    until_s: float

    def count(self, study_instance_uid: str) -> int:
        """Count the instances of a study.

        PS3.4 §C.3.4 makes the numbers optional: an archive that does not give them is asked for
        the series, and one that does not give theirs for the images of each.
        """
        asked = {"StudyInstanceUID": study_instance_uid}
        found = list(self._find("STUDY", asked, wanted="NumberOfStudyRelatedInstances"))
        if not found:
            raise _QueryFailedError("it does not know the study")
        number = _read_number(found[0], "NumberOfStudyRelatedInstances")
        return number if number is not None else self._count_by_series(asked)

    def _count_by_series(self, asked: dict[str, str]) -> int:
        total = 0
        for series in list(self._find("SERIES", asked, wanted="NumberOfSeriesRelatedInstances")):
            number = _read_number(series, "NumberOfSeriesRelatedInstances")
            if number is None:
                one = {**asked, "SeriesInstanceUID": str(series.get("SeriesInstanceUID", ""))}
                images = self._find("IMAGE", one, wanted="SOPInstanceUID")
                number = len({str(image.get("SOPInstanceUID", "")) for image in images} - {""})
            total += number
        return total

    def _find(self, level: str, asked: dict[str, str], *, wanted: str) -> Iterator[Dataset]:
        """Find what matches at a level; what the archive sends for another study is dropped."""
        identifier = Dataset()
        identifier.QueryRetrieveLevel = level
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", wanted):
            if keyword != "SeriesInstanceUID" or level != "STUDY":
                setattr(identifier, keyword, asked.get(keyword, ""))
        for count, (status, match) in enumerate(
            self.association.send_c_find(identifier, _STUDY_ROOT_FIND)
        ):
            code = status.get("Status")
            if code == _SUCCESS:
                return
            if code not in _PENDING:
                shown = "nothing in time" if code is None else f"status 0x{code:04X}"
                raise _QueryFailedError(f"it answered {shown}")
            if count >= _MOST_ANSWERS or read_monotonic_s() > self.until_s:
                raise _QueryFailedError("its answers have no end")
            if match is not None and _is_about(match, asked):
                yield match


def _is_about(match: Dataset, asked: dict[str, str]) -> bool:
    # An archive that does not match by UID would give the studies of other patients.
    return all(str(match.get(keyword, uid)) == uid for keyword, uid in asked.items())


def _read_number(match: Dataset, keyword: str) -> int | None:
    try:
        number = int(match.get(keyword))
    except (TypeError, ValueError):
        return None
    return number if 0 < number <= _LARGEST else None
