"""The senders in the data folder: read at each request, renewed by the index."""

from pathlib import Path

import structlog

from app.kit.errors import Invalid
from app.store.files import make_folder, write_durably
from dicom_gateway.admission import SenderSnapshot

_log = structlog.get_logger(__name__)


class SnapshotFile:
    """The senders as last written to the data folder, by whichever process.

    Parameters
    ----------
    path
        Where the snapshot lies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version: tuple[int, int] | None = None
        self._snapshot: SenderSnapshot | None = None

    def read(self) -> SenderSnapshot | None:
        """Return the snapshot, or nothing when there never was one.

        A file that cannot be read leaves the one read before in force: it may be replaced at
        any moment, and modalities must get in meanwhile.
        """
        try:
            status = self._path.stat()
            version = (status.st_mtime_ns, status.st_ino)
            if version != self._version:
                self._snapshot = SenderSnapshot.read(self._path.read_bytes())
                self._version = version
        except FileNotFoundError:
            pass
        except (OSError, Invalid) as error:
            _log.error("snapshot_unreadable", reason=str(error))
        return self._snapshot

    def write(self, snapshot: SenderSnapshot) -> bool:
        """Replace the snapshot when another admits other peers; tell whether."""
        known = self.read()
        if known is not None and known.is_like(snapshot):
            return False
        make_folder(self._path.parent)
        write_durably(self._path, chunks=(snapshot.write(),))
        self.read()
        _log.info("snapshot_written", senders=len(snapshot.senders), passes=len(snapshot.passes))
        return True
