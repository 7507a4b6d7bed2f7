"""A receiving node that a story looks into: what it took, in order, and what it refuses."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydicom import Dataset
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
from pynetdicom.events import Event
from pynetdicom.presentation import AllStoragePresentationContexts

_SOP_CLASS_NOT_SUPPORTED = 0x0122
_NAMES = {
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.1.1": "DX",
    "1.2.840.10008.5.1.4.1.1.7": "SC",
    "1.2.840.10008.5.1.4.1.1.88.67": "RDSR",
    "1.2.840.10008.5.1.4.1.1.104.1": "PDF",
}


@dataclass
class Node:
    """Takes what it is sent, on a free port of loopback.

    Parameters
    ----------
    refuses
        Names of objects (`SR`, `PDF`, `SC`, `CT`) answered with 0x0122.
    """

    refuses: set[str] = field(default_factory=set)
    taken: list[Dataset] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> list[str]:
        """Name what it has taken, sorted."""
        return sorted(name_of(each) for each in self.taken)

    def find(self, name: str) -> list[Dataset]:
        """Give the objects of one name, in the order of arrival."""
        return [each for each in self.taken if name_of(each) == name]

    def keep(self, event: Event) -> int:
        """Answer a C-STORE."""
        data_set = event.dataset
        with self.lock:
            if name_of(data_set) in self.refuses:
                self.refused.append(name_of(data_set))
                return _SOP_CLASS_NOT_SUPPORTED
            self.taken.append(data_set)
        return 0x0000

    @contextmanager
    def listen(self, ae_title: str) -> Iterator[None]:
        """Listen until the story ends; the same port when it comes back."""
        entity = AE(ae_title=ae_title)
        for context in AllStoragePresentationContexts:
            if context.abstract_syntax is not None:
                entity.add_supported_context(context.abstract_syntax, ALL_TRANSFER_SYNTAXES)
        server = entity.start_server(
            ("127.0.0.1", self.port), block=False, evt_handlers=[(evt.EVT_C_STORE, self.keep)]
        )
        assert server is not None
        self.port = server.server_address[1]
        try:
            yield
        finally:
            server.shutdown()


def name_of(data_set: Dataset) -> str:
    """Name an object by its SOP class; all other structured reports are SR."""
    return _NAMES.get(str(data_set.SOPClassUID), "SR")
