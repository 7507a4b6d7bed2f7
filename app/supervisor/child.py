"""One of the processes that `up` watches."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from app.db.embedded.child import make_tether
from app.kit.clock import read_monotonic_s

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_HEALTHY_AFTER_S = 30.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Child:
    """One of the processes, running or waiting for its next start."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    due_s: float = 0.0
    pause_s: float = field(default=_FIRST_PAUSE_S)
    status: int | None = None
    """Of its last end: an exit code, or a signal below zero."""

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        descriptors: Sequence[int] = (),
    ) -> None:
        """Start it, in a session of its own: Ctrl-C reaches it through us, in our order.

        Of what we have open, it is given `descriptors` only.
        """
        self.started_s = read_monotonic_s()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
            pass_fds=descriptors,
            preexec_fn=make_tether(signal.SIGKILL),  # noqa: PLW1509 - nothing else runs there
        )
        _log.info("process_started", process=self.name, pid=self.process.pid)

    def postpone(self, *, reason: str) -> None:
        """Plan another start: the system could not give the process just now."""
        _log.warning("process_not_started", process=self.name, reason=reason, pause_s=self.pause_s)
        self.due_s = read_monotonic_s() + self.pause_s
        self.pause_s = min(self.pause_s * 2, _LONGEST_PAUSE_S)

    def note_end(self) -> None:
        """If it ended, plan its next start: later after each early end."""
        if self.process is None or self.process.poll() is None:
            return
        now_s = read_monotonic_s()
        if now_s - self.started_s > _HEALTHY_AFTER_S:
            self.pause_s = _FIRST_PAUSE_S
        self.status = self.process.returncode
        _log.warning("process_ended", process=self.name, status=self.status, pause_s=self.pause_s)
        self.process = None
        self.due_s = now_s + self.pause_s
        self.pause_s = min(self.pause_s * 2, _LONGEST_PAUSE_S)

    def ask_to_stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end."""
        if self.process is not None:
            self.process.send_signal(number)

    def wait_for_end(self, deadline_s: float) -> None:
        """Wait for its end; make an end of it when the deadline has passed."""
        process, self.process = self.process, None
        if process is None:
            return
        try:
            process.wait(max(deadline_s - read_monotonic_s(), 0))
        except subprocess.TimeoutExpired:
            _log.warning("process_killed", process=self.name, pid=process.pid)
            process.kill()
            process.wait()
