"""Rules of a report's versions: what may be saved, signed and added."""

from datetime import UTC, datetime
from enum import StrEnum

from app.kit.errors import Conflict, Invalid
from app.reports.domain.document import Chapters

LONGEST_CHAPTER = 50_000
"""Characters."""
LONGEST_LINE = 500


class Means(StrEnum):
    """How a preliminary result was told."""

    TELEPHONE = "telephone"
    PAGE = "page"
    IN_PERSON = "in_person"


class DraftChanged(Conflict):
    """Somebody else saved the draft after this editor read it; nothing was overwritten.

    Parameters
    ----------
    draft_number
        The one that stands now.
    by
        Name of who saved it.
    at
        Aware.
    """

    def __init__(self, *, draft_number: int, by: str, at: datetime) -> None:
        super().__init__(
            f"this report was saved by {by} at {at.astimezone(UTC):%H:%M:%S} UTC after you opened "
            "it: your text was not saved and theirs still stands; read it, then save yours again"
        )
        self.draft_number = draft_number
        self.by = by
        self.at = at


class ImagesNotSeen(Conflict):
    """Images arrived that the signer was not shown."""

    def __init__(self, *, shown: int, count: int) -> None:
        super().__init__(
            f"the case has {count} images, but you were shown {shown}: look at the new ones first"
        )
        self.shown = shown
        self.count = count


class NotTheReader(Conflict):
    """The case is not read by this radiologist now."""


class AlreadyWithdrawn(Conflict):
    """The report was withdrawn: nothing is added to it."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"version {version} withdrew this report: nothing is added to it; write a new report"
        )
        self.version = version


def check_chapters(chapters: Chapters) -> None:
    """Refuse text that cannot be kept.

    Raises
    ------
    Invalid
        If a chapter is too long, or holds a character that no text has (NUL, half a surrogate).
    """
    for name in ("indication", "technique", "dose", "findings", "conclusion"):
        _check_text(getattr(chapters, name), name=name, longest=LONGEST_CHAPTER)


def check_signable(chapters: Chapters) -> None:
    """Refuse to sign a report that says nothing.

    Raises
    ------
    Invalid
        If the conclusion is empty.
    """
    if not chapters.conclusion.strip():
        raise Invalid("a report is signed with a conclusion: write one")


def check_line(text: str, *, name: str) -> None:
    """Refuse an empty or too long line of text.

    Raises
    ------
    Invalid
        Naming what it is about.
    """
    if not text.strip():
        raise Invalid(f"{name} is missing")
    _check_text(text, name=name, longest=LONGEST_LINE)


def _check_text(text: str, *, name: str, longest: int) -> None:
    if len(text) > longest:
        raise Invalid(f"{name} has {len(text)} characters, but at most {longest} are kept")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Invalid(f"{name} holds a character that is no text")
