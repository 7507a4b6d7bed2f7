"""Under `ASTREINTE_TEST_STRICT=1` a skipped test fails the session.

On a developer's machine a test whose peer is missing is skipped, with the line that installs it.
Continuous integration has installed every peer, so there a skip hides something.
"""

import os

import pytest

VARIABLE = "ASTREINTE_TEST_STRICT"


class StrictSession:
    """Collects the skips of a session, and turns its success into a failure if there is one."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        # A test that was expected to fail, and did, is reported as skipped as well.
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        self.skipped.append(f"{report.nodeid}: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that skipped itself or was marked."""
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a whole module that was skipped."""
        self._note(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the session when something was skipped."""
        if self.skipped and session.exitstatus in {pytest.ExitCode.OK, 5}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which ones, and why that is an error."""
        if self.skipped:
            terminalreporter.section(f"skipped, which {VARIABLE}=1 forbids", red=True)
            for line in sorted(set(self.skipped)):
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Switch the rule on where the environment asks for it; xdist's workers report to one place."""
    if os.environ.get(VARIABLE) == "1" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(StrictSession(), "astreinte-strict")
