"""A folder of studies, ready to be pushed from another terminal."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.demo.images.exams import FLOW, SPARE, Exam, iterate_images
from app.demo.images.wheel import tolerance


@dataclass(frozen=True, slots=True)
class Sample:
    """A study on disk that nobody has sent yet."""

    exam: Exam
    folder: Path


def lay_down_samples(folder: Path, *, acquired_at: datetime) -> tuple[Sample, ...]:
    """Write one study of each exam below a folder, each under fresh identifiers.

    What an earlier demo left there is removed first: a study that was sent twice is no news.
    """
    if folder.exists():
        shutil.rmtree(folder)
    return tuple(
        _lay_down(exam, folder / exam.name, acquired_at=acquired_at) for exam in (SPARE, *FLOW)
    )


def _lay_down(exam: Exam, folder: Path, *, acquired_at: datetime) -> Sample:
    folder.mkdir(parents=True)
    identity = exam.draw_identity(acquired_at=acquired_at)
    for number, image in enumerate(iterate_images(exam, identity=identity), start=1):
        with tolerance():
            image.save_as(folder / f"{number:04}.dcm", enforce_file_format=True)
    return Sample(exam=exam, folder=folder)
