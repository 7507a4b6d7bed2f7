"""What connections share: those that say nothing are bounded in number."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from dicom_gateway.upper_layer.common import Common, Timers

if TYPE_CHECKING:
    from dicom_gateway.ports import Reception
    from dicom_gateway.upper_layer.connection import Connection

MOST_SILENT = 1000


class Silent:
    """A connection that says nothing, and knows whether it was ended."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True
        self._common.silent.pop(cast("Connection", self), None)


def add_silent(common: Common, *, count: int) -> Sequence[Silent]:
    added = [Silent(common) for _ in range(count)]
    for each in added:
        common.add(cast("Connection", each))
    return added


def test_one_silent_connection_too_many_ends_the_oldest() -> None:
    common = Common(
        # Nobody asks for an association.
        reception=cast("Reception", None),
        services=(),
        timers=Timers(artim_s=1, idle_s=1, stall_s=1),
        buffer=memoryview(bytearray(1)),
    )
    silent = add_silent(common, count=MOST_SILENT)
    assert not any(each.is_aborted for each in silent)

    # Who has asked is silent no more.
    common.silent.pop(cast("Connection", silent[0]))
    add_silent(common, count=2)

    assert [each.is_aborted for each in silent] == [False, True, *[False] * (MOST_SILENT - 2)]
    common.remove(cast("Connection", silent[2]))
    assert len(common.silent) == MOST_SILENT - 1
