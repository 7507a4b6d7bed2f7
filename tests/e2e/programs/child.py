"""Write down who we are and what we were told, then wait for SIGTERM."""

import json
import os
import signal
import sys
from pathlib import Path

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
facts = {"pid": os.getpid()} | {
    name: value for name, value in os.environ.items() if name.startswith("ASTREINTE_")
}
path = Path(os.environ["ASTREINTE_DATA_DIR"], f"{sys.argv[1]}.child")
path.with_suffix(".new").write_text(json.dumps(facts), encoding="utf-8")
path.with_suffix(".new").replace(path)
signal.sigwait({signal.SIGTERM})
path.unlink()
