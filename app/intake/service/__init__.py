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
from app.intake.service.repeats import find_repeats, note_repeat_removed, settle_repeat

__all__ = [
    "UnknownSender",
    "complete_due_studies",
    "find_next_due",
    "find_repeats",
    "log_associations",
    "mark_complete",
    "note_repeat_removed",
    "read_waits",
    "record",
    "settle_repeat",
    "studies_with_news",
]
