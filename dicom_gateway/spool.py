"""The spool: acknowledged arrivals on their way to the index."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from app.kit.clock import read_host_clock, read_monotonic_s
from app.kit.errors import Unavailable
from app.store.files import make_folder, move_durably, sweep_parts, write_durably
from app.store.layout import Layout
from app.store.room import measure_free_bytes, require_room

_log = structlog.get_logger(__name__)
_REASON_SUFFIX = ".reason.json"
_LONGEST_LINE_BYTES = 1 << 20
_OLD_REMAINDER = timedelta(hours=1)
_PLENTY_BYTES = 1 << 30
_LOOK_S = 0.25
"""Where there is plenty above the floor, it is measured so often, and not for each image."""
_FLOOR = 8
"""What part of the reserve a study under way never touches."""


class Spool:
    """Keeps arrivals in the data folder, and lists those that no index knows yet.

    Parameters
    ----------
    layout
        The data folder.
    reserve_bytes
        Free bytes that arrivals never use.
    """

    def __init__(self, layout: Layout, *, reserve_bytes: int) -> None:
        self.layout = layout
        # Asked for at each arrival: made once.
        self.incoming = layout.incoming
        self._reserve_bytes = reserve_bytes
        self._has_plenty = False
        self._look_at_s = 0.0

    def prepare(self) -> None:
        """Create the folders, and remove what writes left that a crash interrupted."""
        layout = self.layout
        for folder in (layout.incoming, layout.journal, layout.quarantine, layout.store):
            make_folder(folder)
        # Nothing of a remainder was acknowledged; a young one may be another process's write.
        before = read_host_clock() - _OLD_REMAINDER
        swept = sweep_parts(layout.incoming, before_s=before.timestamp())
        if swept:
            _log.info("remainders_swept", count=len(swept))

    def require_reserve(self) -> None:
        """Refuse a new association when what is left is the reserve.

        Raises
        ------
        NoRoom
            If the reserve is touched already.
        """
        require_room(self.incoming, size_bytes=0, reserve_bytes=self._reserve_bytes)

    def require_floor(self, size_bytes: int) -> None:
        """Refuse bytes of a study under way only when the database would soon stand still.

        The reserve is there for what has begun; an eighth of it is not.

        Raises
        ------
        NoRoom
            If these bytes would touch that eighth.
        """
        floor = self._reserve_bytes // _FLOOR
        now_s = read_monotonic_s()
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + _LOOK_S
            self._has_plenty = measure_free_bytes(self.incoming) - floor > _PLENTY_BYTES
        if not self._has_plenty or size_bytes > _LONGEST_LINE_BYTES:
            require_room(self.incoming, size_bytes=size_bytes, reserve_bytes=floor)

    def require_room_for_journal(self) -> None:
        """Refuse what a sender announces when images will soon need the room.

        Raises
        ------
        NoRoom
            If a long line would touch the reserve.
        """
        require_room(
            self.incoming, size_bytes=_LONGEST_LINE_BYTES, reserve_bytes=self._reserve_bytes
        )

    def list_waiting(self) -> list[Path]:
        """List the arrivals that wait for the index, oldest first."""
        # The names are UUIDs of version 7: their order is the order of arrival.
        return sorted(self.incoming.glob("*.dcm"))

    def set_aside(self, path: Path, *, reason: str, at: datetime) -> None:
        """Move an arrival that cannot be indexed to the quarantine, with its reason beside it.

        Parameters
        ----------
        path
            A file of `incoming`.
        reason
            For an operator, free of patient data.
        at
            When it was set aside, aware.
        """
        note = json.dumps({"reason": reason, "at": at.isoformat()}).encode()
        try:
            write_durably(self._reason_path(path), chunks=(note,))
        except Unavailable as error:
            # A full disk: the move takes no room, and others wait behind this file.
            _log.error("reason_not_kept", file=path.name, reason=error.message)
        move_durably([(path, self.layout.quarantine / path.name)])
        _log.error("arrival_set_aside", file=path.name, reason=reason)

    def list_set_aside(self) -> list[tuple[Path, str]]:
        """List the quarantine: each file with its reason, oldest first."""
        return [
            (path, _read_reason(self._reason_path(path)))
            for path in sorted(self.layout.quarantine.glob("*.dcm"))
        ]

    def take_back(self, paths: Iterable[Path]) -> int:
        """Move files from the quarantine to `incoming`, to be indexed again; return how many."""
        moves = [(path, self.incoming / path.name) for path in paths]
        move_durably(moves)
        for path, _ in moves:
            self._reason_path(path).unlink(missing_ok=True)
        return len(moves)

    def _reason_path(self, path: Path) -> Path:
        return self.layout.quarantine / (path.name + _REASON_SUFFIX)


def _read_reason(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return "no reason was kept"
