"""Statutes: the rules of work that rosters keep and the judge asks for, dated."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from app.directory.domain import Permission
from app.planning.domain.roster.profile import LIBERAL, SOFT, Profile, Rule
from app.planning.repository import profiles as repository
from app.planning.repository.profiles import write_rules
from app.planning.service import profiles
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.schemas import Body, View

router = APIRouter(prefix="/statute-profiles", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]
Statute = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_-]*$")]

_USUAL = write_rules(LIBERAL)
_LONGEST = 366 * 24 * 60
Minutes = Annotated[int, Field(ge=0, le=_LONGEST)]
Count = Annotated[int, Field(ge=0, le=400)]


class RulesBody(Body):
    """The rules of a statute; durations in minutes. What is left out is everybody's."""

    rest: Minutes = Field(default=_USUAL["rest"])
    longest_duty: Minutes = Field(default=_USUAL["longest_duty"])
    long_duty: Minutes = Field(default=_USUAL["long_duty"])
    rest_after_long: Minutes = Field(default=_USUAL["rest_after_long"])
    most_hours: Minutes = Field(default=_USUAL["most_hours"])
    over_weeks: Annotated[int, Field(ge=1, le=53)] = Field(default=_USUAL["over_weeks"])
    most_hours_in_7_days: Minutes | None = None
    most_consecutive_nights: Count | None = Field(default=_USUAL["most_consecutive_nights"])
    most_nights_in_28_days: Count | None = Field(default=_USUAL["most_nights_in_28_days"])
    night_hours: Minutes = Field(default=_USUAL["night_hours"])
    most_weekends: Count = Field(default=_USUAL["most_weekends"])
    of_weekends: Count = Field(default=_USUAL["of_weekends"])
    notice: Minutes = Field(default=_USUAL["notice"])
    soft: frozenset[Rule] = SOFT


class RulesView(View):
    """All rules of a statute; durations in minutes, `null`: unlimited."""

    rest: int
    longest_duty: int
    long_duty: int
    rest_after_long: int
    most_hours: int
    over_weeks: int
    most_hours_in_7_days: int | None
    most_consecutive_nights: int | None
    most_nights_in_28_days: int | None
    night_hours: int
    most_weekends: int
    of_weekends: int
    notice: int
    soft: list[Rule]


class ProfileView(View):
    """The rules of a statute from a date on, until another profile of it begins."""

    statute: str
    valid_from: date
    rules: RulesView


def _view(profile: Profile, *, valid_from: date) -> ProfileView:
    return ProfileView(
        statute=profile.statute,
        valid_from=valid_from,
        rules=RulesView.model_validate(write_rules(profile)),
    )


@router.get("")
async def list_profiles(work: Reader) -> list[ProfileView]:
    """List the profiles that were written, by statute, then date."""
    return [
        _view(repository.read_profile(row.statute, row.rules), valid_from=row.valid_from)
        for row in await repository.list_profiles(work.session)
    ]


@router.put("/{statute}/{valid_from}")
async def put_profile(
    statute: Statute, valid_from: Day, body: RulesBody, work: Writer
) -> ProfileView:
    """Write the rules of a statute from a date; those that contradict each other are named."""
    profile = await profiles.put_profile(
        work.session,
        statute,
        body.model_dump(),
        valid_from=valid_from,
        actor=work.actor,
        now=work.now,
    )
    return _view(profile, valid_from=valid_from)
