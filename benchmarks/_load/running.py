"""A crowd from a process of its own, so that it takes no turn of the one that measures."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks._folders import make_environment
from benchmarks._load.association import Stored
from benchmarks._load.crowd import Crowd, Result
from benchmarks._load.recording import Image

_LOOPBACK = "127.0.0.1"
_ROOT = Path(__file__).resolve().parents[2]


def bring(crowd: Crowd, *, image: Image, port: int) -> Result:
    """Bring a crowd with this image to a peer of this host, and wait until it has left.

    Raises
    ------
    RuntimeError
        If the generator itself fails; what the peer refused stands in the result.
    """
    with TemporaryDirectory(prefix="astreinte-load-") as folder:
        found, recorded = Path(folder) / "found.json", Path(folder) / "image"
        image.write(recorded)
        options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(crowd).items()]
        command = [sys.executable, "-m", "benchmarks._load", _LOOPBACK, str(port), *options]
        done = subprocess.run(
            [*command, f"--json={found}", f"--image={recorded}"],
            check=False,
            cwd=_ROOT,
            env=make_environment({}),
            capture_output=True,
            text=True,
        )
        if not found.exists():
            raise RuntimeError(f"the load generator ended with {done.returncode}: {done.stderr}")
        return _read(found)


def _read(found: Path) -> Result:
    content = json.loads(found.read_text(encoding="utf-8"))
    stored = [Stored(**each) for each in content.pop("stored")]
    return Result(**content, stored=stored)
