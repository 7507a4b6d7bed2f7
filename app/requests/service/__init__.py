"""Use cases of requests: submit, decide, amend, cancel, attach, find the images."""

from app.requests.service.attachments import (
    MOST_ATTACHMENTS,
    Attachment,
    FileTooLarge,
    TooManyAttachments,
    add_attachment,
    keep_file,
)
from app.requests.service.deciding import AlreadyDecided, NotOnGuard, decide
from app.requests.service.images import (
    find_for_studies,
    find_next_due,
    images_came,
    images_left,
    take_overdue,
)
from app.requests.service.summaries import load_summaries, summarise
from app.requests.service.writing import (
    ImagesCame,
    RequestChanged,
    SubmissionKeyUsed,
    amend,
    cancel,
    subject_of,
    submit,
)

__all__ = [
    "MOST_ATTACHMENTS",
    "AlreadyDecided",
    "Attachment",
    "FileTooLarge",
    "ImagesCame",
    "NotOnGuard",
    "RequestChanged",
    "SubmissionKeyUsed",
    "TooManyAttachments",
    "add_attachment",
    "amend",
    "cancel",
    "decide",
    "find_for_studies",
    "find_next_due",
    "images_came",
    "images_left",
    "keep_file",
    "load_summaries",
    "subject_of",
    "submit",
    "summarise",
    "take_overdue",
]
