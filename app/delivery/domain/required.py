"""When a site has a report: in one form for each study and accession, and no form still on its way.

A node that refuses one form and takes another has the report. The refusal stays visible, but it
neither holds the case back nor sends anybody to the telephone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Progress(IntEnum):
    """How far a document has come; the larger, the better."""

    LOST = 0
    """It is on its way to no node: never planned, given up, or cancelled."""
    UNDER_WAY = 1
    ACCEPTED = 2
    """A node has accepted it once, whatever was asked for since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A document of the last version, and how far it came on its way to one node.

    Attributes
    ----------
    study_id, accession_number
        The pair that the document answers.
    form, page
        Each form is complete with all its pages.
    """

    study_id: int
    accession_number: str
    form: str
    page: int
    progress: Progress


class Standing(StrEnum):
    """How a report stands with its site."""

    DELIVERED = "delivered"
    """Every pair has a complete form, and nothing is on its way."""
    REACHED = "reached"
    """Every pair has a complete form; another one is still on its way."""
    UNDER_WAY = "under_way"
    """A pair has no complete form yet; for each such pair something is on its way."""
    STUCK = "stuck"
    """A pair has no complete form, and nothing is on its way: only a person can help."""


_WORST_FIRST = (Standing.STUCK, Standing.UNDER_WAY, Standing.REACHED, Standing.DELIVERED)
HAS_REPORT = frozenset({Standing.REACHED, Standing.DELIVERED})
"""Somebody at the site can read it: nobody needs to call."""

_Forms = Mapping[str, Mapping[int, Progress]]


def judge(postings: Iterable[Posting]) -> Standing:
    """Say how a report stands, by the pair that stands worst.

    Parameters
    ----------
    postings
        Of all documents of the last version, in its last issue; a document that goes to several
        nodes counts by the one that it came furthest with. Their order does not matter.

    Returns
    -------
    Standing
        `STUCK` when there is no document at all.
    """
    pairs: dict[tuple[int, str], dict[str, dict[int, Progress]]] = {}
    for each in postings:
        forms = pairs.setdefault((each.study_id, each.accession_number), {})
        pages = forms.setdefault(each.form, {})
        pages[each.page] = max(each.progress, pages.get(each.page, Progress.LOST))
    standings = {_judge_pair(forms) for forms in pairs.values()}
    return next((each for each in _WORST_FIRST if each in standings), Standing.STUCK)


def _judge_pair(forms: _Forms) -> Standing:
    has_one = any(min(pages.values()) is Progress.ACCEPTED for pages in forms.values())
    moves = any(Progress.UNDER_WAY in pages.values() for pages in forms.values())
    if has_one:
        return Standing.REACHED if moves else Standing.DELIVERED
    return Standing.UNDER_WAY if moves else Standing.STUCK
