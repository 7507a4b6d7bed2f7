"""The one place that names concrete adapters and puts a process together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.dicom.query import PynetdicomCounter
from app.adapters.dicom.scratch import open_scratch
from app.adapters.dicom.sender import PynetdicomSender
from app.adapters.documents.on_call_sheet import TypstSheetRenderer
from app.adapters.documents.renderer import TypstDicomRenderer
from app.adapters.mail.sender import SmtpSender, SmtpServer
from app.adapters.pixels.comparer import ProcessComparer
from app.db import schema
from app.db.clock import DatabaseClock
from app.db.embedded.attach import attach
from app.db.engine import make_engine
from app.db.session import make_sessions
from app.delivery.domain.ports import DicomPeers, MailSender
from app.directory.service.secrets import SecretBox
from app.intake.domain.ports import ImageComparer, StudyCounter
from app.kit.errors import Invalid
from app.planning.domain.ports import OnCallSheetRenderer
from app.reports.domain.ports import DocumentRenderer
from app.secret_key import ensure_secret_key
from app.settings import Settings
from app.store.layout import Layout
from app.web.container import Container


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
async def open_engine(settings: Settings, *, application: str) -> AsyncIterator[AsyncEngine]:
    """Open the database, whose schema must be the code's.

    Raises
    ------
    SchemaDiffers
        If it is older or newer, saying what to do.
    """
    engine = make_engine(find_database_url(settings), application=application)
    try:
        await schema.check(engine)
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_container(settings: Settings) -> AsyncIterator[Container]:
    """Open what the web process holds."""
    async with open_engine(settings, application="astreinte web") as engine:
        yield Container(
            settings=settings,
            engine=engine,
            sessions=make_sessions(engine),
            clock=DatabaseClock(),
            box=SecretBox(ensure_secret_key(settings), purpose="second factor"),
        )


def make_peers(settings: Settings) -> DicomPeers:
    """Make what sends over DICOM in our name."""
    scratch = open_scratch(Layout(settings.data_dir).outgoing)
    return PynetdicomSender(ae_title=settings.ae_title, scratch=scratch)


def make_counter(settings: Settings) -> StudyCounter:
    """Make what asks archives, in our name, how many images a study has."""
    return PynetdicomCounter(ae_title=settings.ae_title)


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


def make_renderer() -> DocumentRenderer:
    """Make what turns a signed report into documents."""
    return TypstDicomRenderer()


def make_comparer() -> ImageComparer:
    """Make what compares images, in a process of its own."""
    return ProcessComparer()


def make_sheet_renderer() -> OnCallSheetRenderer:
    """Make what prints the on-call sheet."""
    return TypstSheetRenderer()
