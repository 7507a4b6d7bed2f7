"""Where the night is played: the platform with its peers, and how long one waits for a sight."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.demo.images.exams import Exam, iterate_images, kinds_in
from app.demo.images.identity import StudyIdentity
from app.demo.peers.modality import AssociationRefused, Push, push
from app.demo.peers.node import ReceivingNode
from app.demo.platform import Platform
from app.demo.play.api import Api
from app.kit.clock import read_monotonic_s

SEEN_WITHIN_S = 120.0
"""For what the platform does by itself; on a busy machine it is slow and has not failed."""
DELIVERED_WITHIN_S = 300.0
"""For what another node must take: a failed try is repeated after 10, 30 and 60 seconds."""
_ADMITTED_WITHIN_S = 120.0
_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the night is played."""

    platform: Platform
    called_ae_title: str
    password: str
    hospital: ReceivingNode
    centre: ReceivingNode
    acquired_at: datetime

    def sign_in(self, login: str) -> Api:
        """Sign in to the platform as somebody."""
        return Api.sign_in(self.platform.url, login=login, password=self.password)

    def send(self, exam: Exam, *, identity: StudyIdentity) -> int:
        """Push an exam; returns how many images were acknowledged.

        Who is refused tries again, as modalities do: a gateway that has not yet read the senders
        that were just entered admits them a moment later.
        """
        to = Push(
            calling_ae_title=exam.ae_title,
            called_ae_title=self.called_ae_title + exam.suffix,
            gateway=self.platform.gateway,
        )
        deadline_s = read_monotonic_s() + _ADMITTED_WITHIN_S
        while True:
            images = iterate_images(exam, identity=identity)
            try:
                return sum(1 for _ in push(images, kinds=kinds_in(exam), to=to))
            except AssociationRefused:
                if read_monotonic_s() > deadline_s:
                    raise
                time.sleep(_PAUSE_S)


def count_files(folder: Path) -> int:
    """Count the files that a node has received."""
    return sum(1 for _ in folder.glob("*.dcm"))
