"""Tables of the guard planning."""

from app.planning.models.boards import Gap, OnCallSheet, OnSiteCall
from app.planning.models.calendar import Calendar, InformationLine, Segment
from app.planning.models.guards import (
    Assignment,
    DraftEdit,
    Guard,
    Planning,
    PlanningRevision,
    Seat,
)
from app.planning.models.people import (
    Absence,
    Authorisation,
    BusySession,
    Incompatibility,
    LastAct,
    PointBalance,
    RadiologistWish,
    StatuteProfile,
    WorkingTime,
)
from app.planning.models.runs import ArrivalCount, CalendarFeed, Calibration, RosterRun
from app.planning.models.sharing import Cession, Entitlement, LedgerEntry
from app.planning.models.swaps import Swap, SwapEvent, SwapRule
from app.planning.models.volumes import (
    ExamWeight,
    MonthlyVolume,
    SiteContract,
    SnapshotShare,
    Volume,
    VolumeImport,
    VolumeSnapshot,
)

__all__ = [
    "Absence",
    "ArrivalCount",
    "Assignment",
    "Authorisation",
    "BusySession",
    "Calendar",
    "CalendarFeed",
    "Calibration",
    "Cession",
    "DraftEdit",
    "Entitlement",
    "ExamWeight",
    "Gap",
    "Guard",
    "Incompatibility",
    "InformationLine",
    "LastAct",
    "LedgerEntry",
    "MonthlyVolume",
    "OnCallSheet",
    "OnSiteCall",
    "Planning",
    "PlanningRevision",
    "PointBalance",
    "RadiologistWish",
    "RosterRun",
    "Seat",
    "Segment",
    "SiteContract",
    "SnapshotShare",
    "StatuteProfile",
    "Swap",
    "SwapEvent",
    "SwapRule",
    "Volume",
    "VolumeImport",
    "VolumeSnapshot",
    "WorkingTime",
]
