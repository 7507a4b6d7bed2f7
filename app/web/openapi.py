"""What the description of the API says of every route: how to sign in, and how errors look."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from app.web.dependencies import Needs
from app.web.errors import Problem, describe_problem

_EVERYWHERE = (400, 413, 422, 503)
_BEHIND_A_DOOR = (401, 403)
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "astreinte_session"},
}


def find_doors(dependant: Dependant) -> Iterator[Needs]:
    """Find what a route asks of its caller, in its dependencies and theirs."""
    if isinstance(dependant.call, Needs):
        yield dependant.call
    for each in dependant.dependencies:
        yield from find_doors(each)


def install_openapi(app: FastAPI) -> None:
    """Let the application describe itself with our errors in place of FastAPI's."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _describe(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    components["securitySchemes"] = _SCHEMES
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            operation = schema["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, route)
    return schema


def _complete(operation: dict[str, Any], route: RouteContext) -> None:
    behind_a_door = any(find_doors(route.dependant))
    responses = operation["responses"]
    # FastAPI describes its own validation error, which nobody will ever see.
    responses.pop("422", None)
    for status in (*_EVERYWHERE, *(_BEHIND_A_DOOR if behind_a_door else ())):
        responses.setdefault(str(status), describe_problem(status))
    if behind_a_door:
        operation["security"] = _SECURITY
