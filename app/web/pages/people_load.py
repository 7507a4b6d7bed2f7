"""What the page of people needs, read for whoever may write of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.directory.domain import Permission, PermissionDenied, may
from app.directory.repository.organisations import list_societies
from app.directory.service.societies import load_society
from app.kit.interval import Interval
from app.planning.domain.authorisations import AuthorisedAs
from app.planning.domain.calendar import midnight_of
from app.planning.domain.roster.profile import Profile
from app.planning.models import Authorisation, WorkingTime
from app.planning.repository import (
    busy_sessions,
    incompatibilities,
    names,
    practices,
    reader_facts,
)
from app.planning.repository.busy_sessions import Told
from app.planning.repository.dated import map_rows
from app.planning.repository.dates import to_dates
from app.planning.repository.people import name_radiologists
from app.planning.repository.practices import Member
from app.planning.repository.profiles import map_profiles
from app.planning.service.oneself import beyond_oneself
from app.web.pages.door import Visit
from app.web.pages.people_view import (
    AuthorisationShown,
    OtherShown,
    PeoplePage,
    PersonShown,
    SourceShown,
    TimeShown,
)
from app.web.pages.people_words import STATUTES, write_percent, write_rules

_MOST_SOCIETIES, _MOST_PEOPLE = 500, 500
_YEAR, _DAY = timedelta(days=366), timedelta(days=1)
_FULL_TIME = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Which society's people, on which date."""

    society_id: int
    societies: Sequence[tuple[int, str]]
    on: date

    def address(self, *, anchor: str = "") -> str:
        """Give the address of the page."""
        return f"/planning/people?society={self.society_id}&on={self.on}{anchor}"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of people, by id.

    Parameters
    ----------
    pairs
        Incompatibilities, each with the other one.
    parted
        Others whose incompatibility may be deleted.
    today
        The date that is shown.
    """

    profiles: Mapping[str, Profile]
    times: Mapping[int, list[WorkingTime]]
    authorisations: Mapping[int, list[Authorisation]]
    pairs: Mapping[int, list[tuple[int, int]]]
    names: Mapping[int, str]
    sources: Mapping[int, list[SourceShown]]
    absences: Mapping[int, list[Interval]]
    wishes: Mapping[int, int]
    parted: frozenset[int]
    today: Interval


async def find_place(guest: Visit, society: int | None, on: date | None) -> Place:
    """Find the society that is wanted, or the first by name; and the date, or today.

    Raises
    ------
    PermissionDenied
        If who looks does not write of its people.
    SocietyUnknown
        If there is none.
    """
    scope = guest.work.scope(Permission.PEOPLE_WRITE)
    found = await list_societies(guest.session, scope=scope, limit=_MOST_SOCIETIES, after=None)
    named = sorted(((each.id, each.name) for each in found), key=lambda each: (each[1], each[0]))
    if society is None:
        if not named:
            raise PermissionDenied(Permission.PEOPLE_WRITE)
        society = named[0][0]
    elif society not in dict(named):
        await load_society(guest.session, society_id=society)
        raise PermissionDenied(Permission.PEOPLE_WRITE)
    return Place(society, named, on or guest.work.today)


async def load_people(guest: Visit, place: Place) -> PeoplePage:
    """Read the people of a society on a date."""
    members = await practices.list_members(
        guest.session, place.society_id, on=place.on, limit=_MOST_PEOPLE
    )
    facts = await _load_facts(guest, members, on=place.on)
    statutes = {*STATUTES, *await practices.list_statutes(guest.session)}
    return PeoplePage(
        society_id=place.society_id,
        societies=place.societies,
        on=place.on,
        people=[_show(guest, each, facts, on=place.on) for each in members],
        rules={
            statute: write_rules(profile, texts=guest.frame.texts)
            for statute, profile in sorted(facts.profiles.items())
        },
        statutes=sorted(statutes),
        sub_specialties=await practices.list_sub_specialties(guest.session),
        named=[
            f"{each.family_name} {each.given_name}"
            for each in await names.list_named(guest.session)
        ],
        may_follow=_may_follow(guest, place.society_id),
    )


def _may_follow(guest: Visit, society_id: int) -> bool:
    actor = beyond_oneself(guest.work.actor)
    return may(actor, Permission.SWAP_WRITE, society_id=society_id)


async def _load_facts(guest: Visit, members: Sequence[Member], *, on: date) -> _Facts:
    session = guest.session
    ids = {each.radiologist.id for each in members}
    since = midnight_of(on, zone=guest.frame.zone)
    year = Interval(since, since + _YEAR)
    pairs = await incompatibilities.map_others(session, ids)
    others = {other for own in pairs.values() for _, other in own}
    wishes = await reader_facts.map_wishes(session, ids, period=year)
    return _Facts(
        profiles=await map_profiles(session, {each.radiologist.statute for each in members}, on=on),
        times=await map_rows(session, WorkingTime, radiologist_ids=ids),
        authorisations=await map_rows(session, Authorisation, radiologist_ids=ids),
        pairs=pairs,
        names=await name_radiologists(session, ids | others),
        sources=_group_sources(await busy_sessions.list_told(session, ids, since=since)),
        absences=await reader_facts.map_absences(session, ids, period=year),
        wishes={radiologist: len(own) for radiologist, own in wishes.items()},
        parted=_find_parted(guest, ids=ids, others=others),
        today=Interval(since, midnight_of(on + _DAY, zone=guest.frame.zone)),
    )


def _find_parted(guest: Visit, *, ids: set[int], others: set[int]) -> frozenset[int]:
    """Find those whom who looks may let be on guard with these people again."""
    is_everybody = guest.work.scope(Permission.PEOPLE_WRITE).everything
    return frozenset(others if is_everybody else others & ids)


def _group_sources(told: Sequence[Told]) -> dict[int, list[SourceShown]]:
    found: defaultdict[int, list[SourceShown]] = defaultdict(list)
    for each in told:
        found[each.radiologist].append(
            SourceShown(
                source=each.source,
                people=1,
                sessions=each.sessions,
                following=each.following,
                imported_at=each.imported_at,
            )
        )
    return dict(found)


def _show(guest: Visit, member: Member, facts: _Facts, *, on: date) -> PersonShown:
    row, texts = member.radiologist, guest.frame.texts
    times = [
        _show_time(each, on=on, percent=write_percent(each.fte, texts=texts))
        for each in facts.times.get(row.id, ())
    ]
    whole = write_percent(_FULL_TIME, texts=texts)
    absences = facts.absences.get(row.id, ())
    return PersonShown(
        id=row.id,
        name=facts.names[row.id],
        rpps=row.rpps,
        is_disabled=row.disabled_at is not None,
        until=member.until,
        statute=row.statute,
        skills=row.sub_specialties,
        percent=next((each.percent for each in times if each.holds), whole),
        times=times,
        authorisations=[
            _show_authorisation(each, on=on) for each in facts.authorisations.get(row.id, ())
        ],
        others=[
            OtherShown(id=pair, name=facts.names[other], may_part=other in facts.parted)
            for pair, other in facts.pairs.get(row.id, ())
        ],
        sources=facts.sources.get(row.id, ()),
        is_absent=any(each.overlaps(facts.today) for each in absences),
        absences=len(absences),
        wishes=facts.wishes.get(row.id, 0),
    )


def _show_time(row: WorkingTime, *, on: date, percent: str) -> TimeShown:
    dates = to_dates(row.valid)
    return TimeShown(id=row.id, dates=dates, percent=percent, holds=dates.holds_on(on))


def _show_authorisation(row: Authorisation, *, on: date) -> AuthorisationShown:
    dates = to_dates(row.valid)
    return AuthorisationShown(
        id=row.id,
        dates=dates,
        kind=AuthorisedAs(row.kind),
        reference=row.reference,
        holds=dates.holds_on(on),
    )
