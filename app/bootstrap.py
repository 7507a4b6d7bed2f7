"""The one place that names concrete adapters and puts a process together."""

import atexit
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.calibration.process import ProcessCalibrator
from app.adapters.dicom.commitment import PynetdicomReporter
from app.adapters.dicom.pool import AssociationPool
from app.adapters.dicom.query import PynetdicomCounter
from app.adapters.dicom.scratch import open_scratch
from app.adapters.dicom.sender import PynetdicomSender
from app.adapters.dicom.tls import ClientContexts
from app.adapters.documents.on_call_sheet import TypstSheetRenderer
from app.adapters.documents.renderer import TypstDicomRenderer
from app.adapters.documents.tables import TypstTablePrinter
from app.adapters.heartbeat.sender import HttpHeartbeat
from app.adapters.mail.sender import SmtpSender, SmtpServer
from app.adapters.notify.hook import HttpHook
from app.adapters.pixels.comparer import ProcessComparer
from app.adapters.rosters.process import ProcessRosterComputer
from app.db import schema
from app.db.clock import DatabaseClock
from app.db.embedded.attach import attach
from app.db.engine import make_engine
from app.db.session import make_sessions
from app.delivery.domain.hook import Caller
from app.delivery.domain.ports import DicomPeers, MailSender
from app.directory.service.secrets import SecretBox
from app.dispatch.domain.ports import Heartbeat
from app.intake.domain.ports import CommitmentReporter, ImageComparer, StudyCounter
from app.kit.errors import Invalid
from app.planning.domain.calibration.ports import Calibrator
from app.planning.domain.ports import OnCallSheetRenderer, RosterComputer
from app.reports.domain.ports import DocumentRenderer
from app.secret_key import ensure_secret_key
from app.settings import Settings
from app.store.layout import Layout
from app.store.tls import TlsFiles
from app.web.container import Container

_REQUEST_WAITS = timedelta(seconds=5)
"""For a connection, when all are taken; then its caller is told to come back. Those who wait for
longer only add to what keeps all others waiting."""
_OWN_CONNECTIONS = 4
"""Two for the looks of streams, one for the sign of life, one for the rows that pages are sent."""


def find_database_url(settings: Settings) -> str:
    """Give the address from the settings, or that of the database running in the data folder.

    Raises
    ------
    Unavailable
        If there is neither, saying how to give one.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return attach(settings.data_dir)


@asynccontextmanager
async def open_engine(
    settings: Settings, *, application: str, longest_wait: timedelta = timedelta(seconds=30)
) -> AsyncIterator[AsyncEngine]:
    """Open the database, whose schema must be the code's.

    Parameters
    ----------
    longest_wait
        How long whoever finds all connections taken waits for one.

    Raises
    ------
    SchemaDiffers
        If it is older or newer, saying what to do.
    """
    url = find_database_url(settings)
    engine = make_engine(url, longest_wait=longest_wait, application=application)
    try:
        await schema.check(engine)
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_container(settings: Settings) -> AsyncIterator[Container]:
    """Open what the web process holds."""
    async with (
        open_engine(settings, application="astreinte web", longest_wait=_REQUEST_WAITS) as engine,
        _open_own_engine(engine) as own,
    ):
        yield Container(
            settings=settings,
            engine=engine,
            sessions=make_sessions(engine),
            own_sessions=make_sessions(own),
            clock=DatabaseClock(),
            box=SecretBox(ensure_secret_key(settings), purpose="second factor"),
            peers=make_peers(settings),
            table_printer=TypstTablePrinter(),
        )


@asynccontextmanager
async def _open_own_engine(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Open the few connections for what the web process does unasked: no request takes them."""
    url = engine.url.render_as_string(hide_password=False)
    own = make_engine(
        url,
        pool_size=_OWN_CONNECTIONS,
        overflow=0,
        longest_wait=_REQUEST_WAITS,
        application="astreinte web itself",
    )
    try:
        yield own
    finally:
        await own.dispose()


def make_peers(settings: Settings) -> DicomPeers:
    """Make what sends over DICOM in our name."""
    scratch = open_scratch(Layout(settings.data_dir).outgoing)
    pool = AssociationPool()
    # What is still kept when the process ends is released, as its nodes expect.
    atexit.register(pool.close)
    return PynetdicomSender(
        ae_title=settings.ae_title, scratch=scratch, tls=_make_client_contexts(settings), pool=pool
    )


def _make_client_contexts(settings: Settings) -> ClientContexts:
    """Make what calls nodes over TLS: by our server's certificate, which both sides have."""
    return ClientContexts(TlsFiles.from_settings(settings))


def make_counter(settings: Settings) -> StudyCounter:
    """Make what asks archives, in our name, how many images a study has."""
    return PynetdicomCounter(ae_title=settings.ae_title, tls=_make_client_contexts(settings))


def make_reporter(settings: Settings) -> CommitmentReporter:
    """Make what tells nodes, in our name, what we keep of their images."""
    return PynetdicomReporter(ae_title=settings.ae_title, tls=_make_client_contexts(settings))


def make_mail_sender(settings: Settings) -> MailSender | None:
    """Make what sends mails in our name; nothing while there is no mail server.

    Raises
    ------
    Invalid
        If only one of the two settings is there, or one cannot be understood.
    """
    if settings.smtp_url is None and settings.mail_from is None:
        return None
    if settings.smtp_url is None or settings.mail_from is None:
        raise Invalid("ASTREINTE_SMTP_URL and ASTREINTE_MAIL_FROM go together: give both or none")
    server = SmtpServer.parse(settings.smtp_url.get_secret_value())
    return SmtpSender(server=server, mail_from=settings.mail_from)


def make_heartbeat(settings: Settings) -> Heartbeat | None:
    """Make what tells the outside that we live; nothing when nobody waits for it."""
    if settings.heartbeat_url is None:
        return None
    return HttpHeartbeat(settings.heartbeat_url.get_secret_value())


def make_caller(settings: Settings) -> Caller | None:
    """Make what has telephones called; nothing when there is no such service.

    Raises
    ------
    Invalid
        If only one of the two settings is there, or the address is none.
    """
    if settings.hook_url is None and settings.hook_secret is None:
        return None
    if settings.hook_url is None or settings.hook_secret is None:
        raise Invalid("ASTREINTE_HOOK_URL and ASTREINTE_HOOK_SECRET go together: give both or none")
    return HttpHook(settings.hook_url.get_secret_value(), settings.hook_secret.get_secret_value())


def make_renderer() -> DocumentRenderer:
    """Make what turns a signed report into documents."""
    return TypstDicomRenderer()


def make_calibrator() -> Calibrator:
    """Make what works calibrations out, in a process of their own."""
    return ProcessCalibrator()


def make_comparer() -> ImageComparer:
    """Make what compares images, in a process of its own."""
    return ProcessComparer()


def make_sheet_renderer() -> OnCallSheetRenderer:
    """Make what prints the on-call sheet."""
    return TypstSheetRenderer()


def make_roster_computer() -> RosterComputer:
    """Make what computes rosters, in a process of its own."""
    return ProcessRosterComputer()
