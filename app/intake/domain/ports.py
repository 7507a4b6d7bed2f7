"""What intake needs from outside."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

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
