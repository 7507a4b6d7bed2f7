"""The rule that a skip is an error in continuous integration."""

from collections.abc import Callable

import pytest

from tests.house.tree import ROOT
from tests.plugins.strict import VARIABLE

pytest_plugins = ["pytester"]

RunSuite = Callable[[str, str], pytest.RunResult]


@pytest.fixture
def run_suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunSuite:
    """Run a suite of one file with the plugin, in a process of its own."""
    root = str(pytester.path)

    def run(strict: str, source: str) -> pytest.RunResult:
        monkeypatch.setenv(VARIABLE, strict)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess("-p", "tests.plugins.strict", "--rootdir", root)

    return run


SKIPPED = """
    import pytest

    def test_passes() -> None: ...

    def test_needs_a_peer() -> None:
        pytest.skip("apt-get install dcmtk")
"""
EXPECTED_FAILURE = """
    import pytest

    @pytest.mark.xfail(reason="known")
    def test_is_known_to_fail() -> None:
        assert False
"""
MODULE_SKIPPED = """
    import pytest

    pytest.skip("apt-get install chromium", allow_module_level=True)
"""


def test_a_skip_fails_a_strict_session_and_its_reason_is_shown(run_suite: RunSuite) -> None:
    result = run_suite("1", SKIPPED)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*test_needs_a_peer*apt-get install dcmtk*"])


def test_a_skipped_module_fails_a_strict_session(run_suite: RunSuite) -> None:
    result = run_suite("1", MODULE_SKIPPED)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*apt-get install chromium*"])


def test_a_skip_is_allowed_on_a_machine_of_a_developer(run_suite: RunSuite) -> None:
    assert run_suite("", SKIPPED).ret == pytest.ExitCode.OK


def test_an_expected_failure_is_not_a_skip(run_suite: RunSuite) -> None:
    assert run_suite("1", EXPECTED_FAILURE).ret == pytest.ExitCode.OK
