"""Use cases of intake: record what arrived, tell of studies with news, label complete ones."""

from app.intake.service.association_log import log_associations
from app.intake.service.news import (
    complete_due_studies,
    find_next_due,
    mark_complete,
    read_waits,
    studies_with_news,
)
from app.intake.service.places import UnknownSender
from app.intake.service.recording import record

__all__ = [
    "UnknownSender",
    "complete_due_studies",
    "find_next_due",
    "log_associations",
    "mark_complete",
    "read_waits",
    "record",
    "studies_with_news",
]
