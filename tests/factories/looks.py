"""What must be true of every case at every moment, read from the rows and judged by themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.cases.models import Case, CaseSla
from app.db.session import Sessions
from app.dispatch.models import Claim, Nomination
from app.planning.models import Assignment


@dataclass(frozen=True, slots=True)
class Look:
    """A case as its rows show it: who answers for it, and when somebody looks at it next."""

    case: Case
    latest: datetime
    """Twice its delay after its first image."""
    claims: tuple[Claim, ...]
    """Those that stand."""
    asked: frozenset[int]
    """To whom it is offered."""
    there: frozenset[int]
    """Who is on guard."""
    was_offered: bool

    def find_wrong(self, *, now: datetime) -> Iterator[str]:
        """Say what is wrong with it, whatever is under way."""
        yield from self._find_wrong_owner()
        if not self.is_open:
            return
        if self._find_deadline() is None:
            yield f"{self.case.state}, and nobody will ever look at it"
        if not self.was_offered and now > self.latest:
            yield "never offered in twice its delay"

    def _find_wrong_owner(self) -> Iterator[str]:
        readers = [each.radiologist_id for each in self.claims]
        if readers != ([self.case.reader_id] if self.case.state == "reading" else []):
            yield f"{self.case.state} by {self.case.reader_id}, and claimed by {readers}"
        if self.asked and self.case.state != "nominated":
            yield f"{self.case.state}, and offered to {self.asked}"

    def find_undone(self, *, now: datetime) -> Iterator[str]:
        """Say what the scheduler has left undone, which has just looked for what is due."""
        due = self._find_deadline()
        if self.is_open and (due is None or due <= now):
            yield f"{self.case.state}, and due since {due}"
        if self.case.state == "nominated" and not self.asked:
            yield "offered to nobody"
        if self.case.state == "nominated" and not self.asked & self.there:
            yield f"offered to {self.asked}, none of whom is on guard"

    @property
    def is_open(self) -> bool:
        """Tell whether somebody must still read it."""
        return self.case.state in {"open", "nominated", "reading"}

    def _find_deadline(self) -> datetime | None:
        if self.case.state == "reading":
            return self.claims[0].due_at if self.claims else None
        known = [self.case.dispatch_due_at, self.case.step_due_at]
        return min((each for each in known if each is not None), default=None)


async def look(sessions: Sessions, *, now: datetime) -> list[Look]:
    """Look at every case."""
    async with sessions() as session:
        cases = (await session.scalars(select(Case).order_by(Case.id))).all()
        claims = (await session.scalars(select(Claim).where(Claim.ended_at.is_(None)))).all()
        offers = (await session.scalars(select(Nomination))).all()
        clocks = {
            each.case_id: each
            for each in await session.scalars(select(CaseSla).order_by(CaseSla.id))
        }
        there = await session.scalars(
            select(Assignment.radiologist_id).where(
                Assignment.in_force, Assignment.period.contains(now)
            )
        )
        on_guard = frozenset(each for each in there if each is not None)
    return [
        Look(
            case=case,
            latest=case.first_image_at + 2 * _delay(clocks[case.id]),
            claims=tuple(each for each in claims if each.case_id == case.id),
            asked=frozenset(
                each.radiologist_id
                for each in offers
                if each.case_id == case.id and each.ended_at is None
            ),
            there=on_guard,
            was_offered=any(each.case_id == case.id for each in offers),
        )
        for case in cases
        if case.first_image_at is not None
    ]


def _delay(clock: CaseSla) -> timedelta:
    return timedelta(seconds=clock.signed_within_s)
