"""The files that came with a request, as leaves at the end of the pages; none stops a report."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.adapters.documents.charset import clean_line
from app.adapters.documents.headings import HEADINGS, Headings
from app.reports.domain.document import AttachedFile, ReportDocument

MOST_PAGES = 10
"""Of one attachment; a longer one is cut, and says so."""
_SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_PROGRAM = Path(__file__).with_name("drawing.py")
_PATIENCE_S = 30
_MODEST = {"RAYON_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}
"""Each thread and arena reserves memory: many cores would use up the limit before the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A sheet of an attachment.

    Attributes
    ----------
    picture
        Path below the folder of the pages, drawn by us; empty: nothing can be shown.
    note
        What is to be said instead.
    """

    title: str
    picture: str = ""
    note: str = ""


def lay_out_attachments(document: ReportDocument, *, folder: Path) -> list[Leaf]:
    """Draw the attachments into the folder, and list their sheets in order.

    What cannot be drawn is named, and the report goes on.
    """
    words = HEADINGS[document.language]
    leaves: list[Leaf] = []
    for number, attached in enumerate(document.attachments, start=1):
        own = folder / f"attachment-{number}"
        own.mkdir()
        leaves += _lay_out(attached, words=words, folder=own)
    return leaves


def _lay_out(attached: AttachedFile, *, words: Headings, folder: Path) -> list[Leaf]:
    title = f"{words.attachment} · {clean_line(attached.name)}"
    suffix = _SUFFIXES.get(attached.media_type)
    if attached.content is None or suffix is None:
        return [Leaf(title=title, note=words.not_shown)]
    file = folder / f"file{suffix}"
    file.write_bytes(attached.content)
    has_more = _draw(file, most=MOST_PAGES + 1 if suffix == ".pdf" else 1)
    drawn = [page for page in range(1, MOST_PAGES + 2) if (folder / f"{page}.png").exists()]
    if not drawn:
        return [Leaf(title=title, note=words.not_shown)]
    leaves = [Leaf(title=title, picture=f"{folder.name}/{page}.png") for page in drawn[:MOST_PAGES]]
    if has_more or len(drawn) > MOST_PAGES:
        leaves.append(Leaf(title=title, note=words.more_pages))
    return leaves


def _draw(file: Path, *, most: int) -> bool:
    """Draw the pages of a file beside it; tell whether there may be more than were drawn."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM), str(file), str(file.parent), str(most)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE_S,
            env={**os.environ, **_MODEST},
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0
