"""The load of a soak: a modality that repeats what was not taken, and readers who sign."""

import time
from collections.abc import Mapping
from threading import Event
from typing import Any

from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.users import COORDINATOR
from app.demo.play.api import Api, StepMissed
from app.demo.play.finish import REPORT
from app.kit.clock import read_host_clock, read_monotonic_s
from app.kit.errors import Unavailable
from benchmarks._gcs import Gcs
from benchmarks._studies import SmallStudy, make_study, send_urgent

_PERIOD_S = 2.0
_SLICES = 3
_SIDE = 136
_AGAIN_S = 1.0


class Modality:
    """Sends a study every two seconds; a study that was interrupted is sent again as a whole."""

    def __init__(self, gcs: Gcs) -> None:
        self.study_instance_uids: list[str] = []
        self.acknowledged: set[str] = set()
        self.interruptions = 0
        self._gcs = gcs

    def run(self, stop: Event) -> None:
        """Send until told to stop; what was begun is finished."""
        due_s = read_monotonic_s()
        number = 0
        while not stop.wait(max(0.0, due_s - read_monotonic_s())):
            number += 1
            study = make_study(number, slices=_SLICES, acquired_at=read_host_clock(), side=_SIDE)
            self.study_instance_uids.append(study.study_instance_uid)
            while not self._send(study):
                self.interruptions += 1
                time.sleep(_AGAIN_S)
            due_s += _PERIOD_S

    def _send(self, study: SmallStudy) -> bool:
        taken = 0
        try:
            for uid in send_urgent(study.images, gcs=self._gcs):
                self.acknowledged.add(uid)
                taken += 1
        except (Unavailable, RuntimeError):
            # Refused, or (RuntimeError, pynetdicom's) the association is gone in the middle.
            return False
        return taken == len(study.images)


class Readers:
    """The radiologists who are asked: each claims, writes and signs once the study is complete."""

    def __init__(self, gcs: Gcs) -> None:
        self.signed: set[int] = set()
        self.refusals: list[str] = []
        self._gcs = gcs
        self._coordinator = gcs.sign_in(COORDINATOR.login)
        self._readers: dict[int, Api] = {}

    def run(self, stop: Event) -> None:
        """Read until told to stop."""
        while not stop.is_set():
            for row in self._coordinator.get("/api/v1/worklist")["to_read"]:
                if row["complete"] and row["nominees"] and not stop.is_set():
                    self._read(row)
            stop.wait(_AGAIN_S)

    def _read(self, row: Mapping[str, Any]) -> None:
        path = f"/api/v1/cases/{row['case_id']}"
        reader = self._sign_in(row["nominees"][0]["radiologist_id"])
        shown = {"instance_count": row["instance_count"]}
        try:
            reader.post(f"{path}/acknowledge")
            reader.post(f"{path}/claim")
            reader.post(f"{path}/images-seen", shown)
            draft = reader.put(f"{path}/report", {**REPORT, "draft_number": 0})
            reader.post(f"{path}/report/sign", {**shown, "draft_number": draft["draft_number"]})
        except StepMissed as refused:
            # Such as an image that came meanwhile; what is left unsigned fails the check.
            self.refusals.append(refused.message)
        else:
            self.signed.add(row["case_id"])

    def _sign_in(self, radiologist_id: int) -> Api:
        if radiologist_id not in self._readers:
            rpps = self._coordinator.get(f"/api/v1/radiologists/{radiologist_id}")["rpps"]
            login = next(each.login for each in RADIOLOGISTS if each.rpps == rpps)
            self._readers[radiologist_id] = self._gcs.sign_in(login)
        return self._readers[radiologist_id]
