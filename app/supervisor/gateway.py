"""The gateway as a whole: reception processes on one port, an index beside them, and their limits.

It is a program of its own, which imports little: it lives as long as the gateway does, and beside
its children it should not be seen.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import socket

import structlog

from app.kit.bind import Bind
from app.kit.clock import read_monotonic_s
from app.kit.errors import AppError
from app.logs import configure_logging
from app.store.files import make_folder
from app.store.layout import Layout
from app.supervisor.crew import RECEPTION, Crew
from app.supervisor.plan import Plan
from app.supervisor.signals import Signals
from app.supervisor.window import CountFiles, Window
from dicom_gateway.binding import claim, require_silence, reserve
from dicom_gateway.drain import (
    DRAIN_S,
    STOP_S,
    Registration,
    RunningGateway,
    ask_to_drain,
    find_running,
)
from dicom_gateway.shared import refuse_folder
from dicom_gateway.upper_layer.listener import PortBusy

_SETTING, _TLS_SETTING = "ASTREINTE_DICOM_BIND", "ASTREINTE_DICOM_TLS_BIND"
_GLANCE_S = 0.25
_FAREWELL_S = 3.0
"""Beyond its own time, before a process is made an end of."""
_INDEX_S = 12.0

_log = structlog.get_logger(__name__)


def run_gateway(plan: Plan) -> None:
    """Run until SIGTERM or SIGINT, or until everything has ended after a request to drain.

    Call it from the main thread.

    Raises
    ------
    Unavailable
        If the data folder cannot be written, or a port is busy; the message says what to do.
    SystemExit
        If a process of ours cannot start; it has said why.
    """
    signals = Signals()
    with signals.caught(), ExitStack() as stack:
        layout = _prepare(Path(plan.data_dir))
        ports = stack.enter_context(_reserved(plan, find_running(layout.running)))
        registration = Registration(layout.running, bind=ports.binds[_SETTING])
        stack.callback(registration.close)
        files = CountFiles(layout.counts, registration)
        window = Window(plan, files)
        stack.callback(window.close)
        environment = {**os.environ, **{name: str(bind) for name, bind in ports.binds.items()}}
        crew = Crew(plan.workers, environment=environment, ledgers=window.ledgers)
        window.open(crew, must=not plan.replaces)
        duty = _Duty(plan, crew=crew, ports=ports, registration=registration, window=window)
        duty.run(signals)


def _prepare(data_dir: Path) -> Layout:
    layout = Layout(data_dir)
    try:
        for folder in (layout.running, layout.counts):
            make_folder(folder)
    except OSError as error:
        raise refuse_folder(data_dir, error) from error
    return layout


class _Ports:
    """The ports of a gateway, kept from other accounts while no process of ours listens."""

    def __init__(
        self,
        sockets: Mapping[str, socket],
        wanted: Mapping[str, Bind],
        *,
        claims: Sequence[socket] = (),
    ) -> None:
        self._sockets = [*sockets.values(), *claims]
        self.binds = {
            setting: Bind(wanted[setting].host, int(each.getsockname()[1]))
            for setting, each in sockets.items()
        }

    def let_go(self) -> None:
        for each in self._sockets:
            each.close()


@contextmanager
def _reserved(plan: Plan, running: list[RunningGateway]) -> Iterator[_Ports]:
    wanted = {_SETTING: Bind.parse(plan.bind)}
    if plan.tls_bind is not None:
        wanted[_TLS_SETTING] = Bind.parse(plan.tls_bind)
    ours = [each for each in running if each.bind == wanted[_SETTING] and not each.drains]
    with ExitStack() as stack:
        opened, claims = {}, []
        for setting, bind in wanted.items():
            # Whom we replace has the port, and lets go of it when it drains.
            is_ours = bool(ours) and plan.replaces
            if bind.port:
                with suppress(PortBusy) if is_ours else _told_apart(bind, ours=ours):
                    claims.append(stack.enter_context(claim(bind, setting=setting)))
            if not is_ours:
                with _told_apart(bind, ours=ours):
                    require_silence(bind, setting=setting)
            opened[setting] = stack.enter_context(reserve(bind, setting=setting))
        yield _Ports(opened, wanted, claims=claims)


@contextmanager
def _told_apart(bind: Bind, *, ours: list[RunningGateway]) -> Iterator[None]:
    """Say so when it is the gateway of this data folder that has the port."""
    try:
        yield
    except PortBusy as error:
        if not ours:
            raise
        msg = (
            f"port {bind.port} of {bind.host} is in use by the gateway of this data folder, "
            f"process {ours[0].pid}: take its place with `astreinte gateway --replace`, or end it "
            "with `astreinte gateway drain`"
        )
        raise PortBusy(msg) from error


class _Duty:
    """From the first start to the last end."""

    def __init__(
        self,
        plan: Plan,
        *,
        crew: Crew,
        ports: _Ports,
        registration: Registration,
        window: Window,
    ) -> None:
        self._plan = plan
        self._crew = crew
        self._ports = ports
        self._registration = registration
        self._window = window
        self._has_listened = False

    def run(self, signals: Signals) -> None:
        """Watch the processes until a stop or a drain is asked for; then let them end."""
        try:
            while not (signals.is_stop_asked or self._is_drain_asked(signals)):
                wait_s = min(self._crew.tend(), _GLANCE_S)
                self._note_listening()
                self._window.open(self._crew, must=False)
                signals.wait(wait_s, also=self._crew.ears)
            if not signals.is_stop_asked:
                self._drain(signals)
        finally:
            self._stop()
        _log.info("gateway_stopped")

    def _is_drain_asked(self, signals: Signals) -> bool:
        return signals.is_drain_asked or self._registration.is_asked_to_drain()

    def _note_listening(self) -> None:
        if self._has_listened:
            return
        receptions = self._crew.receptions
        if any(each.child.status == 1 for each in receptions):
            # It has said in a sentence what is wrong: another try would say it again.
            raise SystemExit(1)
        if all(each.is_listening for each in receptions):
            self._has_listened = True
            self._announce()

    def _announce(self) -> None:
        binds = self._ports.binds
        address = binds[_SETTING]
        tls = {"tls_address": str(binds[_TLS_SETTING])} if _TLS_SETTING in binds else {}
        _log.info("gateway_listens", address=str(address), ae_title=self._plan.ae_title, **tls)
        if self._plan.replaces:
            for each in find_running(self._registration.path.parent):
                if each.bind == address and each.path != self._registration.path:
                    _log.info("gateway_replaced", pid=each.pid)
                    ask_to_drain(each)

    def _drain(self, signals: Signals) -> None:
        """Listen no more, and wait until the last association has ended by itself."""
        receptions = self._crew.receptions
        self._crew.ask(receptions, signal.SIGUSR1)
        until_s = read_monotonic_s() + DRAIN_S + _FAREWELL_S
        is_silent = False
        while read_monotonic_s() < until_s and not signals.is_stop_asked:
            for each in receptions:
                self._crew.look(each)
            if not is_silent and not any(each.is_listening for each in receptions):
                is_silent = True
                _log.info("gateway_drains")
                self._ports.let_go()
                self._window.close()
                self._registration.note_drain()
            if self._crew.count_running()[RECEPTION] == 0:
                return
            signals.wait(_GLANCE_S, also=self._crew.ears)

    def _stop(self) -> None:
        """Reception first: what it leaves, the index still takes."""
        receptions = self._crew.receptions
        self._crew.ask(receptions, signal.SIGTERM)
        self._crew.end(receptions, deadline_s=read_monotonic_s() + STOP_S + _FAREWELL_S)
        index = [each for each in self._crew.parts if each.part != RECEPTION]
        self._crew.ask(index, signal.SIGTERM)
        self._crew.end(index, deadline_s=read_monotonic_s() + _INDEX_S)


def main() -> None:
    """Run the plan of the command line, and turn an error of ours into a line."""
    plan = Plan(**json.loads(sys.argv[1]))
    configure_logging(plan.log_format)
    with suppress(KeyboardInterrupt):
        try:
            run_gateway(plan)
        except AppError as error:
            sys.stderr.write(f"astreinte: {error.message}\n")
            raise SystemExit(1) from error


if __name__ == "__main__":
    main()
