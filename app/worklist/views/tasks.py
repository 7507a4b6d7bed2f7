"""What somebody must do, as a page or a program shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A standing task; it carries no patient data."""

    task_id: int
    kind: str
    subject: str
    case_id: int | None
    site_id: int | None
    site_name: str | None
    telephone_emergency: str | None
    """Of the site."""
    telephone_ct: str | None
    zone: str | None
    radiologist_id: int | None
    """Who above all must do it."""
    radiologist_name: str | None
    detail: Mapping[str, Any]
    raised_at: datetime
    rung_count: int
