"""Counts of one process of the gateway, in memory that its supervisor reads.

A row is a key and a number. Rows are only ever added, and a number is one aligned machine word: who
reads while another writes sees the number before or after, never between.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import structlog

from dicom_gateway.shared import OwnFile

_log = structlog.get_logger(__name__)
_ROWS = 1536
_KEY_BYTES = 120
_ROW_BYTES = _KEY_BYTES + 8
_ROW_WORDS = _ROW_BYTES // 8
_VALUE_WORD = _ROW_WORDS - 1

Key = tuple[str, ...]
"""Name of the number, then the values of its labels."""


class Ledger:
    """The numbers of this process; its file stays when it ends, for whoever adds them up.

    Parameters
    ----------
    path
        Where others shall read them; without it nobody does.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._own = None if path is None else OwnFile(path, size=_ROWS * _ROW_BYTES)
        memory = bytearray(_ROWS * _ROW_BYTES) if self._own is None else self._own.memory
        self._octets = memoryview(memory)
        self.values = self._octets.cast("d")
        """All words; write only those that `find` names, holding `lock`."""
        self._words: dict[Key, int] = {}
        self.lock = Lock()
        self._is_full = False

    def find(self, *key: str) -> int:
        """Find the word of a number in `values`; a new one begins with zero.

        The last row is for all keys that come when the others are taken: labels are bounded, so
        that this does not happen; if it does, memory and time stay bounded.
        """
        word = self._words.get(key)
        return self._add(key) if word is None else word

    def _add(self, key: Key) -> int:
        with self.lock:
            if key in self._words:
                return self._words[key]
            row = len(self._words)
            if row >= _ROWS - 1:
                if not self._is_full:
                    self._is_full = True
                    _log.error("ledger_is_full", key=key[0])
                return (_ROWS - 1) * _ROW_WORDS + _VALUE_WORD
            text, start = _write_key(key), row * _ROW_BYTES
            self._octets[start + 1 : start + 1 + len(text)] = text
            # Only with its length is it there for readers.
            self._octets[start] = len(text)
            word = row * _ROW_WORDS + _VALUE_WORD
            self._words[key] = word
            return word

    def add(self, amount: float, *key: str) -> None:
        """Add to a number."""
        word = self._words.get(key) or self.find(*key)
        with self.lock:
            self.values[word] += amount

    def set(self, value: float, *key: str) -> None:
        """Set a number."""
        self.values[self.find(*key)] = value

    def read(self) -> dict[Key, float]:
        """Read all numbers."""
        return dict(read_rows(self._octets))


def read_rows(memory: memoryview) -> Iterator[tuple[Key, float]]:
    """Read the rows of a ledger, of this process or another."""
    for start in range(0, len(memory) - _ROW_BYTES + 1, _ROW_BYTES):
        length = memory[start]
        if length == 0:
            return
        text = bytes(memory[start + 1 : start + 1 + length]).decode()
        (value,) = struct.unpack_from("=d", memory, start + _KEY_BYTES)
        yield tuple(text.split("\n")), value


def _write_key(key: Key) -> bytes:
    text = "\n".join(each.replace("\n", " ") for each in key).encode()[: _KEY_BYTES - 1]
    # Cut within a character, it would not be readable.
    return text.decode(errors="ignore").encode()
