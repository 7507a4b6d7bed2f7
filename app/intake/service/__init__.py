"""Use cases of intake: what arrived, where it belongs, whose it is, and what it is for us."""

from app.intake.service.association_log import log_associations
from app.intake.service.classes import CLASS_KEYS, classify, reclass
from app.intake.service.found import StudyUnknown
from app.intake.service.identity import (
    IdentityMoved,
    IdentityUnknown,
    choose_identity,
    identity_news_told,
)
from app.intake.service.news import (
    complete_due_studies,
    find_next_due,
    mark_complete,
    read_news,
    read_waits,
    studies_with_news,
)
from app.intake.service.places import UnknownSender
from app.intake.service.recording import record
from app.intake.service.repeats import find_repeats, note_repeat_removed, settle_repeat
from app.intake.service.sites import confirm_site

__all__ = [
    "CLASS_KEYS",
    "IdentityMoved",
    "IdentityUnknown",
    "StudyUnknown",
    "UnknownSender",
    "choose_identity",
    "classify",
    "complete_due_studies",
    "confirm_site",
    "find_next_due",
    "find_repeats",
    "identity_news_told",
    "log_associations",
    "mark_complete",
    "note_repeat_removed",
    "read_news",
    "read_waits",
    "reclass",
    "record",
    "settle_repeat",
    "studies_with_news",
]
