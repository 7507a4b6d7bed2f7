"""Every query on nominations, claims, decisions, and on who could read."""

from app.dispatch.repository.decisions import add_decision, list_decisions
from app.dispatch.repository.offers import (
    CaseAlreadyClaimed,
    acknowledge_nomination,
    add_claim,
    add_nominations,
    end_claim,
    end_nominations,
    list_left_behind,
    list_nominees,
    refuse_claimed,
)
from app.dispatch.repository.readers import find_endpoints, list_readers, may_read_site

__all__ = [
    "CaseAlreadyClaimed",
    "acknowledge_nomination",
    "add_claim",
    "add_decision",
    "add_nominations",
    "end_claim",
    "end_nominations",
    "find_endpoints",
    "list_decisions",
    "list_left_behind",
    "list_nominees",
    "list_readers",
    "may_read_site",
    "refuse_claimed",
]
