"""No test is lost because another has its name."""

import pytest

from tests.plugins.names import give_own_name, pytest_collection_modifyitems


class Named(pytest.Item):
    """A test that is only a name."""

    def runtest(self) -> None:
        """Pass."""


def make_item(request: pytest.FixtureRequest, *, name: str, nodeid: str) -> pytest.Item:
    return Named.from_parent(request.session, name=name, nodeid=nodeid)


def test_an_id_that_lacks_the_parameters_of_its_name_gets_them(
    request: pytest.FixtureRequest,
) -> None:
    item = make_item(request, name="test_a[GET /x]", nodeid="tests/test_x.py::test_a")

    give_own_name(item)

    assert item.nodeid == "tests/test_x.py::test_a[GET /x]"


def test_a_session_in_which_two_tests_have_one_name_is_refused(
    request: pytest.FixtureRequest,
) -> None:
    items = [make_item(request, name="test_a", nodeid="tests/test_x.py::test_a") for _ in range(2)]

    with pytest.raises(pytest.UsageError, match=r"tests/test_x\.py::test_a"):
        pytest_collection_modifyitems(items)
