"""What the demo prints when the main job is done."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.demo.credentials import Credentials
from app.demo.gcs.users import ADMIN, AUDITOR, COORDINATOR, PLANNER, USERS
from app.demo.images.exams import MAIN
from app.demo.images.samples import Sample
from app.demo.platform import Platform
from app.demo.play.milestones import render_table
from app.demo.play.orders import login_of
from app.demo.play.stage import Stage, count_files
from app.demo.play.story import Ending


def print_ending(console: Console, *, ending: Ending, stage: Stage) -> None:
    """Print the timeline, and where the hospital's copy lies."""
    console.print()
    title = f"case {ending.case_id}"
    console.print(render_table(ending.milestones, title=title, beside=ending.bystanders))
    hospital, centre = stage.hospital, stage.centre
    console.print(f"the hospital's copies of the report, received by {hospital.program}:")
    for copy in ending.copies:
        _print_path(console, copy.structured_report)
        _print_path(console, copy.encapsulated_pdf)
    console.print(f"images at the reading centre: {count_files(centre.folder)}, in")
    _print_path(console, centre.folder)


def print_invitation(
    console: Console,
    *,
    ending: Ending,
    stage: Stage,
    credentials: Credentials,
    samples: Sequence[Sample],
) -> None:
    """Print how to go on: where to sign in, as whom, and how to push one more study."""
    console.print()
    console.print(f"pages and API: [bold]{stage.platform.url}/[/]")
    console.print(_render_logins(ending, credentials))
    console.print("push one more study from another terminal, and watch the worklist move:")
    for sample in samples[:2]:
        _print_command(console, sample, platform=stage.platform, called=stage.called_ae_title)
    console.print(f"more studies lie beside it; send each as {_name_senders(samples)}")
    console.print("[bold]Ctrl-C[/] ends everything.")


def _render_logins(ending: Ending, credentials: Credentials) -> Table:
    table = Table(title=f"password of all: {credentials.password}", title_justify="left")
    table.add_column("login")
    table.add_column("who")
    reader = ending.radiologist
    table.add_row(reader.login, f"Dr {reader.given_name} {reader.family_name}, on guard now")
    hospital = next(user for user in USERS if user.login == login_of(MAIN.site_data))
    for user in (hospital, COORDINATOR, PLANNER, ADMIN, AUDITOR):
        table.add_row(user.login, user.display_name)
    if credentials.second_factor_secret is not None:
        table.caption = f"{AUDITOR.login} has a second factor: {credentials.second_factor_secret}"
    return table


def _print_command(console: Console, sample: Sample, *, platform: Platform, called: str) -> None:
    title = called + sample.exam.suffix
    command = (
        f"dcmsend -aet {sample.exam.ae_title} -aec {title} --scan-directories"
        f" {platform.gateway.host} {platform.gateway.port} {sample.folder}"
    )
    # Never wrapped: it is there to be pasted.
    console.print(f"  {escape(command)}", soft_wrap=True, highlight=False)


def _name_senders(samples: Sequence[Sample]) -> str:
    return ", ".join(f"{each.exam.ae_title} ({each.folder.name})" for each in samples[2:])


def _print_path(console: Console, path: Path) -> None:
    console.print(f"  {escape(str(path))}", soft_wrap=True, highlight=False)
