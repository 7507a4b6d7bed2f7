"""`astreinte simulate`, as a script would call it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands.simulated import Job, describe, run_nights
from app.dispatch.domain.simulation.ways import USUAL
from app.kit.errors import Invalid
from tests.unit.dispatch.domain.simulation.plans import make_plan


def run(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_it_tells_of_each_priority_and_writes_the_figures_and_the_plot(tmp_path: Path) -> None:
    figures, plot = tmp_path / "figures.json", tmp_path / "plot.svg"
    said = run(
        "--nights=2", "--studies=40", "--stress=asleep", f"--json={figures}", f"--plot={plot}"
    )

    found = json.loads(figures.read_text(encoding="utf-8"))
    assert list(found["policies"]) == list(USUAL)
    assert found["stress"] == ["asleep"]
    assert found["policies"]["ours"]["all"]["never_read"] == 0
    assert {"P50", "P95", "max"} <= set(said.split())
    for name in USUAL:
        assert name in said
    assert plot.read_text(encoding="utf-8").startswith("<svg")
    assert "ours" in plot.read_text(encoding="utf-8")


def test_a_file_of_arrivals_is_replayed(tmp_path: Path) -> None:
    file, figures = tmp_path / "arrivals.csv", tmp_path / "figures.json"
    file.write_text(
        "arrived_at;society;priority;read_minutes\n"
        "2026-03-14 20:45;Nord;P2;10\n"
        "2026-03-14 23:00;Sud;P1;5\n"
        "2026-03-15 14:00;Sud;P2;5\n"
        "2026-03-15 21:00;Nord;P3;8\n",
        encoding="utf-8",
    )
    said = run(f"--replay={file}", "--readers=1,2", "--policy=pool", f"--json={figures}")

    found = json.loads(figures.read_text(encoding="utf-8"))
    assert (found["nights"], found["replayed"]) == (2, True)
    assert found["policies"]["pool"]["all"]["cases"] == 3
    assert "pool" in said


def test_the_same_seed_gives_the_same_figures_on_any_number_of_processes() -> None:
    job = Job(plan=make_plan(studies=30), seed=3, policies=("ours", "pool"))

    def figures(workers: int) -> dict[str, Any]:
        done: list[int] = []
        runs = run_nights(job, nights=6, workers=workers, advance=done.append)
        assert done == [1, 2, 3, 4, 5, 6]
        return describe(runs, job=job)

    assert figures(1) == figures(2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    (
        (["--policy=best"], "'best' is none of ours, pool"),
        (["--shares=a,b"], "numbers with commas"),
        (["--readers=1,9"], "one of the 4 societies"),
        (["--replay=/nowhere.csv"], "cannot be read"),
    ),
)
def test_what_cannot_be_simulated_is_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)
