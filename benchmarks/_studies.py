"""Small studies of invented patients, each with a name by which its case is found again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset

from app.demo.images.exams import MAIN
from app.demo.images.identity import PatientData, draw_identity
from app.demo.images.phantom import KIND, SIDE, iterate_head_ct
from app.demo.peers.modality import Push, push
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
    identity = draw_identity(
        patient=PatientData(name=f"Mesurer^{number:06}", birth_date="19510203", sex="F"),
        description="SCANNER CEREBRAL",
        institution=MAIN.site_data.name,
        station=MAIN.ae_title,
        acquired_at=acquired_at,
    )
    images = tuple(iterate_head_ct(identity, slices=slices))
    for image in images:
        shrink(image, side=side)
    return SmallStudy(identity.patient.name, identity.study_instance_uid, images)


def send_urgent(images: Iterable[Dataset], *, gcs: Gcs) -> Iterator[str]:
    """Push images as P1; yields the SOP Instance UID of each that was acknowledged."""
    to = Push(
        calling_ae_title=MAIN.ae_title,
        called_ae_title=f"{gcs.settings.ae_title}_P1",
        gateway=gcs.platform.gateway,
    )
    return push(images, kinds={KIND}, to=to)
