"""The pages for people: what they name exists, and what they must say is said."""

import re
from pathlib import Path

import pytest
import yaml

from app.settings import PREFIX, Settings
from tests.house.test_docker import check_command
from tests.house.tree import ROOT, list_files, list_python, relative

PAGES = [path for path in list_files() if path.suffix == ".md"]
DECISIONS = sorted(path for path in PAGES if path.parent == ROOT / "docs/adr")
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
#: What the issue asks of the Makefile.
TARGETS = {"help", "setup", "demo", "test", "check", "bench", "soak", "clean"}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def list_targets() -> set[str]:
    return set(re.findall(r"(?m)^([a-z][a-z-]*):", read(ROOT / "Makefile")))


def list_phony() -> set[str]:
    lines = re.findall(r"(?m)^\.PHONY: (.+)$", read(ROOT / "Makefile"))
    return {name for line in lines for name in line.split()}


def test_the_makefile_has_every_target_that_is_promised_and_shows_it_in_its_help() -> None:
    shown = set(re.findall(r"(?m)^([a-z][a-z-]*):.*## ", read(ROOT / "Makefile")))

    assert shown >= TARGETS


def test_no_target_of_the_makefile_is_taken_for_a_file() -> None:
    assert list_targets() - list_phony() == set()


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "soak"])
def test_a_target_that_needs_the_set_up_calls_it(target: str) -> None:
    rules = dict(re.findall(r"(?m)^([a-z][a-z-]*):([^#\n]*)", read(ROOT / "Makefile")))
    needed = rules[target].split()

    assert "setup" in needed or all("setup" in rules[each].split() for each in needed)


def test_the_readme_gives_the_two_commands_as_they_are_typed() -> None:
    blocks = re.findall(r"```\n(.+?)\n```", read(ROOT / "README.md"), flags=re.DOTALL)

    assert [block for block in blocks if block.startswith("make ")] == ["make demo", "make test"]


def test_the_way_of_a_study_has_eight_lines_and_a_diagram() -> None:
    section = read(ROOT / "README.md").split("## The way of a study")[1].split("\n## ")[0]

    assert "```mermaid" in section
    assert re.findall(r"(?m)^(\d)\. ", section) == list("12345678")


def test_every_folder_of_the_map_exists_and_every_folder_of_app_is_on_it() -> None:
    section = read(ROOT / "README.md").split("## Map")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in re.findall(r"(?m)^\| `.+$", section)]
    named = {name for row in rows for name in re.findall(r"`([\w./]+)`", row)}
    packages = {f"app/{path.parent.name}" for path in (ROOT / "app").glob("*/__init__.py")}

    assert [name for name in named if not (ROOT / name).exists()] == []
    assert packages - named == set()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"`make (?:-k )?([a-z][a-z-]*)", read(page)))
    named |= set(re.findall(r"(?m)^make ([a-z][a-z-]*)", read(page)))

    assert named - list_targets() == set()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_of_a_page_leads_to_a_file_of_the_repository(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", read(page))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]

    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_setting_that_a_page_or_a_script_names_exists() -> None:
    scripts = [path for path in list_files() if path.parent == ROOT / ".ci"]
    named = {
        (relative(path), name)
        for path in [*PAGES, *scripts, ROOT / "Makefile"]
        for name in re.findall(rf"\b{PREFIX}(?!TEST_)([A-Z_]+)\b", read(path))
    }

    assert [each for each in named if each[1].lower() not in Settings.model_fields] == []


def test_every_command_that_the_readme_names_exists() -> None:
    text = read(ROOT / "README.md")
    named = {
        tuple(line.split()) for line in re.findall(r"(?m)(?:`|^)astreinte((?: [a-z]+)+)", text)
    }

    assert {("gateway",), ("gateway", "drain"), ("spool", "verify"), ("tls", "init")} <= named
    for words in sorted(named):
        check_command(list(words))


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in DECISIONS] == [
        f"{number:04}-" for number in range(1, len(DECISIONS) + 1)
    ]


@pytest.mark.parametrize("page", DECISIONS, ids=relative)
def test_a_decision_has_its_sections_in_order_and_fits_on_a_page(page: Path) -> None:
    text = read(page)

    assert re.match(rf"# {page.name[:4]}\. .+\n\nStatus: \w+", text)
    assert re.findall(r"(?m)^## (.+)$", text) == SECTIONS
    assert len(text.splitlines()) <= 60


def test_a_decision_that_is_cited_exists() -> None:
    numbers = {path.name[:4] for path in DECISIONS}
    cited = {
        (relative(path), number)
        for path in [*list_python(), *PAGES]
        for number in re.findall(r"ADR-(\d{4})", read(path))
    }

    assert sorted(each for each in cited if each[1] not in numbers) == []


def test_the_hooks_are_local_and_run_what_the_set_up_installed() -> None:
    config = yaml.safe_load(read(ROOT / ".pre-commit-config.yaml"))

    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert (ROOT / hook["entry"].split()[0]).exists(), hook["entry"]


@pytest.mark.parametrize(
    "script", [".ci/run", ".ci/venv", ".ci/vendor", ".ci/lock", ".ci/dead-code"]
)
def test_a_script_can_be_run_and_stops_at_its_first_error(script: str) -> None:
    path = ROOT / script

    assert path.stat().st_mode & 0o100
    assert "set -euo pipefail" in read(path)
