"""Write down who we are and what we were told, then wait for SIGTERM.

SIGUSR1 asks to drain: from then on we say of ourselves, as a gateway does, that we listen no more.
"""

import json
import os
import signal
import sys
from pathlib import Path

from app.kit.bind import Bind
from app.store.files import make_folder
from app.store.layout import Layout
from dicom_gateway.drain import Registration

SIGNALS = {signal.SIGTERM, signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
facts = {"pid": os.getpid()} | {
    name: value for name, value in os.environ.items() if name.startswith("ASTREINTE_")
}
path = Path(os.environ["ASTREINTE_DATA_DIR"], f"{sys.argv[1]}.child")
path.with_suffix(".new").write_text(json.dumps(facts), encoding="utf-8")
path.with_suffix(".new").replace(path)
if signal.sigwait(SIGNALS) == signal.SIGUSR1:
    path.replace(path.with_suffix(".draining"))
    folder = Layout(Path(os.environ["ASTREINTE_DATA_DIR"])).running
    make_folder(folder)
    registration = Registration(folder, bind=Bind("127.0.0.1", 0))
    registration.note_drain()
    signal.sigwait({signal.SIGTERM})
    registration.close()
else:
    path.unlink()
