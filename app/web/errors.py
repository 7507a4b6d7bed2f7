"""From an error of the domain to an answer: problem+json (RFC 9457), or a page for people.

This is the web's only table from category to status. No answer repeats what was sent: the input of
a hospital is patient data.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException

from app.db.errors import is_serialization_failure, sqlstate_of
from app.directory.domain import AlreadyTaken, InvalidField
from app.kit.errors import AppError, Conflict, Invalid, NotAllowed, NotFound, Unavailable
from app.requests.domain.faults import ContentRefused
from app.requests.service import FileTooLarge
from app.web.races import LOST_RACE

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1


class NotSignedIn(NotAllowed):
    """Nobody is signed in, or no longer."""


class TooManyTries(Unavailable):
    """The same thing was tried too often."""


STATUS_BY_ERROR: Mapping[type[AppError], int] = {
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    FileTooLarge: 413,
    Invalid: 422,
    TooManyTries: 429,
    Unavailable: 503,
}

TITLES: Mapping[int, str] = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid",
    429: "Too many tries",
    500: "Our fault",
    503: "Not available now",
}


class FieldProblem(BaseModel):
    """A field of the input that breaks a rule."""

    model_config = ConfigDict(frozen=True)

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 wants it told."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="urn:astreinte:problem:<name of the error>")
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: tuple[FieldProblem, ...] = ()


PageRenderer = Callable[[Request, Problem], Awaitable[Response]]
"""Shows a problem to a person; the pages bring it."""

_PROGRAMS = (
    "/api/",
    "/openapi.json",
    "/metrics",
    "/health/",
    "/dicomweb/",
    "/fhir/",
    # What a browser reads as a stream is no page that it could show.
    "/worklist/events",
)
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_for_programs(path: str) -> bool:
    """Is a path one that programs call, who want problem+json?"""
    return path.startswith(_PROGRAMS)


def status_of(error: AppError) -> int:
    """Return the status of an error: that of the nearest of its classes in the table."""
    return next(STATUS_BY_ERROR[each] for each in type(error).__mro__ if each in STATUS_BY_ERROR)


def raises(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Declare which errors a route may answer with, for `responses=`.

    Those of every route (not signed in, not allowed, invalid, not available) are added by
    `app.web.openapi`.
    """
    statuses = {status_of(each("")) for each in errors}
    return {status: describe_problem(status) for status in sorted(statuses)}


def describe_problem(status: int) -> dict[str, Any]:
    """Describe an answer in the words of OpenAPI."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def make_problem(
    request: Request,
    *,
    status: int,
    name: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
) -> Problem:
    """Make a problem; `name` is the name of the error, in whatever spelling."""
    kebab = _BETWEEN_WORDS.sub("-", name).lower().replace(" ", "-")
    return Problem(
        type=f"urn:astreinte:problem:{kebab}",
        title=TITLES.get(status, "Problem"),
        status=status,
        detail=detail,
        request_id=request.scope.get("astreinte.request_id"),
        errors=tuple(errors),
    )


def write_problem(problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    """Write a problem for a program."""
    content = problem.model_dump_json(exclude_none=True)
    extra = dict(headers or {})
    if problem.status == STATUS_BY_ERROR[NotSignedIn]:
        extra.setdefault("WWW-Authenticate", "Bearer")
    if problem.status == STATUS_BY_ERROR[Unavailable]:
        extra.setdefault("Retry-After", str(RETRY_AFTER_S))
    return Response(content, problem.status, media_type=MEDIA_TYPE, headers=extra)


async def answer(
    request: Request, problem: Problem, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a problem: a page under the paths of people, problem+json everywhere else."""
    render: PageRenderer | None = getattr(request.app.state, "render_problem", None)
    if render is None or is_for_programs(request.url.path):
        return write_problem(problem, headers=headers)
    response = await render(request, problem)
    if problem.status == STATUS_BY_ERROR[Unavailable]:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return response


def install_errors(app: FastAPI, *, render: PageRenderer | None = None) -> None:
    """Let the application answer every error it knows.

    Parameters
    ----------
    app
        The application.
    render
        Shows problems to people; without it all is problem+json.
    """
    app.state.render_problem = render
    app.add_exception_handler(AppError, _answer_app_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_exception)
    app.add_exception_handler(DBAPIError, _answer_database_error)
    app.add_exception_handler(NoConnectionFree, _answer_no_connection)


async def _answer_app_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    # A page says what happened in its own words, by the error itself.
    request.state.error = error
    problem = make_problem(
        request,
        status=status_of(error),
        name=type(error).__name__,
        detail=error.message,
        errors=_find_fields(error),
    )
    return await answer(request, problem)


def _find_fields(error: AppError) -> list[FieldProblem]:
    match error:
        case InvalidField() | AlreadyTaken():
            return [FieldProblem(field=error.field, message=error.message)]
        case ContentRefused():
            return [FieldProblem(field=each.field, message=each.message) for each in error.faults]
        case _:
            return []


async def _answer_validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problem = make_problem(
        request,
        status=STATUS_BY_ERROR[Invalid],
        name="InvalidFields",
        detail="the input breaks a rule; see errors",
        errors=[_describe_field(each) for each in error.errors()],
    )
    return await answer(request, problem)


# Messages of pydantic that quote the rule and never the value.
_SAFE_MESSAGES = re.compile(
    r"missing|extra_forbidden|(string|bytes|list|tuple|set|too)_(too_)?(short|long)"
    r"|(greater|less)_than(_equal)?|(int|float|bool|string|list|dict|date|datetime)_type"
    r"|int_parsing|bool_parsing|literal_error|enum|timezone_aware|model_attributes_type"
)


def _describe_field(error: Mapping[str, Any]) -> FieldProblem:
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        # The last part is a name that the caller chose.
        place = [*place[:-1], "*"]
    safe = _SAFE_MESSAGES.fullmatch(error["type"]) is not None
    message = str(error["msg"]) if safe else "this value breaks the rule of its field"
    return FieldProblem(field=".".join(place), message=message)


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    title = TITLES.get(error.status_code, "Problem")
    problem = make_problem(request, status=error.status_code, name=title, detail=str(error.detail))
    return await answer(request, problem, headers=error.headers)


async def _answer_database_error(request: Request, error: Exception) -> Response:
    if isinstance(error, DataError):
        # NUL characters and numbers out of range get past the types of the API.
        detail, status, name = "a value cannot be stored", STATUS_BY_ERROR[Invalid], "Invalid"
    elif isinstance(error, DBAPIError) and _may_pass_later(error):
        detail, status, name = "the database does not answer now", 503, "Unavailable"
        if is_serialization_failure(error):
            request.scope[LOST_RACE] = True
    else:
        raise error
    return await answer(request, make_problem(request, status=status, name=name, detail=detail))


async def _answer_no_connection(request: Request, error: Exception) -> Response:
    """Answer whom so many others are served before that no connection came free in time."""
    if not isinstance(error, NoConnectionFree):
        raise error
    detail = "too much is asked at this moment; try again"
    status = STATUS_BY_ERROR[Unavailable]
    return await answer(
        request, make_problem(request, status=status, name="Unavailable", detail=detail)
    )


def _may_pass_later(error: DBAPIError) -> bool:
    # 08: connection; 53: out of resources; 57: the server stops or starts (PostgreSQL, appendix A).
    state = sqlstate_of(error)
    lost = error.connection_invalidated or state is None or state[:2] in {"08", "53", "57"}
    return lost or is_serialization_failure(error)
