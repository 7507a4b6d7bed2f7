"""A node of a hospital or a centre that can be killed, and comes back on the same port."""

from pathlib import Path

from benchmarks._folders import make_environment
from benchmarks._processes import Process, end, find_free_port, is_taken, start, wait_until_up


class KillableNode:
    """DCMTK's `storescp` as a process.

    Parameters
    ----------
    program
        Where it is.
    folder
        Where received files are kept, one flat folder; made here.
    ae_title
        What it calls itself.
    """

    def __init__(self, program: str, *, folder: Path, ae_title: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = find_free_port()
        self._log = folder.with_suffix(".log")
        self._command = [program, "--quiet", "--fork", "--accept-all", "--promiscuous"]
        self._command += ["--bit-preserving", "--aetitle", ae_title, "--filename-extension", ".dcm"]
        self._command += ["--output-directory", str(folder), str(self.port)]
        self._process: Process | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        environment = make_environment({})
        self._process = start(self._command, log=self._log, environment=environment)
        wait_until_up(self._process, log=self._log, is_up=lambda: is_taken(self.port))

    def kill(self) -> None:
        """Kill it; associations that it has forked off go on to their end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            end(self._process)
