"""Use case of whoever watches over a guard: who is there, what is down, who is to be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Centre
from app.dispatch.domain.failover_moves import DownCause
from app.dispatch.domain.presence import PresenceState, find_state
from app.dispatch.models import CentreDown
from app.dispatch.repository import failover as repository
from app.dispatch.repository.presence_readers import NamedReader, list_on_guard


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderShown:
    """A reader on guard."""

    radiologist_id: int
    name: str
    telephone: str
    centre_id: int | None
    state: PresenceState
    seen_at: datetime | None
    no_new_work_until: datetime | None
    claims: int
    first_line: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreShown:
    """A centre, with its readers who are on guard."""

    centre_id: int
    society_id: int
    name: str
    telephone: str
    is_down: bool
    down_cause: DownCause | None
    down_since: datetime | None
    readers: tuple[ReaderShown, ...]


@dataclass(frozen=True, slots=True)
class CheckShown:
    """A call that waits for its answer."""

    check_id: int
    radiologist_id: int
    centre_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceBoard:
    """Everybody on guard at a distance, and their centres."""

    at: datetime
    readers: tuple[ReaderShown, ...]
    """By name."""
    centres: tuple[CentreShown, ...]
    """Those that are down stand first, then by name."""
    checks: tuple[CheckShown, ...]
    mass_silence_since: datetime | None


async def load_board(session: AsyncSession, *, now: datetime) -> PresenceBoard:
    """Load who is there now, as the server sees their pages."""
    named = await list_on_guard(session, now=now)
    readers = tuple(_show_reader(each, now=now) for each in named)
    down = {each.centre_id: each for each in await repository.list_down(session)}
    ids = {each.centre_id for each in readers if each.centre_id is not None} | down.keys()
    centres = await repository.list_centres(session, ids)
    silence = await repository.find_silence(session)
    return PresenceBoard(
        at=now,
        readers=readers,
        centres=_show_centres(centres, down=down, readers=readers),
        checks=tuple(CheckShown(*each) for each in await repository.list_open_checks(session)),
        mass_silence_since=None if silence is None else silence.began_at,
    )


def _show_reader(each: NamedReader, *, now: datetime) -> ReaderShown:
    seen = each.seen
    return ReaderShown(
        radiologist_id=seen.radiologist_id,
        name=each.name,
        telephone=each.telephone,
        centre_id=seen.centre_id,
        state=find_state(seen, now=now),
        seen_at=seen.seen_at,
        no_new_work_until=seen.resting_until,
        claims=seen.claims,
        first_line=seen.is_expected,
    )


def _show_centres(
    centres: Sequence[Centre],
    *,
    down: dict[int, CentreDown],
    readers: Sequence[ReaderShown],
) -> tuple[CentreShown, ...]:
    shown = []
    for centre in centres:
        standing = down.get(centre.id)
        shown.append(
            CentreShown(
                centre_id=centre.id,
                society_id=centre.society_id,
                name=centre.name,
                telephone=centre.telephone,
                is_down=standing is not None,
                down_cause=None if standing is None else DownCause(standing.cause),
                down_since=None if standing is None else standing.began_at,
                readers=tuple(each for each in readers if each.centre_id == centre.id),
            )
        )
    return tuple(sorted(shown, key=lambda each: (not each.is_down, each.name)))
