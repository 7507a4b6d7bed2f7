"""Every query on nominations, claims, decisions, and on who could read."""

from app.dispatch.repository.claims import (
    CaseAlreadyClaimed,
    add_claim,
    change_claim,
    end_claim,
    find_standing,
    is_aside,
    list_of_reader,
    refuse_claimed,
)
from app.dispatch.repository.decisions import add_decision, list_decisions
from app.dispatch.repository.offering import add_offers
from app.dispatch.repository.offers import (
    acknowledge_nomination,
    add_nominations,
    end_nominations,
    list_left_behind,
    list_nominees,
)
from app.dispatch.repository.readers import (
    find_endpoints,
    gather_nodes,
    list_nodes,
    may_read_site,
)
from app.dispatch.repository.waiting import find_unclaimed

__all__ = [
    "CaseAlreadyClaimed",
    "acknowledge_nomination",
    "add_claim",
    "add_decision",
    "add_nominations",
    "add_offers",
    "change_claim",
    "end_claim",
    "end_nominations",
    "find_endpoints",
    "find_standing",
    "find_unclaimed",
    "gather_nodes",
    "is_aside",
    "list_decisions",
    "list_left_behind",
    "list_nodes",
    "list_nominees",
    "list_of_reader",
    "may_read_site",
    "refuse_claimed",
]
