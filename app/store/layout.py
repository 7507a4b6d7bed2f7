"""Where each file of the data folder lies.

A path is made from an identifier of ours only. No UID, name or other text that a peer sent is ever
part of one, so that nothing a peer sends can point outside the folder.
"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

_MILLISECONDS_OF_VERSION_7 = 80
_MINUTE_MS = 60_000
_SHARDS = 0x10000


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files below one data folder.

    Parameters
    ----------
    data_dir
        The data folder; it need not exist yet.
    """

    data_dir: Path

    @property
    def incoming(self) -> Path:
        """Acknowledged arrivals that no index knows yet."""
        return self.data_dir / "spool" / "incoming"

    @property
    def open_associations(self) -> Path:
        """What is open on each host, one file for each process of the gateway."""
        return self.data_dir / "spool" / "open"

    @property
    def running(self) -> Path:
        """The gateways that run, one file each."""
        return self.data_dir / "spool" / "running"

    @property
    def counts(self) -> Path:
        """What each process of the gateway counts."""
        return self.data_dir / "spool" / "counts"

    @property
    def segments(self) -> Path:
        """Acknowledged small arrivals that have no file of their own yet."""
        return self.data_dir / "spool" / "segments"

    @property
    def journal(self) -> Path:
        """Associations and refusals, one line each."""
        return self.data_dir / "spool" / "journal"

    @property
    def quarantine(self) -> Path:
        """Arrivals that could not be indexed, each with its reason beside it."""
        return self.data_dir / "spool" / "quarantine"

    @property
    def store(self) -> Path:
        """Indexed arrivals, for good."""
        return self.data_dir / "store"

    @property
    def outgoing(self) -> Path:
        """Images with other identifiers, each only while it is sent."""
        return self.data_dir / "outgoing"

    @property
    def documents(self) -> Path:
        """Rendered documents of reports."""
        return self.data_dir / "documents"

    @property
    def attachments(self) -> Path:
        """Files that came with requests."""
        return self.data_dir / "attachments"

    @property
    def on_call(self) -> Path:
        """On-call sheets, for when we are down."""
        return self.data_dir / "on_call"

    @property
    def admission(self) -> Path:
        """The senders that may open associations, as last seen in the directory."""
        return self.data_dir / "admission.json"

    def incoming_path(self, arrival_id: UUID) -> Path:
        """Return where an arrival waits for the index."""
        return self.incoming / f"{arrival_id}.dcm"

    def stored_path(self, arrival_id: UUID) -> Path:
        """Return where an arrival lies once it is indexed."""
        return self.store / _shard(arrival_id) / f"{arrival_id}.dcm"

    def document_path(self, document_id: UUID, *, suffix: str) -> Path:
        """Return where a rendered document lies; `suffix` is ours, such as `.pdf`."""
        return self.documents / _shard(document_id) / f"{document_id}{suffix}"

    def attachment_path(self, attachment_id: UUID, *, suffix: str) -> Path:
        """Return where a file that came with a request lies; `suffix` is ours."""
        return self.attachments / _shard(attachment_id) / f"{attachment_id}{suffix}"

    def sheet_path(self, sheet_id: UUID) -> Path:
        """Return where an on-call sheet lies; their names are in the order of their making."""
        return self.on_call / f"{sheet_id}.pdf"

    def find_arrival(self, arrival_id: UUID) -> Path | None:
        """Look for an arrival at both places: the index moves it after its row is committed."""
        stored, incoming = self.stored_path(arrival_id), self.incoming_path(arrival_id)
        # The store is looked at again: the file may move between the first two looks.
        return next((path for path in (stored, incoming, stored) if path.exists()), None)

    def relative(self, path: Path) -> str:
        """Write a path as the index keeps it: relative to the data folder, with slashes."""
        return path.relative_to(self.data_dir).as_posix()


def _shard(drawn_id: UUID) -> str:
    # The minute of the draw: the images of one study lie in one or two folders, so that a batch
    # costs one or two directory syncs; a folder is used again after 45 days.
    minute = (drawn_id.int >> _MILLISECONDS_OF_VERSION_7) // _MINUTE_MS % _SHARDS
    return f"{minute >> 8:02x}/{minute & 0xFF:02x}"
