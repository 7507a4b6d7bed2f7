"""What a gateway is to run, handed from the command line to its supervisor."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    # It would load a library that a supervisor does not need.
    from app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to run.

    Parameters
    ----------
    data_dir
        The data folder, absolute.
    bind, tls_bind, metrics_bind
        Where modalities are answered, where over TLS, and where Prometheus is; the last two may be
        missing.
    ae_title
        Ours.
    workers
        Reception processes, at least 1.
    replaces
        Whether to take the place of a gateway that listens on the same port for this data folder.
    log_format
        As the setting of this name.
    """

    data_dir: str
    bind: str
    tls_bind: str | None
    metrics_bind: str | None
    ae_title: str
    workers: int
    replaces: bool
    log_format: Literal["json", "text"]

    @classmethod
    def from_settings(
        cls, settings: "Settings", *, workers: int | None = None, replaces: bool = False
    ) -> Self:
        """Take it from the settings; `workers` goes before theirs."""
        tls, metrics = settings.dicom_tls_bind, settings.dicom_metrics_bind
        return cls(
            data_dir=str(settings.data_dir.absolute()),
            bind=str(settings.dicom_bind),
            tls_bind=None if tls is None else str(tls),
            metrics_bind=None if metrics is None else str(metrics),
            ae_title=settings.ae_title,
            workers=workers or settings.dicom_workers,
            replaces=replaces,
            log_format=settings.log_format,
        )

    def write(self) -> str:
        """Write it for the command line of the supervisor."""
        return json.dumps(asdict(self))


def become_supervisor(plan: Plan) -> None:
    """Replace this process by the supervisor; all that it has loaded is gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(  # noqa: S606 - our own interpreter, no shell
        sys.executable, [sys.executable, "-m", "app.supervisor.gateway", plan.write()]
    )
