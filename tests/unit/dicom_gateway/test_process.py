"""Signals reach a process of the gateway at any moment, also while it deals with another one."""

import os
import signal
import subprocess
import sys

from tests.plugins.accounts import ROOT

SIGNALS = 2000
PATIENCE_S = 20
CODE = """
from dicom_gateway.process import Asked
asked = Asked()
print("ready", flush=True)
while not asked.stops_soon:
    asked.wait()
"""


def test_a_signal_within_another_one_stops_nothing() -> None:
    command = [sys.executable, "-c", CODE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            for _ in range(SIGNALS):
                os.kill(process.pid, signal.SIGUSR1)
            os.kill(process.pid, signal.SIGTERM)

            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
