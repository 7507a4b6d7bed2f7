"""A study that somebody acts on: found, locked, with the one who acts."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.intake.models import Study
from app.intake.repository import studies as repository
from app.kit.errors import Invalid, NotAllowed, NotFound

LONGEST_REASON = 500


class StudyUnknown(NotFound):
    """There is no such study."""


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A locked study, and the society of its site."""

    study: Study
    society_id: int


async def lock_study(session: AsyncSession, study_id: int) -> FoundStudy:
    """Lock a study as those do who record its instances.

    Raises
    ------
    StudyUnknown
        If there is none.
    """
    found = await repository.lock_study(session, study_id)
    if found is None:
        raise StudyUnknown(f"there is no study {study_id}")
    return FoundStudy(*found)


def person_of(actor: Actor) -> int:
    """Return the key of the person who acts.

    Raises
    ------
    NotAllowed
        If it is the platform itself.
    """
    if actor.user_id is None:
        raise NotAllowed("this is done by a person, never by the platform itself")
    return actor.user_id


def check_reason(reason: str) -> str:
    """Return a reason without the blanks around it.

    Raises
    ------
    Invalid
        If it has not 1 to 500 characters.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid(f"say why, in 1 to {LONGEST_REASON} characters: it is kept")
    return reason.strip()
