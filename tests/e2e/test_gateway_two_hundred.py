"""Two hundred modalities at once, and twenty more that stall: all images are kept and indexed."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks._ingest_files import digest_data_set, digest_image
from benchmarks._load.crowd import Crowd
from benchmarks._load.image import make_image
from benchmarks._load.recording import Uids
from benchmarks._load.running import bring
from tests.e2e.gateway_process import CALLING, GatewayProcess, add_sender, ask, wait_until

pytestmark = pytest.mark.e2e
ASSOCIATIONS, IMAGES, STALLED = 200, 3, 20


def wait_until_indexed(gateway: GatewayProcess, database_url: str) -> None:
    """Wait until the database knows all images and the end of all associations."""
    wait_until(
        lambda: (
            ask(database_url, "SELECT count(*) FROM instance") == [(ASSOCIATIONS * IMAGES,)]
            and not any(gateway.layout.incoming.glob("*.dcm"))
        ),
        gateway.read_log,
    )
    wait_until(
        lambda: (
            ask(database_url, "SELECT count(*) FROM association WHERE outcome IS NOT NULL")
            == [(ASSOCIATIONS + STALLED,)]
        ),
        lambda: ask(database_url, "SELECT outcome, count(*) FROM association GROUP BY outcome"),
    )


def test_two_hundred_at_once_are_taken_beside_twenty_that_stall(
    tmp_path: Path, database_url: str
) -> None:
    add_sender(database_url)
    image = make_image(16)
    crowd = Crowd(associations=ASSOCIATIONS, images=IMAGES, stalled=STALLED, calling=CALLING)
    gateway = GatewayProcess(
        tmp_path / "var",
        database_url=database_url,
        dicom_associations="300",
        dicom_sender_associations="300",
        dicom_stall_timeout="300",
    )

    with gateway.running():
        wait_until(gateway.layout.admission.exists, gateway.read_log)
        result = bring(crowd, image=image, port=gateway.port)
        wait_until_indexed(gateway, database_url)

    assert (result.failures, result.stalled) == ([], STALLED)
    sent = Counter(
        digest_image(image, Uids(stored.study, stored.series, instance))
        for stored in result.stored
        for instance in stored.instances
    )
    assert sent.total() == ASSOCIATIONS * IMAGES
    rows = ask(database_url, "SELECT path, digest FROM instance")
    assert Counter(bytes(digest) for _, digest in rows) == sent
    kept = (gateway.layout.data_dir / path for path, _ in rows)
    assert Counter(digest_data_set(path.read_bytes()) for path in kept) == sent
    ends = ask(
        database_url,
        "SELECT outcome, instance_count, count(*) FROM association GROUP BY 1, 2 ORDER BY 3 DESC",
    )
    assert ends[0] == ("released", IMAGES, ASSOCIATIONS)
    # What was never whole is not there, and those that stalled were not taken for refused ones.
    assert sum(number for outcome, images, number in ends[1:] if images == 0) == STALLED
    assert "refused" not in {outcome for outcome, _, _ in ends}
