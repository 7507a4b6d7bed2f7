"""The files that came with a request, as leaves at the end of the pages; none stops a report."""

from dataclasses import dataclass
from pathlib import Path

import typst

from app.adapters.documents.charset import clean_line
from app.adapters.documents.headings import HEADINGS, Headings
from app.reports.domain.document import AttachedFile, ReportDocument

MOST_PAGES = 10
"""Of one attachment; a longer one is cut, and says so."""
_SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_PROBE_INCH = 8
_PANIC = "PanicException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A sheet of an attachment.

    Attributes
    ----------
    file
        Name in the folder of the pages, drawn by us; empty: nothing can be shown.
    page
        Of a PDF, from 1.
    note
        What is to be said instead.
    """

    title: str
    file: str = ""
    page: int = 1
    note: str = ""


def lay_out_attachments(document: ReportDocument, *, folder: Path) -> list[Leaf]:
    """Write the attachments that can be shown into the folder, and list their sheets in order.

    Each page is tried alone first: what cannot be drawn is named, and the report goes on.
    """
    words = HEADINGS[document.language]
    leaves: list[Leaf] = []
    for number, attached in enumerate(document.attachments, start=1):
        file = f"attachment-{number}{_SUFFIXES.get(attached.media_type, '')}"
        leaves += _lay_out(attached, words=words, file=file, folder=folder)
    return leaves


def _lay_out(attached: AttachedFile, *, words: Headings, file: str, folder: Path) -> list[Leaf]:
    title = f"{words.attachment} · {clean_line(attached.name)}"
    if attached.content is None or attached.media_type not in _SUFFIXES:
        return [Leaf(title=title, note=words.not_shown)]
    (folder / file).write_bytes(attached.content)
    is_pdf = attached.media_type == "application/pdf"
    shown = _count_pages(folder, file, most=MOST_PAGES + 1 if is_pdf else 1)
    if shown == 0:
        return [Leaf(title=title, note=words.not_shown)]
    pages = range(1, min(shown, MOST_PAGES) + 1)
    leaves = [Leaf(title=title, file=file, page=page) for page in pages]
    if shown > MOST_PAGES:
        leaves.append(Leaf(title=title, note=words.more_pages))
    return leaves


def _count_pages(folder: Path, file: str, *, most: int) -> int:
    """Count how many pages of a file can be drawn, from the first to one that cannot."""
    for page in range(1, most + 1):
        if not _can_draw(folder, file, page=page):
            return page - 1
    return most


def _can_draw(folder: Path, file: str, *, page: int) -> bool:
    options = f", page: {page}" if file.endswith(".pdf") else ""
    source = f'#set page(width: 60mm, height: 80mm)\n#image("{file}"{options})'
    try:
        compiler = typst.Compiler(source.encode(), root=folder, ignore_system_fonts=True)
        compiler.compile(format="png", ppi=_PROBE_INCH)
    except typst.TypstError:
        return False
    except BaseException as error:
        # A foreign file can make the reader of PDFs panic, which PyO3 raises as no Exception.
        if type(error).__name__ != _PANIC:
            raise
        return False
    return True
