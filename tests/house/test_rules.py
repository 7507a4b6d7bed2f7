"""The rules of `tests/house/rules.py`: that they see what they should, and that the code obeys."""

import ast
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.tree import SOURCES, list_files, list_python, parse, relative

# One transaction per request, job or batch (ADR-0003): only the edges open one.
EDGES = (
    "app/web/",
    "app/cli",
    "app/commands/",
    "app/demo/",
    "app/main",
    "benchmarks/",
    "dicom_gateway/",
    "scheduler/",
)
SESSION = "app/db/session.py"
# What receives and answers knows no database: the index does, and the desk that takes questions of
# storage commitment, whose answer promises that the question is committed.
UNITS_OF_GATEWAY = ["dicom_gateway/commitment_rows.py", "dicom_gateway/index.py"]
# The host's clock has one reader; the database's is read by app.db.clock (ADR-0006).
CLOCKS = {"app/kit/clock.py", "app/db/clock.py"}


def is_domain(path: Path) -> bool:
    name = relative(path)
    return name.startswith("app/kit/") or "/domain/" in name


# --------------------------------------------------------------------- the rules see what they must


@pytest.mark.parametrize(
    "source", ["session.commit()", "async def f():\n    await self.session.commit()"]
)
def test_a_commit_is_seen(source: str) -> None:
    assert rules.find_commits(ast.parse(source))


def test_a_function_called_commit_that_is_not_a_method_is_left_alone() -> None:
    assert rules.find_commits(ast.parse("commit(1)\nsession.rollback()")) == []


@pytest.mark.parametrize(
    "source",
    [
        "async with unit_of_work(sessions) as session: ...",
        "session_module.run_unit_of_work(sessions, work)",
    ],
)
def test_a_unit_of_work_is_seen(source: str) -> None:
    wrapped = f"async def f():\n    {source}"

    assert rules.find_units_of_work(ast.parse(wrapped)) == [2]


@pytest.mark.parametrize("sessions", ["sessions()", "self._sessions()", "container.own_sessions()"])
def test_a_session_without_a_unit_of_work_is_seen(sessions: str) -> None:
    source = f"async def f():\n    async with turn(), {sessions} as session: ..."

    assert rules.find_sessions_left_open(ast.parse(source)) == [2]


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "time.time()",
        "date.today()",
        "func.now()",
    ],
)
def test_a_reading_of_the_clock_is_seen(source: str) -> None:
    assert rules.find_wall_clock(ast.parse(source)) == [1]


@pytest.mark.parametrize("source", ["clock.now()", "time.monotonic()", "now = 1", "datetime.max"])
def test_an_injected_clock_is_left_alone(source: str) -> None:
    assert rules.find_wall_clock(ast.parse(source)) == []


@pytest.mark.parametrize("module", ["sqlalchemy", "app.db.base", "app.cases.models", "pydicom.tag"])
def test_a_foreign_import_of_a_domain_is_seen(module: str) -> None:
    assert rules.find_foreign_imports(ast.parse(f"from {module} import x")) == [(1, module)]


@pytest.mark.parametrize("module", ["datetime", "app.kit.errors", "app.planning.domain.seats"])
def test_what_a_domain_may_import_is_left_alone(module: str) -> None:
    assert rules.find_foreign_imports(ast.parse(f"import {module}")) == []


@pytest.mark.parametrize(
    "template",
    [
        "{{ name|safe }}",
        "{{ name | safe }}",
        "{% autoescape false %}",
        "Environment(autoescape=False)",
    ],
)
def test_escaping_switched_off_is_seen(template: str) -> None:
    assert rules.find_unescaped(template) == [1]


@pytest.mark.parametrize("template", ["{{ name }}", "{{ safe_name }}", "{{ a | safety }}"])
def test_an_escaped_template_is_left_alone(template: str) -> None:
    assert rules.find_unescaped(template) == []


def test_a_function_is_measured_with_its_docstring_and_without_its_decorators() -> None:
    source = '@cache\n@other\ndef f():\n    """One\n\n    two."""\n    return 1\n'

    assert rules.measure_functions(ast.parse(source)) == [rules.Function("f", 3, 5)]


# ------------------------------------------------------------------------------- the code obeys


def test_commit_stands_only_at_the_edges_and_once_in_each() -> None:
    files = [relative(path) for path in list_python(*SOURCES) if rules.find_commits(parse(path))]

    assert [name for name in files if not name.startswith((*EDGES, SESSION))] == []
    assert [edge for edge in EDGES if sum(name.startswith(edge) for name in files) > 1] == []


def test_only_the_edges_open_a_unit_of_work() -> None:
    files = [
        relative(path) for path in list_python(*SOURCES) if rules.find_units_of_work(parse(path))
    ]

    assert [name for name in files if not name.startswith((*EDGES, SESSION))] == []


def test_nobody_opens_a_session_that_ends_without_a_commit() -> None:
    # The command that verifies the spool reads once, and ends.
    allowed = {SESSION, "dicom_gateway/upkeep.py"}
    files = {
        relative(path)
        for path in list_python(*SOURCES)
        if rules.find_sessions_left_open(parse(path))
    }

    assert files - allowed == set()


def test_in_the_gateway_only_the_index_and_the_commitment_desk_open_one() -> None:
    files = [
        relative(path)
        for path in list_python("dicom_gateway")
        if rules.find_units_of_work(parse(path))
    ]

    assert sorted(files) == UNITS_OF_GATEWAY


def test_nobody_but_the_clocks_reads_a_clock() -> None:
    found = [
        f"{relative(path)}:{line}"
        for path in list_python(*SOURCES)
        if relative(path) not in CLOCKS
        for line in rules.find_wall_clock(parse(path))
    ]

    assert found == []


def test_domain_and_kit_import_the_standard_library_only() -> None:
    found = [
        f"{relative(path)}:{line} imports {name}"
        for path in list_python("app")
        if is_domain(path)
        for line, name in rules.find_foreign_imports(parse(path))
    ]

    assert found == []


def test_no_template_and_no_page_switches_escaping_off() -> None:
    found = [
        f"{relative(path)}:{line}"
        for path in list_files()
        if relative(path).startswith("app/") and path.suffix in {".html", ".py", ".xml"}
        for line in rules.find_unescaped(path.read_text(encoding="utf-8"))
    ]

    assert found == []
