"""The door of what is put together and taken apart: every part must be one that the caller sees."""

from collections.abc import Iterable

from app.cases.repository import find_case_of_request
from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.web.case_access import enter_case, may_in_case
from app.web.dependencies import Work
from app.web.request_access import enter_request


async def enter_grouping(work: Work, case_id: int) -> None:
    """Let those who coordinate, and those who may read the case, put it together or apart.

    Raises
    ------
    CaseNotFound
        If there is no such case, or it is not one that the caller may see.
    PermissionDenied
        If they only see it.
    """
    if not await may_in_case(work, case_id, Permission.CASE_COORDINATE):
        await enter_case(work, case_id, Permission.CASE_CLAIM)


async def enter_joining(work: Work, case_id: int, *, request_id: int) -> None:
    """Let the caller say that a case answers a request: a case that waits for it is joined too.

    Raises
    ------
    CaseNotFound, RequestNotFound
        If there is none, or it is not one that the caller may see.
    PermissionDenied
        If they only see it.
    """
    await enter_grouping(work, case_id)
    await enter_request(work, request_id, Permission.REQUEST_READ)
    waiting_id = await find_case_of_request(work.session, request_id)
    if waiting_id is not None and waiting_id != case_id:
        await enter_grouping(work, waiting_id)


async def find_seen_cases(work: Work, case_ids: Iterable[int]) -> frozenset[int]:
    """Find which of these cases the caller may see: who is asked for one sees no other."""
    return frozenset(
        [each for each in case_ids if await may_in_case(work, each, Permission.CASE_READ)]
    )


async def find_seen_requests(work: Work, request_ids: Iterable[int]) -> frozenset[int]:
    """Find which of these requests the caller may see."""
    seen = set()
    for each in request_ids:
        try:
            await enter_request(work, each, Permission.REQUEST_READ)
        except NotFound:
            continue
        seen.add(each)
    return frozenset(seen)
