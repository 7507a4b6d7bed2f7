"""Use cases of delivery."""

from app.delivery.repository.alarms import find_next_alarm
from app.delivery.repository.due import find_next_due
from app.delivery.service.alarms import ring_next
from app.delivery.service.fallback import hospital_needs_no_fallback, tell_hospital
from app.delivery.service.finishing import finish
from app.delivery.service.images import (
    lock_concerned,
    plan_images,
    prior_came,
    send_all_to_readers,
    send_anew,
    send_new_images,
    send_to_readers,
)
from app.delivery.service.letters import (
    claim_letter,
    finish_letter,
    plan_morning,
    plan_sheet,
)
from app.delivery.service.planning import cancel_for_case, resend
from app.delivery.service.reports import (
    NothingToDeliver,
    plan_pages,
    plan_report,
    redeliver,
    redeliver_for_site,
)
from app.delivery.service.sending import (
    claim_due,
    must_give_way,
    note_progress,
    wake_rendered,
)

__all__ = [
    "NothingToDeliver",
    "cancel_for_case",
    "claim_due",
    "claim_letter",
    "find_next_alarm",
    "find_next_due",
    "finish",
    "finish_letter",
    "hospital_needs_no_fallback",
    "lock_concerned",
    "must_give_way",
    "note_progress",
    "plan_images",
    "plan_morning",
    "plan_pages",
    "plan_report",
    "plan_sheet",
    "prior_came",
    "redeliver",
    "redeliver_for_site",
    "resend",
    "ring_next",
    "send_all_to_readers",
    "send_anew",
    "send_new_images",
    "send_to_readers",
    "tell_hospital",
    "wake_rendered",
]
