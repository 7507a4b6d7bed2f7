"""What intake needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from app.intake.domain.commitment import CommitmentReport

Pair: TypeAlias = tuple[Path, Path]


class ImageComparer(Protocol):
    """Tells whether two DICOM files show the same."""

    async def are_same(self, pairs: Sequence[Pair]) -> list[bool]:
        """Tell of each pair whether both files show the same, whoever they say it is of.

        Images are the same when their pixels are, however they are compressed; a lossy copy is the
        same within a small tolerance. What has no pixels, or none that can be decoded, is the same
        when its data sets are, identity and encoding apart. In doubt the answer is no: then a
        person sees both.

        Files are untrusted: no content ends the process of the caller, or keeps it waiting for
        more than some tens of seconds for each pair.
        """
        ...


@dataclass(frozen=True, slots=True)
class Archive:
    """A DICOM node that answers queries about the studies it sends.

    Parameters
    ----------
    ae_title
        1 to 16 characters, called by us.
    host
        Name or address.
    port
        1 to 65535.
    tls
        Does it listen with TLS?
    """

    ae_title: str
    host: str
    port: int
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What an archive answered, or why it did not.

    Parameters
    ----------
    instance_count
        How many instances of the study it has; missing when that is not known.
    detail
        For a person, when it is not known; free of patient data.
    """

    instance_count: int | None
    detail: str = ""


class StudyCounter(Protocol):
    """Asks archives how many instances a study has."""

    async def count(self, study_instance_uid: str, *, at: Archive) -> Counted:
        """Ask one archive for one study.

        Never raises for what the peer or the network does, and takes half a minute at most.
        """
        ...


@dataclass(frozen=True, slots=True)
class Asker:
    """The node that asked whether we keep its images.

    Parameters
    ----------
    ae_title
        1 to 16 characters: by which it asked.
    host
        Name or address.
    port
        1 to 65535.
    tls
        Does it listen with TLS?
    """

    ae_title: str
    host: str
    port: int
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report.

    Parameters
    ----------
    is_taken
        The node has answered that it took it.
    detail
        For a person, when it has not; free of patient data.
    """

    is_taken: bool
    detail: str = ""


class CommitmentReporter(Protocol):
    """Tells nodes what we keep of their images."""

    async def report(self, report: CommitmentReport, *, to: Asker) -> Reported:
        """Tell one node, on an association of its own.

        Never raises for what the peer or the network does, and takes four minutes at most.
        """
        ...
