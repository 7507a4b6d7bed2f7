"""Which files come first: those that take minutes, so that no worker is left alone with them.

pytest-xdist gives each worker one file after the other (`--dist loadfile`). It would begin with the
files of most tests, and those of few tests that start whole platforms would come last, each on one
core while the other has nothing left to do.
"""

import pytest

MINUTES = (
    "tests/e2e/test_demo.py",
    "tests/e2e/test_processes_survive.py",
    "tests/e2e/test_main_job_in_a_browser.py",
    "tests/e2e/test_gateway_killed.py",
    "tests/e2e/test_commitment_with_orthanc.py",
    "tests/e2e/test_embedded_up.py",
    "tests/contract/test_openapi.py",
    "tests/unit/planning/domain/calibration/test_simulation.py",
    "tests/unit/planning/domain/sharing/test_histories.py",
)
"""Files that take half a minute or more, or a single test of which does."""
_FOLDERS = ("tests/e2e/", "tests/integration/", "tests/contract/", "tests/concurrency/")
"""What takes seconds; all others take less."""


def rank_file(path: str) -> tuple[int, int]:
    """Rank a file: the smaller one comes first.

    Parameters
    ----------
    path
        Relative to the project, with slashes, as in the name of a test.
    """
    if path in MINUTES:
        return 0, MINUTES.index(path)
    return (1 if path.startswith(_FOLDERS) else 2), 0


# Last: after pytest-randomly, whose order within a file and among equals is kept.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests by their files."""
    items.sort(key=lambda item: rank_file(item.nodeid.partition("::")[0]))
