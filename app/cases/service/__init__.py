"""Use cases of the case: it opens, grows, is joined and split, completes, and is set aside."""

from app.cases.service.arrival import (
    GROUPING_KEYS,
    find_groups,
    lock_patients,
    name_patient,
    take_news,
)
from app.cases.service.clocks import (
    change_priority,
    set_clocks,
    take_site_snapshot,
)
from app.cases.service.closing import acknowledge_result, mark_delivered, void
from app.cases.service.contents import count_images, describe
from app.cases.service.facts import (
    check_reason,
    mark_images_seen,
    note_completeness,
    note_exam_finished,
    note_incident,
)
from app.cases.service.identity import (
    IdentityOpen,
    check_identity_settled,
    confirm_one_patient,
    is_identity_open,
    note_choice,
    note_identity,
)
from app.cases.service.joining import CaseClosed, check_open, join, lock_pair, split
from app.cases.service.leaving import leave, move_to_site
from app.cases.service.opening import find_urgencies, note_no_request, open_cases
from app.cases.service.ordered import (
    drop_request,
    open_for_request,
    take_request,
)
from app.cases.service.standing import (
    note_settled,
    raise_case_task,
    settle_about,
    settle_all,
    settle_case_task,
    subject_of,
    subject_of_study,
)

__all__ = [
    "GROUPING_KEYS",
    "CaseClosed",
    "IdentityOpen",
    "acknowledge_result",
    "change_priority",
    "check_identity_settled",
    "check_open",
    "check_reason",
    "confirm_one_patient",
    "count_images",
    "describe",
    "drop_request",
    "find_groups",
    "find_urgencies",
    "is_identity_open",
    "join",
    "leave",
    "lock_pair",
    "lock_patients",
    "mark_delivered",
    "mark_images_seen",
    "move_to_site",
    "name_patient",
    "note_choice",
    "note_completeness",
    "note_exam_finished",
    "note_identity",
    "note_incident",
    "note_no_request",
    "note_settled",
    "open_cases",
    "open_for_request",
    "raise_case_task",
    "set_clocks",
    "settle_about",
    "settle_all",
    "settle_case_task",
    "split",
    "subject_of",
    "subject_of_study",
    "take_news",
    "take_request",
    "take_site_snapshot",
    "void",
]
