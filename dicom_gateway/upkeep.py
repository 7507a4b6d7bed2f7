"""Upkeep of the spool and the store: compare them with the index, and give files back to it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Sessions
from app.intake.models import Instance
from app.kit.errors import Invalid
from app.store.files import digest, move_durably, read_chunks
from app.store.layout import Layout
from dicom_gateway.arrival import read_file_head
from dicom_gateway.segments.reading import survey
from dicom_gateway.spool import Spool

_PAGE = 1000


@dataclass(slots=True)
class Verification:
    """What a comparison of the files with the index found.

    Parameters
    ----------
    checked
        Rows whose file is there and unchanged.
    missing, damaged
        Rows whose file is gone, or has another digest.
    orphans
        Files of the store without a row.
    waiting
        Files, and records of segments, that the index has yet to take.
    damaged_segments
        Segments in which an acknowledged record is not what was written: an image that was lost.
    set_aside
        Files in quarantine, each with its reason: images that nobody sees.
    """

    checked: int = 0
    missing: list[UUID] = field(default_factory=list)
    damaged: list[UUID] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    waiting: int = 0
    damaged_segments: list[str] = field(default_factory=list)
    set_aside: dict[str, str] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Is every row's file there, every stored file's row, and nothing damaged or set aside?"""
        lost = self.missing or self.damaged or self.damaged_segments
        return not (lost or self.orphans or self.set_aside)


async def verify(sessions: Sessions, *, spool: Spool) -> Verification:
    """Read every file that the index knows, and look for files that it does not know."""
    layout = spool.layout
    segments = survey(layout.segments)
    found = Verification(
        waiting=segments.waiting + len(spool.list_waiting()),
        damaged_segments=list(segments.damaged),
        set_aside={path.name: reason for path, reason in spool.list_set_aside()},
    )
    # Listed first: a file comes into the store only after its row was committed.
    stored = sorted(layout.store.glob("*/*/*.dcm"))
    known: set[str] = set()
    async with sessions() as session:
        async for arrival_id, expected in _read_index(session):
            known.add(str(arrival_id))
            # What was given up is removed by retention, at its own time.
            if expected is not None:
                _verify_one(found, layout, arrival_id=arrival_id, expected=expected)
    found.orphans = [layout.relative(path) for path in stored if path.stem not in known]
    return found


async def _read_index(session: AsyncSession) -> AsyncIterator[tuple[UUID, bytes | None]]:
    """Read which files there must be, with their digests; without one, it was given up."""
    last = 0
    while True:
        page = await session.execute(
            select(Instance.id, Instance.arrival_id, Instance.digest, Instance.purged_at)
            .where(Instance.id > last)
            .order_by(Instance.id)
            .limit(_PAGE)
        )
        rows = page.all()
        for last, arrival_id, expected, purged_at in rows:  # noqa: B007 - `last` is where the next page begins
            yield arrival_id, expected if purged_at is None else None
        if len(rows) < _PAGE:
            return


def _verify_one(found: Verification, layout: Layout, *, arrival_id: UUID, expected: bytes) -> None:
    path = layout.find_arrival(arrival_id)
    if path is None:
        found.missing.append(arrival_id)
    elif _digest_of(path) != expected:
        found.damaged.append(arrival_id)
    else:
        found.checked += 1


def _digest_of(path: Path) -> bytes | None:
    try:
        return digest(read_chunks(path, offset=read_file_head(path).data_set_at))
    except (Invalid, OSError):
        return None


def replay(spool: Spool, *, orphans: Sequence[str] = ()) -> int:
    """Give the quarantine, and files of the store without a row, back to the index.

    Parameters
    ----------
    spool
        The spool.
    orphans
        Relative paths, as `verify` found them: for a database that was restored from a time
        before they were indexed.

    Returns
    -------
    int
        How many files wait for the index now that did not before.
    """
    layout = spool.layout
    moves = [(layout.data_dir / path, layout.incoming / Path(path).name) for path in orphans]
    move_durably(moves)
    return len(moves) + spool.take_back(path for path, _ in spool.list_set_aside())
