"""Every query on cases, their links, their clocks and their timeline."""

from app.cases.repository.clocks import (
    add_sla,
    get_site_clocks,
    get_sla,
    list_rules,
)
from app.cases.repository.links import (
    end_links,
    find_case_of_request,
    find_case_of_study,
    find_domain_of_site,
    find_standing_case_of_study,
    is_linked,
    link_request,
    link_study,
    list_candidates,
    list_members,
    list_request_ids,
    list_studies,
    make_member,
)
from app.cases.repository.opening import add_facts, open_cases
from app.cases.repository.rows import (
    CaseNotFound,
    add_case,
    change,
    find_next_due,
    get_case,
    lock_case,
    make_due,
    move,
    touch,
    try_lock_case,
)
from app.cases.repository.timeline import (
    add_event,
    list_events,
)

__all__ = [
    "CaseNotFound",
    "add_case",
    "add_event",
    "add_facts",
    "add_sla",
    "change",
    "end_links",
    "find_case_of_request",
    "find_case_of_study",
    "find_domain_of_site",
    "find_next_due",
    "find_standing_case_of_study",
    "get_case",
    "get_site_clocks",
    "get_sla",
    "is_linked",
    "link_request",
    "link_study",
    "list_candidates",
    "list_events",
    "list_members",
    "list_request_ids",
    "list_rules",
    "list_studies",
    "lock_case",
    "make_due",
    "make_member",
    "move",
    "open_cases",
    "touch",
    "try_lock_case",
]
