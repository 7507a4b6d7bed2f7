"""Progress is for terminals."""

from io import StringIO

import pytest
from rich.console import Console

from app.demo.play.narrator import Narrator


def narrate(*, terminal: bool) -> str:
    written = StringIO()
    with Narrator(Console(file=written, force_terminal=terminal, width=80)).step("[the] job"):
        pass
    return written.getvalue()


def test_a_terminal_is_told_what_was_done() -> None:
    assert "[the] job" in narrate(terminal=True)


def test_a_pipe_stays_quiet() -> None:
    assert narrate(terminal=False) == ""


def test_a_step_that_fails_is_not_told_as_done() -> None:
    written = StringIO()
    narrator = Narrator(Console(file=written, force_terminal=True, width=80))

    with pytest.raises(LookupError), narrator.step("the job"):
        raise LookupError

    assert "done" not in written.getvalue()
