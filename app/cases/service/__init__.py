"""Use cases of the case: it opens, grows, completes, changes priority, is set aside."""

from app.cases.service.arrival import (
    describe,
    take_news,
)
from app.cases.service.clocks import (
    change_priority,
    find_unclaimed_since,
)
from app.cases.service.closing import (
    mark_delivered,
    void,
)
from app.cases.service.facts import (
    check_reason,
    mark_images_seen,
    note_completeness,
)

__all__ = [
    "change_priority",
    "check_reason",
    "describe",
    "find_unclaimed_since",
    "mark_delivered",
    "mark_images_seen",
    "note_completeness",
    "take_news",
    "void",
]
