"""How many instances a study will have, by those who said so: which of them is believed.

A number that is reached makes a study complete at once; one that is not reached is shown beside
what has arrived. Either is a label, never a gate, and what arrives refutes what was said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.intake.domain.completeness import Completeness


class Source(StrEnum):
    """Who says how many instances a study has; the first is believed most."""

    COMMITMENT = "commitment"
    """The list of a storage-commitment request: what the sender sent, by name."""
    MPPS = "mpps"
    """The modality, when its performed procedure step was over."""
    C_FIND = "c_find"
    """The sender's archive, when it was asked."""
    HOSPITAL = "hospital"
    """A person on the hospital's page."""
    REQUEST = "request"
    """The request, before the exam."""


_TRUST = {source: rank for rank, source in enumerate(Source)}
_WORDS = {
    Source.COMMITMENT: "storage commitment",
    Source.MPPS: "MPPS",
    Source.C_FIND: "C-FIND",
    Source.HOSPITAL: "the hospital",
    Source.REQUEST: "the request",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementHeard:
    """What the gateway heard from a sender; UIDs and counts only.

    Parameters
    ----------
    study_instance_uid
        Empty when only instances were named.
    step_uid
        Of the performed procedure step, or of the commitment's transaction.
    said_at
        Aware; by the clock of the gateway's host.
    instance_count
        Missing when nothing was said of it, as at the start of a step.
    sop_instance_uids
        Those named; empty when there were too many to keep.
    is_final
        Whether the step was over.
    """

    announcement_id: UUID
    sender_id: int
    source: Source
    study_instance_uid: str
    step_uid: str
    said_at: datetime
    instance_count: int | None = None
    sop_instance_uids: tuple[str, ...] = ()
    is_final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One announcement, as far as it is about one study."""

    source: Source
    step_uid: str
    said_at: datetime
    instance_count: int | None
    sop_instance_uids: frozenset[str] = frozenset()
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """All that one source says of one study.

    Parameters
    ----------
    count
        Positive.
    named
        The instances it named, as many as `count`; or none, when it gave a number only.
    """

    source: Source
    count: int
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What has arrived of a study, each UID once.

    Parameters
    ----------
    instances, images
        All of them, and those that are images.
    named, unnamed_images
        Those that a statement names, and the images that it does not.
    """

    instances: int
    images: int
    named: int = 0
    unnamed_images: int = 0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is believed: so many of so many."""

    source: Source
    arrived: int
    count: int

    @property
    def is_met(self) -> bool:
        """Has all that was announced arrived?"""
        return self.arrived >= self.count

    @property
    def words(self) -> str:
        """Say it, as the label of the study."""
        return f"{self.arrived} of {self.count} images announced by {_WORDS[self.source]}"


def cut_out(
    named: frozenset[str], *, study_id: int, places: Mapping[str, frozenset[int]]
) -> frozenset[str]:
    """Tell which instances of a list that names no study belong to one study.

    When all that has arrived of the list belongs to the study, so does the rest. When other
    studies have a part of it, nobody can say whose the rest is: then all must have arrived.

    Parameters
    ----------
    places
        By SOP Instance UID, the studies that have it; those that have not arrived are missing.
    """
    if all(places[uid] == {study_id} for uid in named & places.keys()):
        return named
    if named <= places.keys():
        return frozenset(uid for uid in named if study_id in places[uid])
    return frozenset()


def summarise(announcements: Iterable[Said]) -> tuple[Statement, ...]:
    """Put together what each source says of one study, in the order of trust.

    Lists add up: a sender may ask for commitment, or close a step, series by series. A step that
    is not over says nothing yet, and the modality nothing while one of its steps goes on. Of
    answers to C-FIND the last counts; of two at one instant, the larger.
    """
    by_source: dict[Source, list[Said]] = {}
    for each in announcements:
        by_source.setdefault(each.source, []).append(each)
    statements = []
    for source in sorted(by_source, key=_TRUST.__getitem__):
        said = by_source[source]
        if source is Source.MPPS:
            said = _closed_steps(said)
        if source is Source.C_FIND:
            said = [max(said, key=lambda each: (each.said_at, each.instance_count or 0))]
        statements.append(_add_up(source, said))
    return tuple(each for each in statements if each.count > 0)


def _closed_steps(said: Iterable[Said]) -> list[Said]:
    steps: dict[str, list[Said]] = {}
    for each in said:
        steps.setdefault(each.step_uid, []).append(each)
    final = [[each for each in step if each.is_final] for step in steps.values()]
    if not all(final):
        return []
    # Nothing may change a step that is over; what comes all the same counts by its last word.
    return [max(step, key=lambda each: each.said_at) for step in final]


def _add_up(source: Source, said: Iterable[Said]) -> Statement:
    lists = list(said)
    named = frozenset().union(*(each.sop_instance_uids for each in lists))
    if all(each.sop_instance_uids or not each.instance_count for each in lists):
        return Statement(source, len(named), named)
    return Statement(source, sum(each.instance_count or 0 for each in lists))


def believe(statements: Iterable[tuple[Statement, Tally]]) -> Expectation | None:
    """Choose the most trustworthy statement that what arrived does not refute.

    Parameters
    ----------
    statements
        Each with what has arrived; in any order, one of a source.

    Returns
    -------
    Expectation or None
        Nothing when nobody spoke, or all were refuted: images came that they did not count.
    """
    ordered = sorted(statements, key=lambda pair: _TRUST[pair[0].source])
    return next((found for pair in ordered if (found := _compare(*pair))), None)


def _compare(statement: Statement, tally: Tally) -> Expectation | None:
    if statement.named:
        if tally.unnamed_images:
            return None
        return Expectation(statement.source, tally.named, statement.count)
    if tally.images > statement.count:
        return None
    # People count images; machines count everything, paper included.
    by_people = statement.source in {Source.HOSPITAL, Source.REQUEST}
    arrived = tally.images if by_people else tally.instances
    return Expectation(statement.source, min(arrived, statement.count), statement.count)


def judge(
    silent: Completeness, *, expectation: Expectation | None, last_image_at: datetime
) -> Completeness:
    """Tell when a study counts as complete, and why then.

    Parameters
    ----------
    silent
        When it will have been silent long enough.
    last_image_at
        Arrival of its last image, aware.

    Returns
    -------
    Completeness
        Due at the last image when all that was announced has arrived.
    """
    if expectation is None:
        return silent
    due_at = last_image_at if expectation.is_met else silent.due_at
    return Completeness(due_at, expectation.words)
