"""Words of one's own guards: where a swap stands, why somebody is absent, what they would like."""

from collections.abc import Mapping
from types import MappingProxyType

from app.planning.domain.absences import AbsenceKind
from app.planning.domain.roster.people import WishKind
from app.planning.domain.swaps import SwapState
from app.web.pages.texts import N_

SWAP_STATES: Mapping[SwapState, str] = MappingProxyType(
    {
        SwapState.OFFERED: N_("offered"),
        SwapState.ACCEPTED: N_("taken, waits for a planner"),
        SwapState.APPROVED: N_("swapped"),
        SwapState.REFUSED: N_("refused"),
        SwapState.WITHDRAWN: N_("taken back"),
        SwapState.EXPIRED: N_("expired"),
        SwapState.UNDONE: N_("undone"),
    }
)
ABSENCE_KINDS: Mapping[AbsenceKind, str] = MappingProxyType(
    {
        AbsenceKind.LEAVE: N_("Leave"),
        AbsenceKind.TRAINING: N_("Training"),
        AbsenceKind.SICK: N_("Sick leave"),
        AbsenceKind.OTHER: N_("Other reason"),
    }
)
WISH_KINDS: Mapping[WishKind, str] = MappingProxyType(
    {WishKind.AVOID: N_("rather not"), WishKind.PREFER: N_("gladly")}
)
WEIGHTS: Mapping[int, str] = MappingProxyType(
    {1: N_("a little"), 2: N_("clearly"), 3: N_("very much")}
)
