"""Every test has a name of its own: of two with one name, pytest-xdist would run only one."""

from collections import Counter

import pytest


def give_own_name(item: pytest.Item) -> None:
    """Bring a test's id up to its name; schemathesis names its operations in the latter only."""
    start, bracket, rest = item.name.partition("[")
    if bracket and item.id.params is None and item.id.names[-1:] == (start,):
        # pytest has no other way to name an item that another plugin has made.
        item._id = item.id.with_params(rest.removesuffix("]"))  # noqa: SLF001


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name all tests, and refuse a session in which one would be lost."""
    for item in items:
        give_own_name(item)
    counts = Counter(item.nodeid for item in items)
    if twice := sorted(name for name, count in counts.items() if count > 1):
        msg = f"{len(twice)} names stand for several tests, the first is {twice[0]}"
        raise pytest.UsageError(msg)
