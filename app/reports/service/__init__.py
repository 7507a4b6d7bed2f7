"""Use cases of reports."""

from app.reports.repository.documents import (
    RenderTask,
    StoredFile,
    find_next_due,
    find_to_render,
)
from app.reports.service.addenda import write_addendum
from app.reports.service.rendering import keep_rendered, load_document, put_off
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
    "put_off",
    "read_draft",
    "save_draft",
    "sign",
    "write_addendum",
]
