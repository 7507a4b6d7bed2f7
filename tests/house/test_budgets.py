"""Sizes: a file or function that outgrows its budget hides a concept that has no name yet."""

from pathlib import Path

from tests.house.rules import measure_functions
from tests.house.tree import list_files, list_python, parse, relative

FILE_LINES = 350
DOMAIN_LINES = 250
TEMPLATE_LINES = 200
FUNCTION_LINES = 40


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def find_longer(paths: list[Path], budget: int) -> list[str]:
    counted = [(relative(path), count_lines(path)) for path in paths]
    return [f"{name}: {lines} lines of {budget}" for name, lines in counted if lines > budget]


def test_no_file_is_longer_than_its_budget() -> None:
    domain = [path for path in list_python("app") if "domain" in path.parts]

    assert find_longer(list_python(), FILE_LINES) + find_longer(domain, DOMAIN_LINES) == []


def test_no_template_script_or_style_sheet_is_longer_than_its_budget() -> None:
    web = [path for path in list_files() if relative(path).startswith("app/web/")]
    templates = [path for path in web if path.suffix == ".html"]
    others = [path for path in web if path.suffix in {".css", ".js"}]

    assert find_longer(templates, TEMPLATE_LINES) + find_longer(others, FILE_LINES) == []


def test_no_function_is_longer_than_its_budget() -> None:
    # upgrade() and downgrade() are lists of tables: there is nothing to name in their middle.
    counted = [path for path in list_python() if "versions" not in path.parts]
    found = [
        f"{relative(path)}:{function.line} {function.name}: {function.length} lines"
        for path in counted
        for function in measure_functions(parse(path))
        if function.length > FUNCTION_LINES
    ]

    assert found == []
