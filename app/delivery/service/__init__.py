"""Use cases of delivery."""

from app.delivery.repository.outbox import find_next_due
from app.delivery.service.planning import (
    cancel_for_case,
    plan_images,
    plan_report,
    resend,
    send_new_images,
)
from app.delivery.service.sending import (
    claim_next,
    finish,
    note_progress,
    wake_rendered,
)

__all__ = [
    "cancel_for_case",
    "claim_next",
    "find_next_due",
    "finish",
    "note_progress",
    "plan_images",
    "plan_report",
    "resend",
    "send_new_images",
    "wake_rendered",
]
