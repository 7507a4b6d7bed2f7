"""`astreinte simulate`: nights of studies, read by several policies on a virtual clock.

Errors of the application go through; `app.cli` prints them and chooses the exit code.
"""

import json
import os
import sys
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from app.commands.simulated import Job, Runs, describe, run_nights
from app.commands.simulated_own import read_own
from app.commands.simulated_plot import draw_plot
from app.commands.simulated_tables import make_tables
from app.dispatch.domain.simulation.plan import Plan, Stress
from app.dispatch.domain.simulation.replayed import Replay, fit_plan, read_replay, write_replay
from app.dispatch.domain.simulation.ways import USUAL, make_policies
from app.kit.clock import read_host_clock
from app.kit.errors import Invalid
from app.settings import read_settings

_FIRST = date(2026, 1, 5)
_ZONE = ZoneInfo("Europe/Paris")
_WIDE = 160

_Nights = Annotated[int, typer.Option(min=1, max=10_000, help="How many nights.")]
_Studies = Annotated[float, typer.Option(help="Expected in a night of twelve hours.")]
_Seed = Annotated[int, typer.Option(help="The same seed gives the same nights.")]
_Shares = Annotated[str, typer.Option(help="Of the studies, by society.")]
_Readers = Annotated[str, typer.Option(help="Society of each reader on guard, from 1.")]
_Policies = Annotated[
    list[str] | None,
    typer.Option(help=f"Policy; repeat for several: {', '.join(make_policies())}."),
]
_Stresses = Annotated[
    list[Stress] | None, typer.Option(help="What makes it harder; repeat for several.")
]
_Replay = Annotated[
    Path | None,
    typer.Option(help="CSV of arrivals (arrived_at, society, priority, read_minutes) to replay."),
]
_Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Replay what this platform read from that evening on."),
]
_Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="With --since: the first evening left out."),
]
_Arrivals = Annotated[
    Path | None, typer.Option(help="With --since: write those arrivals to this CSV, for --replay.")
]
_Workers = Annotated[int | None, typer.Option(min=1, max=64, help="Processes; else every core.")]
_Json = Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")]
_Plot = Annotated[Path | None, typer.Option("--plot", help="Draw P95 into this SVG file.")]


def simulate(  # noqa: PLR0913 - one argument for each thing that can be chosen
    *,
    nights: _Nights = 50,
    studies: _Studies = 125.0,
    seed: _Seed = 1,
    shares: _Shares = "0.4,0.3,0.2,0.1",
    readers: _Readers = "1,2,3,4",
    policy: _Policies = None,
    stress: _Stresses = None,
    replay: _Replay = None,
    since: _Since = None,
    until: _Until = None,
    arrivals: _Arrivals = None,
    workers: _Workers = None,
    json_file: _Json = None,
    plot: _Plot = None,
) -> None:
    """Compare policies on the very same nights, ours by the platform's own rule and steps."""
    if (replay and since) or ((until or arrivals) and not since):
        raise Invalid("--until and --arrivals go with --since, and --since does without --replay")
    seats = tuple(int(each) - 1 for each in _read_numbers("readers", readers))
    drawn = tuple(_read_numbers("shares", shares))
    plan = Plan(
        first=_FIRST,
        zone=ZoneInfo(read_settings().zone) if since else _ZONE,
        studies=studies,
        # What is replayed has its own shares: until it is read there are as many societies as read.
        shares=(1.0,) * (max(seats) + 1) if replay or since else drawn,
        readers=seats,
        stresses=frozenset(stress or ()),
    )
    policies = _choose(policy or USUAL)
    nights_read = _read_file(plan, replay) if replay else _read_own(plan, since, until)
    job = _make_job(plan, nights_read, seed=seed, policies=policies)
    if arrivals and nights_read:
        arrivals.write_text(write_replay(nights_read), encoding="utf-8")
    runs = _run(job, nights=nights, workers=workers or os.cpu_count() or 1)
    _report(runs, job=job, json_file=json_file, plot=plot)


def _read_file(plan: Plan, path: Path) -> Replay:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"replay: {path} cannot be read as UTF-8: {error}") from error
    return read_replay(text, plan=plan)


def _read_own(plan: Plan, since: datetime | None, until: datetime | None) -> Replay | None:
    if since is None:
        return None
    end = until.date() if until else read_host_clock().astimezone(plan.zone).date()
    return read_own(read_settings(), since=since.date(), until=end, plan=plan, say=_say)


def _make_job(plan: Plan, nights: Replay | None, *, seed: int, policies: tuple[str, ...]) -> Job:
    if nights is None:
        return Job(plan=plan, seed=seed, policies=policies)
    names = ", ".join(f"{at} {name}" for at, name in enumerate(nights.societies, start=1))
    _say(
        f"{len(nights.nights)} nights, {nights.by_day} arrivals by day left out; societies: {names}"
    )
    return Job(plan=fit_plan(plan, nights), seed=seed, policies=policies, replay=nights)


def _run(job: Job, *, nights: int, workers: int) -> Runs:
    console, count = Console(stderr=True), job.count(nights)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("nights", total=count)
        return run_nights(
            job,
            nights=count,
            workers=workers,
            advance=lambda done: progress.update(task, completed=done),
        )


def _report(runs: Runs, *, job: Job, json_file: Path | None, plot: Path | None) -> None:
    # A pipe has no width of its own: nothing is cut there.
    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    for table in make_tables(runs):
        console.print(table)
    if json_file is not None:
        text = json.dumps(describe(runs, job=job), indent=2, ensure_ascii=False)
        json_file.write_text(text + "\n", encoding="utf-8")
    if plot is not None:
        plot.write_text(draw_plot(runs), encoding="utf-8")


def _choose(names: Iterable[str]) -> tuple[str, ...]:
    known = make_policies()
    for name in (chosen := tuple(dict.fromkeys(names))):
        if name not in known:
            raise Invalid(f"policy: {name!r} is none of {', '.join(known)}")
    return chosen


def _read_numbers(what: str, text: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        raise Invalid(f"{what}: numbers with commas between them, not {text!r}") from None


def _say(line: str) -> None:
    typer.echo(line, err=True)
