"""What a job is, and the parts that jobs share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.bootstrap import make_calibrator, make_comparer, make_roster_computer, make_sheet_renderer
from app.db.clock import Clock
from app.db.session import Sessions, run_unit_of_work
from app.delivery.domain.hook import Caller
from app.delivery.domain.ports import DicomPeers, MailSender
from app.dispatch.domain.ports import Heartbeat
from app.intake.domain.ports import CommitmentReporter, ImageComparer, StudyCounter
from app.planning.domain.calibration.ports import Calibrator
from app.planning.domain.ports import OnCallSheetRenderer, RosterComputer
from app.reports.domain.ports import DocumentRenderer
from app.settings import Settings
from app.store.room import MeasureRoom, measure_room
from scheduler.precedence import Precedence

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What jobs work with; `app.bootstrap` fills it in."""

    settings: Settings
    sessions: Sessions
    clock: Clock
    peers: DicomPeers
    renderer: DocumentRenderer
    comparer: ImageComparer = field(default_factory=make_comparer)
    sheets: OnCallSheetRenderer = field(default_factory=make_sheet_renderer)
    rosters: RosterComputer = field(default_factory=make_roster_computer)
    calibrator: Calibrator = field(default_factory=make_calibrator)
    measure_room: MeasureRoom = measure_room
    precedence: Precedence = field(default_factory=Precedence)
    mails: MailSender | None = None
    """Nothing while there is no mail server."""
    caller: Caller | None = None
    """Nothing: no telephone is called."""
    heartbeat: Heartbeat | None = None
    """Nothing: nobody outside waits for it."""
    counter: StudyCounter | None = None
    """Nothing: no archive is asked."""
    reporter: CommitmentReporter | None = None
    """Nothing: nobody is told what we keep."""

    @property
    def data_dir(self) -> Path:
        """The folder of images and documents."""
        return self.settings.data_dir

    async def transact(self, work: Callable[[AsyncSession, datetime], Awaitable[Result]]) -> Result:
        """Do a unit of work: one transaction, one instant; the scheduler commits nowhere else.

        Parameters
        ----------
        work
            Gets the session and the instant (aware), read once; it may be called again when the
            transaction lost a race.
        """

        async def read_clock_then_work(session: AsyncSession) -> Result:
            return await work(session, await self.clock.now(session))

        return await run_unit_of_work(self.sessions, read_clock_then_work)

    async def transact_alone(
        self, lock: str, work: Callable[[AsyncSession, datetime], Awaitable[Result]]
    ) -> Result | None:
        """Do what only one scheduler at a time may do; nothing while another one does.

        Parameters
        ----------
        lock
            The name of the advisory lock that is held until the end of the transaction.
        work
            As for `transact`.
        """

        async def take_lock_then_work(session: AsyncSession) -> Result | None:
            now = await self.clock.now_alone(session, lock)
            return None if now is None else await work(session, now)

        return await run_unit_of_work(self.sessions, take_lock_then_work)


def find_wait(due: datetime | None, *, now: datetime) -> timedelta:
    """Say how long there is nothing to do until an instant; nothing: for ever."""
    return timedelta.max if due is None else due - now


async def name_no_instant(_session: AsyncSession) -> datetime | None:
    """Of a job that waits for no instant: a notification wakes it, or the tick."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A kind of work that rows with a due instant ask for."""

    name: str
    """Also the payload of the notification that wakes it."""
    run: Callable[[Bench], Awaitable[timedelta | None]]
    """Does all that is due now; every unit of work in a transaction of its own.

    It may tell how long there will be nothing to do, as its last look has seen it; if it tells
    nothing, `find_next_due` is asked in a transaction of its own.
    """
    find_next_due: Callable[[AsyncSession], Awaitable[datetime | None]]
    """The earliest instant at which there will be something to do."""
    rest: timedelta = timedelta(0)
    """Between two runs: what comes within it is done by one run."""
    longest_wait: timedelta = timedelta.max
    """Between two runs, if it is shorter than that of all."""
    goes_first: bool = False
    """Does a case wait for it to be offered? What gives way waits while it runs."""
