"""The same files from the same client to our gateway and to its peers, one after the other."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from app.kit.clock import read_monotonic_s
from benchmarks._figures import MISSING, Bar, Limit, measure
from benchmarks._folders import make_bench_folder, make_environment
from benchmarks._processes import find_program, read_version
from benchmarks._store_files import Load, Slices
from benchmarks._store_gateway import CALLED, CALLING, OURS, GatewayReceiver, run_gateway
from benchmarks._store_peers import (
    DCMTK_SCP,
    ORTHANC,
    PYNETDICOM,
    run_orthanc,
    run_raw,
    run_storescp,
)
from benchmarks._store_receiver import Receiver

_INDEX_BAR_S = 1.0
_TITLES = ("-aet", CALLING, "-aec", CALLED)

Send = Callable[[str, Slices, Receiver], None]
"""Sends the slices with a client to a receiver, and returns after the last answer."""


def send_at_once(client: str, slices: Slices, receiver: Receiver) -> None:
    """Send all files over one association."""
    _run(client, "--scan-directories", "--single-association", receiver, slices.folder)


def send_one_by_one(client: str, slices: Slices, receiver: Receiver) -> None:
    """Send each file by a client, and so over an association, of its own."""
    for path in slices.paths:
        _run(client, receiver, path)


def _run(client: str, *arguments: str | Receiver | Path) -> None:
    options = [each for each in arguments if isinstance(each, str)]
    (port,) = [str(each.port) for each in arguments if isinstance(each, Receiver)]
    files = [str(each) for each in arguments if isinstance(each, Path)]
    command = [client, "--quiet", *_TITLES, *options, "127.0.0.1", port, *files]
    subprocess.run(command, check=True, env=make_environment({}), stdout=subprocess.DEVNULL)


def compare(
    work: str,
    *,
    load: Load,
    client: str,
    send: Send,
    bars: Sequence[Bar],
    json_file: Path | None,
) -> int:
    """Measure one load against all receivers; 0 when every bar was met, 2 without the client."""
    program = find_program(client, made_by="dcmtk")
    if program is None:
        print(f"{client} is missing, nothing is measured: apt-get install dcmtk")
        return MISSING
    with make_bench_folder() as folder, ExitStack() as stack:
        slices = Slices(folder / "files", load=load)
        ours = stack.enter_context(run_gateway(folder))
        peers = {
            ORTHANC: stack.enter_context(run_orthanc(folder)),
            DCMTK_SCP: stack.enter_context(run_storescp(folder)),
            PYNETDICOM: stack.enter_context(run_raw(folder)),
        }
        receivers: dict[str, Receiver] = {OURS: ours}
        receivers |= {name: each for name, each in peers.items() if each is not None}
        figures = measure(_make_contestants(receivers, slices, program, send), work=work)
        figures.versions = {name: each.version for name, each in receivers.items()}
        figures.versions[client] = read_version(program)
        figures.skipped = sorted(peers.keys() - receivers.keys())
        return figures.report(bars, limits=[_limit_index(ours)], json_file=json_file)


def _make_contestants(
    receivers: Mapping[str, Receiver], slices: Slices, client: str, send: Send
) -> dict[str, Callable[[], float]]:
    def make(receiver: Receiver) -> Callable[[], float]:
        def contestant() -> float:
            slices.renew()
            # What the one before left unwritten is not for this one to wait for.
            os.sync()
            begun = read_monotonic_s()
            send(client, slices, receiver)
            took = read_monotonic_s() - begun
            receiver.check(slices)
            return took

        return contestant

    return {name: make(receiver) for name, receiver in receivers.items()}


def _limit_index(ours: GatewayReceiver) -> Limit:
    return Limit(
        "seconds from the last answer to the whole index",
        median(ours.index_lags_s[1:]),
        _INDEX_BAR_S,
    )
