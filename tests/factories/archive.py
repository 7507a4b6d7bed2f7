"""An archive that answers C-FIND about one study, by pynetdicom; wrong in the ways asked for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
)

from app.intake.domain.ports import Archive

Found = tuple[int, Dataset | None]


@dataclass
class FakeArchive:
    """What the archive has, and how it answers.

    Parameters
    ----------
    series
        SOP Instance UIDs by Series Instance UID.
    numbers
        The levels at which it gives the number of instances.
    status
        What it answers instead of anything else.
    endless
        It repeats its answer for ever.
    others
        It ignores what it is asked for, and gives studies of other patients first.
    delay_s
        How long it thinks.
    claims
        How many instances it says the study has, whatever it has.
    """

    study_instance_uid: str
    series: dict[str, list[str]]
    numbers: frozenset[str] = frozenset({"STUDY", "SERIES"})
    status: int | None = None
    endless: bool = False
    others: bool = False
    delay_s: float = 0
    claims: int | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, event: evt.Event) -> Iterator[Found]:
        """Answer a query."""
        identifier = event.identifier
        level = str(identifier.QueryRetrieveLevel)
        self.asked.append(level)
        time.sleep(self.delay_s)
        if self.status is not None:
            yield self.status, None
            return
        if self.others:
            yield 0xFF00, self._make(level, study="1.2.999", NumberOfStudyRelatedInstances=4711)
        while True:
            yield from self._match(identifier, level)
            if not self.endless:
                return

    def _match(self, identifier: Dataset, level: str) -> Iterator[Found]:
        if str(identifier.StudyInstanceUID) != self.study_instance_uid:
            return
        wanted = str(identifier.get("SeriesInstanceUID", ""))
        if level == "STUDY":
            number = self.claims or sum(len(each) for each in self.series.values())
            yield 0xFF00, self._make(level, NumberOfStudyRelatedInstances=number)
            return
        for uid, instances in self.series.items():
            if level == "SERIES":
                match = self._make(level, NumberOfSeriesRelatedInstances=len(instances))
                match.SeriesInstanceUID = uid
                yield 0xFF00, match
            elif uid == wanted:
                for instance in instances:
                    match = self._make(level)
                    match.SeriesInstanceUID, match.SOPInstanceUID = uid, instance
                    yield 0xFF00, match

    def _make(self, level: str, *, study: str = "", **numbers: int) -> Dataset:
        match = Dataset()
        match.QueryRetrieveLevel = level
        match.StudyInstanceUID = study or self.study_instance_uid
        for keyword, number in numbers.items():
            setattr(match, keyword, number if level in self.numbers else None)
        return match


@contextmanager
def serve_archive(archive: FakeArchive, *, rejects: bool = False) -> Iterator[Archive]:
    """Let the archive listen on loopback; give its address."""
    entity = AE("ARCHIVE")
    entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    entity.require_called_aet = rejects
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, archive.answer)]
    )
    assert server is not None
    try:
        yield Archive("OTHER" if rejects else "ARCHIVE", "127.0.0.1", server.server_address[1])
    finally:
        server.shutdown()
