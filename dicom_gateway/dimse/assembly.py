"""From presentation data values to messages, without keeping a data set in memory."""

from typing import Protocol

from dicom_gateway.dimse.command_set import (
    MAX_COMMAND_BYTES,
    Command,
    MalformedCommand,
    decode_command,
)
from dicom_gateway.dimse.sink import Sink
from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu

_COMMAND, _LAST = 1, 2
_UNKNOWN_FLAGS = ~(_COMMAND | _LAST) & 0xFF


class Dispatcher(Protocol):
    """Takes the requests of one association."""

    def accepts(self, context_id: int) -> bool:
        """Was this presentation context accepted?"""
        ...

    def begin(self, request: Command, *, context_id: int) -> Sink | None:
        """Take a request; give what takes its data set, or nothing when it has none."""
        ...


class Assembly:
    """Puts the messages of one association together (PS3.7 §6.3, PS3.8 annex E).

    Parameters
    ----------
    dispatcher
        Who takes them.

    Raises
    ------
    MalformedPdu
        From `open` and `close`: what came is no message, and the association must be aborted.
    """

    __slots__ = ("_command", "_context_id", "_dispatcher", "_flags", "_is_open", "_sink")

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._command = bytearray()
        self._context_id = 0
        self._flags = 0
        self._sink: Sink | None = None

    @property
    def is_within_message(self) -> bool:
        """Has a message begun that is not whole?"""
        return self._sink is not None or len(self._command) > 0

    def open(self, context_id: int, flags: int) -> None:
        """Begin a presentation data value: its context, and its message control header."""
        if not self._dispatcher.accepts(context_id):
            raise _refuse("a fragment names a presentation context that was not accepted")
        if self.is_within_message and context_id != self._context_id:
            raise _refuse("fragments of two presentation contexts are mixed")
        if flags & _COMMAND and self._sink is not None:
            raise _refuse("a command begins within a data set")
        if not flags & _COMMAND and self._sink is None:
            raise _refuse("a data set comes before its command")
        self._context_id, self._flags = context_id, flags & ~_UNKNOWN_FLAGS

    def write(self, fragment: memoryview) -> None:
        """Take bytes of the value that is open."""
        if not self._flags & _COMMAND:
            assert self._sink is not None  # noqa: S101 - `open` has looked
            self._sink.write(fragment)
            return
        if len(self._command) + len(fragment) > MAX_COMMAND_BYTES:
            raise _refuse("a command is longer than any")
        self._command += fragment

    def close(self) -> None:
        """End the value; when it was the last of its kind, the command or the data is whole."""
        if not self._flags & _LAST:
            return
        if self._flags & _COMMAND:
            self._take_command()
            return
        sink, self._sink = self._sink, None
        assert sink is not None  # noqa: S101 - `open` has looked
        sink.finish()

    def _take_command(self) -> None:
        command, self._command = self._command, bytearray()
        try:
            request = decode_command(command)
        except MalformedCommand as error:
            raise _refuse(str(error)) from error
        self._sink = self._dispatcher.begin(request, context_id=self._context_id)

    def give_up(self) -> None:
        """Forget what is not whole: the association ended."""
        sink, self._sink = self._sink, None
        self._command = bytearray()
        if sink is not None:
            sink.give_up()


def _refuse(message: str) -> MalformedPdu:
    return MalformedPdu(AbortReason.INVALID_PARAMETER_VALUE, message)
