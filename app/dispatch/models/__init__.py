"""Tables of who should read, who has taken it and why, who is there, which centre is not."""

from app.dispatch.models.check_in import CheckIn
from app.dispatch.models.decisions import Decision
from app.dispatch.models.failover import (
    Audit,
    CentreDown,
    CentreDownCase,
    MassSilence,
    NodeEcho,
    ReaderCheck,
)
from app.dispatch.models.handover import Handover, HandoverItem
from app.dispatch.models.morning import MorningItem, MorningList
from app.dispatch.models.notification import Notification, NotificationTry
from app.dispatch.models.offers import Claim, Nomination
from app.dispatch.models.parameters import DispatchParameters, SiteRing
from app.dispatch.models.presence import NoNewWork, PageStream, Presence, WebProcess
from app.dispatch.models.read_times import ReadTime, ReadTimeTable, TransferTime
from app.dispatch.models.surge import Surge, SurgeLook
from app.dispatch.models.transfers import NodeTransfer, StudyAtNode

__all__ = [
    "Audit",
    "CentreDown",
    "CentreDownCase",
    "CheckIn",
    "Claim",
    "Decision",
    "DispatchParameters",
    "Handover",
    "HandoverItem",
    "MassSilence",
    "MorningItem",
    "MorningList",
    "NoNewWork",
    "NodeEcho",
    "NodeTransfer",
    "Nomination",
    "Notification",
    "NotificationTry",
    "PageStream",
    "Presence",
    "ReadTime",
    "ReadTimeTable",
    "ReaderCheck",
    "SiteRing",
    "StudyAtNode",
    "Surge",
    "SurgeLook",
    "TransferTime",
    "WebProcess",
]
