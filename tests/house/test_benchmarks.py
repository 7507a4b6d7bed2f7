"""The door to the benchmarks: what is listed can be run, what is unknown is named."""

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.__main__ import UNKNOWN, list_programs, run


def test_an_unknown_name_lists_the_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["no-such-thing"]) == UNKNOWN

    printed = capsys.readouterr().err
    assert "'no-such-thing'" in printed
    assert all(name in printed for name in list_programs())


def test_without_a_name_the_programs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == UNKNOWN

    assert "which program?" in capsys.readouterr().err


def test_a_program_is_listed_with_its_summary_and_private_modules_are_not(tmp_path: Path) -> None:
    (tmp_path / "store_ct.py").write_text('"""Store a CT.\n\nMore."""\n', encoding="utf-8")
    (tmp_path / "_peers.py").write_text('"""Peers."""\n', encoding="utf-8")

    assert list_programs(tmp_path) == {"store-ct": "Store a CT."}


def test_every_program_says_what_it_measures_and_can_be_run() -> None:
    for name, summary in list_programs().items():
        assert summary, name
        assert callable(import_module(f"benchmarks.{name.replace('-', '_')}").main), name
