"""How this program logs: one line an event, static names, ids, never a patient.

A processor drops every field whose name may hold patient data, whoever logged it.
"""

import logging
import sys
from typing import Final, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PATIENT_FIELDS: Final = frozenset(
    {
        "patient",
        "patient_name",
        "patient_id",
        "patient_birth_date",
        "patient_sex",
        "birth_date",
        "family_name",
        "given_name",
        "accession_number",
        "as_received",
        "dataset",
        "text",
        "findings",
        "conclusion",
        "indication",
        "body",
    }
)
"""Names of fields that never reach a log."""


def drop_patient_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take away what may be patient data, and say that it was taken."""
    for name in PATIENT_FIELDS.intersection(event):
        event[name] = "(not logged)"
    return event


def hide_parameters(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep of an exception where it was raised, not what it says: its text may quote a file."""
    error = event.pop("exc_info", None)
    if not isinstance(error, BaseException):
        return event
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    event["error"] = type(error).__name__
    event["at"] = frames[-8:]
    return event


def configure_logging(style: Literal["json", "text"]) -> None:
    """Log to standard error, as JSON or as text for a person; once for each process."""
    rendering: Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            drop_patient_fields,
            hide_parameters,
            rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries speak through the standard library; only what is wrong with them is of interest.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(message)s")
