"""The rules that ruff does not know: each takes a parsed file and names the lines that break it."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

_WALL_CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("func", "now"),
    ("func", "current_timestamp"),
}
_UNITS_OF_WORK = {"unit_of_work", "run_unit_of_work"}
_SESSIONS = {"sessions", "_sessions", "own_sessions"}
# `Markup(...)` in code is ruff's S704.
_SAFE_FILTER = re.compile(r"\|\s*safe\b|autoescape\s+false|autoescape\s*=\s*False")
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


class Function(NamedTuple):
    """A function as it stands in its file, its docstring counted, its decorators not."""

    name: str
    line: int
    length: int


def measure_functions(tree: ast.Module) -> list[Function]:
    """Measure every function and method."""
    return [
        Function(node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, _FUNCTION)
    ]


def find_commits(tree: ast.Module) -> list[int]:
    """Find calls of `commit` on whatever object."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]


def find_units_of_work(tree: ast.Module) -> list[int]:
    """Find where a transaction is opened through `app.db.session`."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last_name(node.func) in _UNITS_OF_WORK
    ]


def find_sessions_left_open(tree: ast.Module) -> list[int]:
    """Find sessions whose block ends without a commit: psycopg forgets what it had prepared."""
    return [
        item.context_expr.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if isinstance(item.context_expr, ast.Call)
        and _last_name(item.context_expr.func) in _SESSIONS
    ]


def find_wall_clock(tree: ast.Module) -> list[int]:
    """Find readings of a clock, ours or the database's, that business code must be given."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (_last_name(node.value), node.attr) in _WALL_CLOCK
    ]


def find_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """List the modules that a file imports, with their lines; relative imports are banned."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def find_foreign_imports(tree: ast.Module) -> list[tuple[int, str]]:
    """Find what a domain or kit file may not import.

    It may import the standard library, `app.kit`, and the domain of its own or of another feature
    (which one is the layers' contract).
    """
    return [(line, name) for line, name in find_imports(tree) if not _is_pure(name)]


def find_unescaped(template: str) -> list[int]:
    """Find where a template, or code that feeds one, switches the escaping off."""
    return [
        number
        for number, line in enumerate(template.splitlines(), start=1)
        if _SAFE_FILTER.search(line)
    ]


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_pure(module: str) -> bool:
    parts = module.split(".")
    if parts[0] != "app":
        return parts[0] in sys.stdlib_module_names
    return parts[1:2] == ["kit"] or parts[2:3] == ["domain"]
