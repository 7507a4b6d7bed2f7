"""Who may do what: one table from role to permissions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.directory.domain.permissions import Permission


class Role(StrEnum):
    """What a user is, inside a scope (the whole group, one society or one site)."""

    RADIOLOGIST = "radiologist"
    PLANNER = "planner"
    COORDINATOR = "coordinator"
    SOCIETY_ADMIN = "society_admin"
    GCS_ADMIN = "gcs_admin"
    SITE = "site"
    AUDITOR = "auditor"


P = Permission


READING_PERMISSIONS = frozenset(each for each in Permission if each.endswith(".read"))

BY_READING_RIGHT = frozenset(
    {
        P.REQUEST_READ,
        P.REQUEST_WRITE,
        P.REQUEST_DECIDE,
        P.STUDY_READ,
        P.STUDY_IDENTIFY,
        P.STUDY_SORT,
        P.WORKLIST_READ,
        P.CASE_READ,
        P.CASE_CLAIM,
        P.CASE_RAISE,
        P.CASE_PRIORITISE,
        P.TASK_READ,
        P.TASK_SETTLE,
        P.REPORT_READ,
        P.REPORT_WRITE,
        P.CALL_WRITE,
        P.DELIVERY_READ,
        P.MORNING_READ,
    }
)
"""What a radiologist may do for the sites they may read for, whatever their society."""

GROUP_WIDE = frozenset({P.DIRECTORY_READ, P.ON_CALL_READ, P.PLANNING_READ, P.PRESENCE_READ})
"""What the members share: who holds it somewhere holds it everywhere. No patient data."""

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.RADIOLOGIST: BY_READING_RIGHT
        | {
            P.DIRECTORY_READ,
            P.ON_CALL_READ,
            P.PLANNING_READ,
            P.ABSENCE_WRITE,
            P.SWAP_READ,
            P.SWAP_WRITE,
            P.VOLUME_READ,
            P.HANDOVER_READ,
            P.HANDOVER_WRITE,
            P.PRESENCE_READ,
            P.PRESENCE_WRITE,
            P.NOTIFICATION_READ,
            P.INDICATOR_READ,
        },
        Role.PLANNER: frozenset(
            {
                P.DIRECTORY_READ,
                P.ON_CALL_READ,
                P.PLANNING_READ,
                P.PLANNING_WRITE,
                P.PLANNING_PUBLISH,
                P.PEOPLE_WRITE,
                P.ABSENCE_WRITE,
                P.SWAP_READ,
                P.SWAP_WRITE,
                P.INFORMATION_WRITE,
                P.VOLUME_READ,
                P.VOLUME_WRITE,
                P.INDICATOR_READ,
                P.TASK_READ,
                P.TASK_SETTLE,
            }
        ),
        Role.COORDINATOR: frozenset(
            {
                P.DIRECTORY_READ,
                P.SENDER_READ,
                P.SENDER_ADMIT,
                P.REQUEST_READ,
                P.REQUEST_WRITE,
                P.STUDY_READ,
                P.STUDY_IDENTIFY,
                P.STUDY_SORT,
                P.SETTING_READ,
                P.DISK_READ,
                P.ASSOCIATION_READ,
                P.WORKLIST_READ,
                P.CASE_READ,
                P.CASE_RAISE,
                P.CASE_PRIORITISE,
                P.TASK_READ,
                P.TASK_SETTLE,
                P.CASE_COORDINATE,
                P.CASE_ACKNOWLEDGE_RESULT,
                P.REPORT_READ,
                P.CALL_WRITE,
                P.ON_CALL_READ,
                P.PLANNING_READ,
                P.SWAP_READ,
                P.SWAP_WRITE,
                P.INFORMATION_WRITE,
                P.HANDOVER_READ,
                P.HANDOVER_WRITE,
                P.MORNING_READ,
                P.PRESENCE_READ,
                P.PRESENCE_WRITE,
                P.NOTIFICATION_READ,
                P.DELIVERY_READ,
                P.DELIVERY_RESEND,
                P.INDICATOR_READ,
            }
        ),
        Role.SOCIETY_ADMIN: frozenset(
            {
                P.DIRECTORY_READ,
                P.DIRECTORY_WRITE,
                P.SENDER_READ,
                P.USER_READ,
                P.USER_WRITE,
                P.ON_CALL_READ,
                P.PLANNING_READ,
                P.PEOPLE_WRITE,
                P.SWAP_READ,
                P.VOLUME_READ,
                P.PRESENCE_READ,
                P.INDICATOR_READ,
                P.MORNING_READ,
            }
        ),
        Role.GCS_ADMIN: frozenset(Permission),
        Role.SITE: frozenset(
            {
                P.DIRECTORY_READ,
                P.REQUEST_READ,
                P.REQUEST_WRITE,
                P.STUDY_READ,
                P.STUDY_IDENTIFY,
                P.WORKLIST_READ,
                P.CASE_READ,
                P.CASE_RAISE,
                P.TASK_READ,
                P.TASK_SETTLE,
                P.CASE_ACKNOWLEDGE_RESULT,
                P.REPORT_READ,
                P.ON_CALL_READ,
                P.INFORMATION_WRITE,
                P.DELIVERY_READ,
                P.INDICATOR_READ,
            }
        ),
        Role.AUDITOR: READING_PERMISSIONS,
    }
)
"""The table; tests walk every pair of role and permission."""
