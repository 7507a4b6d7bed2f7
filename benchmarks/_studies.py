"""Small studies of invented patients, each with a name by which its case is found again."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydicom import Dataset
from pydicom.uid import UID

from app.demo.images.exams import MAIN
from app.demo.images.identity import PatientData, StudyIdentity, draw_identity
from app.demo.images.phantom import KIND, SIDE, iterate_head_ct
from app.demo.peers.modality import Push, push
from app.kit.clock import read_host_clock
from app.kit.ids import draw_uid
from benchmarks._gcs import Gcs
from benchmarks._load.image import shrink


@dataclass(frozen=True, slots=True)
class SmallStudy:
    """A head CT of a few slices; `name` is its patient's."""

    name: str
    study_instance_uid: str
    images: tuple[Dataset, ...]


def make_study(number: int, *, slices: int, acquired_at: datetime, side: int = SIDE) -> SmallStudy:
    """Make the study of a number; its identifiers are fresh."""
    identity = _draw_identity(number, acquired_at)
    images = deepcopy(_paint(slices, side))
    series_instance_uid, frame_of_reference_uid = draw_uid(), draw_uid()
    for at, image in enumerate(images, start=1):
        image.FrameOfReferenceUID = UID(frame_of_reference_uid)
        identity.stamp(image, series_instance_uid=series_instance_uid, number=at)
    return SmallStudy(identity.patient.name, identity.study_instance_uid, images)


@cache
def _paint(slices: int, side: int) -> tuple[Dataset, ...]:
    """Paint a head once: whose it is and when it was made is stamped on copies of its slices."""
    identity = _draw_identity(0, read_host_clock())
    images = tuple(iterate_head_ct(identity, slices=slices))
    for image in images:
        shrink(image, side=side)
    return images


def _draw_identity(number: int, acquired_at: datetime) -> StudyIdentity:
    return draw_identity(
        patient=PatientData(name=f"Mesurer^{number:06}", birth_date="19510203", sex="F"),
        description="SCANNER CEREBRAL",
        institution=MAIN.site_data.name,
        station=MAIN.ae_title,
        acquired_at=acquired_at,
    )


def send_urgent(images: Iterable[Dataset], *, gcs: Gcs) -> Iterator[str]:
    """Push images as P1; yields the SOP Instance UID of each that was acknowledged."""
    to = Push(
        calling_ae_title=MAIN.ae_title,
        called_ae_title=f"{gcs.settings.ae_title}_P1",
        gateway=gcs.platform.gateway,
    )
    return push(images, kinds={KIND}, to=to)
