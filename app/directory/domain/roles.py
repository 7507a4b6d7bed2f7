"""Who may do what: one table from role to permissions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a user is, inside a scope (the whole group, one society or one site)."""

    RADIOLOGIST = "radiologist"
    PLANNER = "planner"
    COORDINATOR = "coordinator"
    SOCIETY_ADMIN = "society_admin"
    GCS_ADMIN = "gcs_admin"
    SITE = "site"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What somebody wants to do; reading is apart from changing."""

    DIRECTORY_READ = "directory.read"
    """Societies, centres, sites and radiologists, with their telephones."""
    DIRECTORY_WRITE = "directory.write"
    """Centres, sites and radiologists of a society."""
    SOCIETY_WRITE = "society.write"
    """Societies themselves: joining and leaving the group."""
    SENDER_READ = "sender.read"
    """Senders, with their addresses."""
    SENDER_WRITE = "sender.write"
    """Senders: who may open an association at all."""
    SENDER_ADMIT = "sender.admit"
    """Let a title of a known address in for some hours."""
    USER_READ = "user.read"
    USER_WRITE = "user.write"
    """Users and their roles, never above one's own scope."""
    SETTING_READ = "setting.read"
    SETTING_WRITE = "setting.write"
    """Ages, minutes and lists that people set, with their history."""

    REQUEST_READ = "request.read"
    REQUEST_WRITE = "request.write"
    REQUEST_DECIDE = "request.decide"

    STUDY_READ = "study.read"
    STUDY_IDENTIFY = "study.identify"
    """Settle whose images a study are, when it came under several identities."""
    STUDY_SORT = "study.sort"
    """Say of which site a study is, and whether it is a case."""
    ASSOCIATION_READ = "association.read"

    WORKLIST_READ = "worklist.read"
    CASE_READ = "case.read"
    CASE_CLAIM = "case.claim"
    """Acknowledge, claim, release, put aside: for oneself."""
    CASE_RAISE = "case.raise"
    """Make a case more urgent, note an incident, say that the exam is finished."""
    CASE_PRIORITISE = "case.prioritise"
    """Change how urgent a case is, downwards too."""
    CASE_COORDINATE = "case.coordinate"
    """Reassign, join, split, void: for everybody."""
    CASE_ACKNOWLEDGE_RESULT = "case.acknowledge_result"
    """Say that the requester has read the report."""

    REPORT_READ = "report.read"
    REPORT_WRITE = "report.write"
    """Draft, preliminary result, critical finding, signature, addendum, withdrawal."""
    CALL_WRITE = "call.write"
    """Log a telephone call about a case."""

    TASK_READ = "task.read"
    """What somebody must do, inside one's scope or by name."""
    TASK_SETTLE = "task.settle"
    """Say that it is done."""

    ON_CALL_READ = "on_call.read"
    """Who is on guard, with the telephone."""
    PLANNING_READ = "planning.read"
    PLANNING_WRITE = "planning.write"
    PLANNING_PUBLISH = "planning.publish"
    ABSENCE_WRITE = "absence.write"
    SWAP_WRITE = "swap.write"
    VOLUME_READ = "volume.read"
    VOLUME_WRITE = "volume.write"

    PRESENCE_READ = "presence.read"
    PRESENCE_WRITE = "presence.write"
    NOTIFICATION_READ = "notification.read"
    DELIVERY_READ = "delivery.read"
    DELIVERY_RESEND = "delivery.resend"
    INDICATOR_READ = "indicator.read"
    ACCESS_LOG_READ = "access_log.read"
    METRICS_READ = "metrics.read"
    DISK_READ = "disk.read"
    """How full the disk is, and when it will be."""


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
            P.SWAP_WRITE,
            P.VOLUME_READ,
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
                P.ABSENCE_WRITE,
                P.SWAP_WRITE,
                P.VOLUME_READ,
                P.VOLUME_WRITE,
                P.INDICATOR_READ,
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
                P.SWAP_WRITE,
                P.PRESENCE_READ,
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
                P.VOLUME_READ,
                P.PRESENCE_READ,
                P.INDICATOR_READ,
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
                P.DELIVERY_READ,
                P.INDICATOR_READ,
            }
        ),
        Role.AUDITOR: READING_PERMISSIONS,
    }
)
"""The table; tests walk every pair of role and permission."""
