"""What the page of people shows: whatever rosters know of the members of a society, on a date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.kit.interval import Interval
from app.planning.domain.authorisations import AuthorisedAs
from app.planning.domain.dated import Dates
from app.planning.domain.files.faults import LineFault

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedShown:
    """What is dated; `holds`: on the date that is shown."""

    id: int
    dates: Dates
    holds: bool

    @property
    def last(self) -> date | None:
        """The last day on which it holds; open: none."""
        return None if self.dates.until is None else self.dates.until - _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeShown(DatedShown):
    """A part of a full time."""

    percent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationShown(DatedShown):
    """An authorisation."""

    kind: AuthorisedAs
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceShown:
    """What a source tells of one radiologist, or of all: sessions from the date on."""

    source: str
    people: int
    sessions: int
    following: datetime
    imported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherShown:
    """Somebody with whom a radiologist is never on guard; `may_part`: it may be taken back."""

    id: int
    name: str
    may_part: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonShown:
    """A radiologist as rosters know them.

    Parameters
    ----------
    until
        First date on which they are no member, if it is known.
    percent
        Which part of a full time they work on the date.
    others
        With whom they are never on guard.
    absences, wishes
        How many touch the year that begins with the date.
    """

    id: int
    name: str
    rpps: str
    is_disabled: bool
    until: date | None
    statute: str
    skills: Sequence[str]
    percent: str
    times: Sequence[TimeShown]
    authorisations: Sequence[AuthorisationShown]
    others: Sequence[OtherShown]
    sources: Sequence[SourceShown]
    is_absent: bool
    absences: int
    wishes: int

    @property
    def last(self) -> date | None:
        """The last day on which they are a member; open: none."""
        return None if self.until is None else self.until - _DAY

    @property
    def is_outside(self) -> bool:
        """Do they hold only what is opened to them?"""
        return bool(self.authorisations)

    @property
    def is_authorised(self) -> bool:
        """Does one of their authorisations hold on the date?"""
        return any(each.holds for each in self.authorisations)

    @property
    def sessions(self) -> int:
        """How many sessions elsewhere they have from the date on."""
        return sum(each.sessions for each in self.sources)

    @property
    def following(self) -> datetime | None:
        """When the next one begins."""
        return min((each.following for each in self.sources), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShown:
    """A session of a file as it was understood."""

    line: int
    name: str
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedShown:
    """A published seat that its holder would not hold beside a session."""

    segment: str
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyPreviewShown:
    """A file of sessions that somebody looks at before it is kept.

    Parameters
    ----------
    fields
        What is sent again, the file in base 64 among it.
    sessions, more
        The first ones, and how many there are beside them.
    replaced
        How many sessions of the same source would go.
    """

    filename: str
    source: str
    fields: Mapping[str, str]
    sessions: Sequence[SessionShown]
    more: int
    faults: Sequence[LineFault]
    replaced: int
    touched: Sequence[TouchedShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why something was not taken, said where it was typed.

    Parameters
    ----------
    person
        Of whom; absent: of all.
    form
        Which one: `time-7`, `session`.
    typed
        What was typed into it.
    """

    person: int | None
    form: str
    text: str
    typed: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """The people of one society on a date.

    Parameters
    ----------
    societies
        Those whose people one may write of: id and name.
    rules
        Of each statute that one of them has, on the date, written.
    named
        Names that can be typed.
    may_follow
        May who looks open the guards, absences and wishes of these people?
    """

    society_id: int
    societies: Sequence[tuple[int, str]]
    on: date
    people: Sequence[PersonShown]
    rules: Mapping[str, Sequence[str]]
    statutes: Sequence[str]
    sub_specialties: Sequence[str]
    named: Sequence[str]
    may_follow: bool
    preview: BusyPreviewShown | None = None
    refusal: Refusal | None = None

    @property
    def place(self) -> str:
        """What follows each address, so that the page stays this society's on this date."""
        return f"?society={self.society_id}&on={self.on}"

    @property
    def sources(self) -> list[SourceShown]:
        """What each source tells of all of them, by name."""
        told: dict[str, list[SourceShown]] = {}
        for person in self.people:
            for each in person.sources:
                told.setdefault(each.source, []).append(each)
        return [
            SourceShown(
                source=source,
                people=len(own),
                sessions=sum(each.sessions for each in own),
                following=min(each.following for each in own),
                imported_at=max(each.imported_at for each in own),
            )
            for source, own in sorted(told.items())
        ]

    def refused(self, form: str) -> str:
        """Say why what was typed into a form was not taken; empty if it was not that one."""
        return self.refusal.text if self.refusal and self.refusal.form == form else ""

    def typed(self, form: str, name: str, known: str = "") -> str:
        """Give what was typed into a field that was refused, else what is known."""
        if self.refusal is None or self.refusal.form != form:
            return known
        return self.refusal.typed.get(name, "")
