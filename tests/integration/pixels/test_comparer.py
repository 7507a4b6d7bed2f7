"""The child process that reads untrusted pixels, and what becomes of us when it ends."""

import sys
import textwrap
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from app.adapters.pixels.comparer import ProcessComparer

pytestmark = pytest.mark.asyncio


def find(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    assert isinstance(found, str)
    return Path(found)


def make_comparer(folder: Path, answer: str) -> ProcessComparer:
    """Make a comparer whose child does as told for each line; `bad` names an ill-fated file."""
    program = folder / "child.py"
    program.write_text(
        textwrap.dedent(
            f"""
            import json, os, sys, time
            print("ready", flush=True)
            for line in sys.stdin:
                asked = json.loads(line)
                if "bad" in asked["other"]:
                    {answer}
                print("same", flush=True)
            """
        )
    )
    return ProcessComparer(pair_s=3.0, command=(sys.executable, str(program)))


async def test_pairs_are_answered_in_their_order() -> None:
    small, again, other = (
        find(name) for name in ("MR_small.dcm", "MR_small_RLE.dcm", "CT_small.dcm")
    )

    answers = await ProcessComparer().are_same([(small, again), (small, other), (other, other)])

    assert answers == [True, False, True]


async def test_no_pairs_need_no_process() -> None:
    assert await ProcessComparer(command=("/nonexistent",)).are_same([]) == []


async def test_what_cannot_be_decoded_is_compared_by_its_data_set(tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"\0" * 1000)
    damaged = tmp_path / "damaged.dcm"
    damaged.write_bytes(find("MR_small_RLE.dcm").read_bytes()[:-2000])

    answers = await ProcessComparer().are_same(
        [(find("MR_small.dcm"), junk), (damaged, damaged), (find("MR_small.dcm"), damaged)]
    )

    assert answers == [False, True, False]


@pytest.mark.parametrize("answer", ["os.abort()", "sys.exit(1)", "time.sleep(30)"])
async def test_a_child_that_dies_or_hangs_costs_its_pair_alone(tmp_path: Path, answer: str) -> None:
    comparer = make_comparer(tmp_path, answer)
    good, bad = tmp_path / "good", tmp_path / "bad"

    answers = await comparer.are_same([(good, good), (good, bad), (good, good)])

    assert answers == [True, False, True]
