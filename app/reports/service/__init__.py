"""Use cases of reports."""

from app.reports.repository.documents import (
    RenderTask,
    StoredFile,
    find_next_due,
    find_to_render,
)
from app.reports.service.addenda import reissue, withdraw, write_addendum
from app.reports.service.calls import log_call, note_critical
from app.reports.service.rendering import (
    keep_rendered,
    load_document,
    put_off,
    read_attachments,
)
from app.reports.service.signing import give_preliminary, sign
from app.reports.service.writing import Draft, read_draft, save_draft

__all__ = [
    "Draft",
    "RenderTask",
    "StoredFile",
    "find_next_due",
    "find_to_render",
    "give_preliminary",
    "keep_rendered",
    "load_document",
    "log_call",
    "note_critical",
    "put_off",
    "read_attachments",
    "read_draft",
    "reissue",
    "save_draft",
    "sign",
    "withdraw",
    "write_addendum",
]
