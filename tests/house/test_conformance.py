"""The conformance statement: what it cites exists, and its figures are those of the program."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest
from pydicom._uid_dict import UID_dictionary

from app.adapters.dicom.association import Patience
from app.adapters.dicom.commitment import PynetdicomReporter
from app.adapters.dicom.query import PynetdicomCounter
from app.adapters.documents import file as documents
from app.intake.domain.commitment import FailureReason
from app.intake.domain.sop_classes import is_standard_syntax, is_storage_class
from app.settings import PREFIX, Settings
from dicom_gateway import commitment, statuses
from dicom_gateway.admission import RefusalReason
from dicom_gateway.arrival import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom_gateway.dimse.classes import VERIFICATION
from dicom_gateway.notices import COMMITMENT_CLASS, COMMITMENT_INSTANCE, MPPS_CLASS
from dicom_gateway.upper_layer.pdu import AbortReason
from tests.house.tree import ROOT, list_python, parse

STATEMENT = ROOT / "docs/dicom-conformance.md"
TEXT = STATEMENT.read_text(encoding="utf-8")
CITATION = re.compile(r"`(tests/[^`:]+)(?:::(\w+)(?:\[[^`]*\])?)?`")
#: Tables whose rows need no test: who wrote it, words, and lists that a test of their own compares.
BARE_TABLES = {"Product", "Term", "Storage class", "Transfer syntax"}
CHAPTERS = {
    1: "Overview",
    2: "Introduction",
    3: "Networking",
    4: "Configuration",
    5: "Media interchange",
    6: "Character sets",
    7: "Security",
    8: "Annexes",
}
#: What the layout of PS3.2 wants of an AE.
OF_AN_AE = ("SOP classes", "Association policies", "Association initiation policy")
OUTSIDE = {"data_dir", "database_url", "ae_title", "disk_reserve_bytes"}
"""Settings of the gateway that are not only its own."""


@dataclass(frozen=True)
class Table:
    """A table of the page, each row a list of cells."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        return [row[self.header.index(name)] for row in self.rows]


def cut_cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))


def read_tables(text: str) -> Iterator[Table]:
    for block in re.findall(r"(?m)(?:^\|.*\n?)+", text):
        header, _, *rows = block.strip().splitlines()
        yield Table(cut_cells(header), tuple(cut_cells(row) for row in rows))


def find_table(*header: str) -> Table:
    """Find the one table whose header begins so."""
    (found,) = [each for each in read_tables(TEXT) if each.header[: len(header)] == header]
    return found


def list_functions(path: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(parse(path)) if isinstance(node, functions)}


def find_missing(text: str) -> list[str]:
    """List the citations that lead to no test."""
    return [
        f"{name}::{test}"
        for name, test in CITATION.findall(text)
        if not (ROOT / name).is_file() or test not in list_functions(ROOT / name) or not test
    ]


def find_bare_rows(text: str) -> list[tuple[str, ...]]:
    """List the rows of tables that name no test."""
    return [
        row
        for table in read_tables(text)
        if table.header[0] not in BARE_TABLES
        for row in table.rows
        if table.header[-1] != "Test" or not CITATION.search(row[-1])
    ]


def test_every_test_that_is_cited_exists() -> None:
    assert len(CITATION.findall(TEXT)) > 200
    assert find_missing(TEXT) == []


def test_a_citation_of_nothing_is_seen() -> None:
    here = "tests/house/test_conformance.py"

    assert find_missing(f"`{here}::test_every_test_that_is_cited_exists[some-id]`") == []
    assert find_missing(f"`{here}::test_nothing`") == [f"{here}::test_nothing"]
    assert find_missing(f"`{here}`") == [f"{here}::"]
    assert find_missing("`tests/house/test_none.py::test_a`") == [
        "tests/house/test_none.py::test_a"
    ]


def test_every_row_names_its_test() -> None:
    assert find_bare_rows(TEXT) == []


def test_a_row_without_a_test_is_seen() -> None:
    assert find_bare_rows("| A | Test |\n|---|---|\n| b | |\n") == [("b", "")]
    assert find_bare_rows("| A | B |\n|---|---|\n| b | c |\n") == [("b", "c")]


def test_every_note_is_used_and_names_its_test() -> None:
    notes = dict(re.findall(r"(?m)^\[\^(\d+)\]: (.+)$", TEXT))

    assert notes.keys() == set(re.findall(r"\[\^(\d+)\](?!:)", TEXT))
    assert [number for number, note in notes.items() if not CITATION.fullmatch(note)] == []


def test_every_row_has_the_cells_of_its_header() -> None:
    assert [
        row for table in read_tables(TEXT) for row in table.rows if len(row) != len(table.header)
    ] == []


def test_the_layout_is_that_of_the_standard() -> None:
    headings = re.findall(r"(?m)^(#+) ([\d.]+) (.+)$", TEXT)
    chapters = {int(number): name for marks, number, name in headings if marks == "##"}

    assert chapters == CHAPTERS
    for number in ("3.2", "3.3"):
        names = {name for _, of, name in headings if of.startswith(f"{number}.")}
        assert names >= set(OF_AN_AE)
    listed = re.findall(r"(?m)^- \[(\d) (.+?)\]\(#", TEXT)
    assert {int(number): name for number, name in listed} == CHAPTERS


def test_every_rejection_stands_with_its_codes() -> None:
    table = find_table("Reason in the log")
    said = {
        row[0].strip("`"): (tuple(int(code) for code in row[1:4]), row[4]) for row in table.rows
    }

    assert said == {
        reason.value: (
            tuple(statuses.rejection_of(reason)),
            # Of the handshake: there is no association yet. What cannot be read is aborted.
            "no" if reason.name.startswith(("TLS_", "MALFORMED_")) else "yes",
        )
        for reason in RefusalReason
    }
    assert len(table.rows) == len(said)


def read_statuses(table: Table) -> list[int]:
    return [int(cell, 16) for cell in table.column(table.header[0])]


def find_section(title: str) -> str:
    (found,) = re.findall(rf"(?ms)^#+ [\d.]+ {re.escape(title)}$(.+?)(?=^#+ )", TEXT)
    return str(found)


def list_statuses(title: str) -> list[int]:
    (table,) = [
        each for each in read_tables(find_section(title)) if each.header[0].startswith("Status")
    ]
    return read_statuses(table)


def test_the_statuses_of_storage_are_those_of_the_program() -> None:
    of_errors: set[int] = set(getattr(statuses, "_STATUSES").values())  # noqa: B009 - not public

    assert list_statuses("SOP specific conformance: Storage") == sorted(
        of_errors | {statuses.SUCCESS, statuses.PROCESSING_FAILURE}
    )


def test_the_statuses_of_notices_are_those_of_the_program() -> None:
    of_errors: set[int] = set(getattr(statuses, "_OF_NOTICES").values())  # noqa: B009 - not public
    of_any = of_errors | {statuses.SUCCESS, statuses.PROCESSING_FAILURE, statuses.NO_SUCH_CLASS}
    of_asking: set[int] = set(getattr(commitment, "_STATUSES").values())  # noqa: B009 - not public

    steps = list_statuses("SOP specific conformance: Modality Performed Procedure Step")
    assert steps == sorted(of_any | {statuses.DUPLICATE_INSTANCE, statuses.NO_SUCH_INSTANCE})
    asked = list_statuses("SOP specific conformance: Storage Commitment, push model")
    assert asked == sorted(
        of_any | of_asking | {statuses.NO_SUCH_INSTANCE, statuses.NO_SUCH_ACTION}
    )


def test_every_status_of_the_program_is_named() -> None:
    codes = {name: code for name, code in vars(statuses).items() if isinstance(code, int)}

    assert len(codes) >= 15
    assert [name for name, code in codes.items() if f"0x{code:04X}" not in TEXT] == []


def test_the_reasons_of_commitments_and_aborts_are_those_of_the_program() -> None:
    assert read_statuses(find_table("Failure Reason")) == sorted(FailureReason)
    given = {int(code) for code in find_table("Reason of an abort").column("Code")}
    used = {
        AbortReason[node.attr]
        for path in list_python("dicom_gateway")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "AbortReason"
    }
    assert given == used


@pytest.mark.parametrize(
    "identifier",
    [VERIFICATION, MPPS_CLASS, COMMITMENT_CLASS, COMMITMENT_INSTANCE],
)
def test_the_classes_of_our_services_are_named(identifier: str) -> None:
    assert re.search(rf"(?<![\d.]){re.escape(identifier)}(?![\d.]*\d)", TEXT)


def test_who_we_are_is_what_the_program_says() -> None:
    table = find_section("Implementation identifying information")
    (said,) = read_tables(table)

    assert dict(zip(said.column("Item"), said.column("Value"), strict=True)) == {
        "Implementation class UID": IMPLEMENTATION_CLASS_UID,
        "Implementation version name": IMPLEMENTATION_VERSION_NAME,
    }
    written = find_section("Objects that we create")
    assert documents.IMPLEMENTATION_CLASS_UID in written
    assert documents.IMPLEMENTATION_VERSION_NAME in written


def show_default(default: object, *, name: str) -> str:
    """Write a default as the page does."""
    if default is None:
        return "none"
    if isinstance(default, timedelta):
        in_days = name.endswith("_grace")
        return f"{default.days} d" if in_days else f"{default.total_seconds():.0f} s"
    return f"{default} bytes" if name.endswith("_bytes") else str(default)


def test_every_setting_of_the_gateway_stands_with_its_default() -> None:
    table = find_table("Setting", "Default")
    said = dict(zip(table.column("Setting"), table.column("Default"), strict=True))
    names = {name for name in Settings.model_fields if name.startswith("dicom_")} | OUTSIDE

    assert said == {
        f"`{PREFIX}{name.upper()}`": show_default(Settings.model_fields[name].default, name=name)
        for name in names
    }


def find_value(dotted: str) -> Any:
    """Find what a name of the code stands for: of a module, or the default of an argument."""
    owner, _, name = dotted.rpartition(".")
    try:
        return getattr(import_module(owner), name)
    except ModuleNotFoundError:
        module, _, kind = owner.rpartition(".")
        default = signature(getattr(import_module(module), kind)).parameters[name].default
        assert default is not Parameter.empty
        return default


def list_limits() -> list[tuple[str, str]]:
    table = find_table("What", "Value", "In the code")
    return list(zip(table.column("In the code"), table.column("Value"), strict=True))


@pytest.mark.parametrize(("dotted", "said"), list_limits())
def test_every_timer_and_limit_is_that_of_the_code(dotted: str, said: str) -> None:
    (number,) = re.findall(r"^(\d+(?:\.\d+)?)(?: (?:s|bytes))?$", said)

    assert float(number) == find_value(dotted.strip("`"))


def test_the_patience_of_the_caller_is_that_of_the_code() -> None:
    table = find_table("Activity", "Connection")
    said = {row[0]: Patience(*(float(each) for each in row[1:5])) for row in table.rows}

    assert said == {
        "images, reports, echo": Patience(),
        "counts of archives": PynetdicomCounter("ANY").patience,
        "reports of commitment": PynetdicomReporter("ANY").patience,
    }


def test_the_lists_of_the_annex_are_those_of_the_standard() -> None:
    classes = {uid for uid, (_, kind, *_) in UID_dictionary.items() if kind == "SOP Class"}
    syntaxes = {uid for uid, (_, kind, *_) in UID_dictionary.items() if kind == "Transfer Syntax"}

    assert set(find_table("Storage class").column("UID")) == set(filter(is_storage_class, classes))
    assert set(find_table("Transfer syntax").column("UID")) == set(
        filter(is_standard_syntax, syntaxes)
    )


def test_the_caller_listens_nowhere() -> None:
    servers = {"start_server", "create_server", "listen"}
    listening = [
        (path.name, node.attr)
        for path in list_python("app/adapters", "app/delivery", "scheduler")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute) and node.attr in servers
    ]

    assert listening == []
