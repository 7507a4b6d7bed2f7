"""What every process of the gateway does first: listen to signals, open the spool."""

import signal
from queue import SimpleQueue

from app.settings import Settings
from app.store.layout import Layout
from dicom_gateway.shared import refuse_folder
from dicom_gateway.spool import Spool


class Asked:
    """What signals have asked of this process: to stop soon (SIGTERM), or to drain (SIGUSR1)."""

    def __init__(self) -> None:
        # Its `put` may come in the middle of another one, or of `get`; an `Event` would then wait
        # for its own lock for ever.
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._is_asked = self.stops_soon = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._note(stops_soon=True))
        signal.signal(signal.SIGUSR1, lambda *_: self._note())

    def _note(self, *, stops_soon: bool = False) -> None:
        self.stops_soon = self.stops_soon or stops_soon
        self._is_asked = True
        self._bell.put(None)

    def wait(self) -> None:
        """Wait until anything is asked."""
        while not self._is_asked:
            self._bell.get()


def open_spool(settings: Settings) -> Spool:
    """Open the spool of the data folder.

    Raises
    ------
    Unavailable
        If it cannot be written; the message says what to do.
    """
    spool = Spool(Layout(settings.data_dir.absolute()), reserve_bytes=settings.disk_reserve_bytes)
    try:
        spool.prepare()
    except OSError as error:
        raise refuse_folder(settings.data_dir.absolute(), error) from error
    return spool
