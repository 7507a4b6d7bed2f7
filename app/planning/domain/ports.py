"""What the planning needs from outside."""

from typing import Protocol

from app.planning.domain.on_call_sheet import Sheet


class OnCallSheetRenderer(Protocol):
    """Makes the printed on-call sheet."""

    def render_sheet(self, sheet: Sheet) -> bytes:
        """Make a PDF; the same sheet always gives the same bytes.

        Blocks for some tenths of a second: call it from a thread, outside any transaction.
        """
        ...
