"""A receiver on pynetdicom that writes what comes, without a sync: `_raw_receiver FOLDER`."""

import signal
import sys
import uuid
from pathlib import Path

from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.events import EVT_C_STORE, Event
from pynetdicom.presentation import StoragePresentationContexts

_SUCCESS = 0x0000


def serve(folder: Path) -> None:
    """Listen on a free port, which is printed, until the process is ended."""
    entity = AE(ae_title="RAW")
    for context in StoragePresentationContexts:
        # The files' own: in another one the sender would have to convert.
        entity.add_supported_context(str(context.abstract_syntax), ExplicitVRLittleEndian)
    entity.maximum_pdu_size = 0

    def keep(event: Event) -> int:
        (folder / str(uuid.uuid4())).write_bytes(event.encoded_dataset())
        return _SUCCESS

    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(EVT_C_STORE, keep)])
    if server is None:
        raise TypeError("pynetdicom gave no server")
    print(server.server_address[1], flush=True)
    # Its threads end with this one.
    signal.pause()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
