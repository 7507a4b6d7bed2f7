"""The load generator at peers that refuse: nothing that a peer did not take counts as stored."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import EVT_C_STORE, Event

from benchmarks._ingest_crowds import require_all
from benchmarks._load.crowd import Crowd
from benchmarks._load.image import make_image
from benchmarks._load.running import bring

pytestmark = pytest.mark.e2e
IMAGE = make_image(16)
NO_ROOM = 0xA700


@contextmanager
def receiving(*, refused: int = 0, most_associations: int = 100) -> Iterator[tuple[int, list[str]]]:
    """Run a receiver that refuses one image; give its port and what it has taken."""
    entity, taken = AE("ASTREINTE"), list[str]()
    entity.add_supported_context(CTImageStorage, ExplicitVRLittleEndian)
    entity.maximum_associations = most_associations

    def take(event: Event) -> int:
        assert isinstance(event.request, C_STORE)
        if event.request.MessageID == refused:
            return NO_ROOM
        taken.append(str(event.request.AffectedSOPInstanceUID))
        return 0x0000

    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(EVT_C_STORE, take)])
    assert server is not None
    try:
        yield server.server_address[1], taken
    finally:
        server.shutdown()


def test_a_receiver_that_takes_all_has_what_was_counted() -> None:
    crowd = Crowd(associations=4, images=3, stalled=3)

    with receiving() as (port, taken):
        result = bring(crowd, image=IMAGE, port=port)

    sent = require_all(result, crowd=crowd, image=IMAGE)
    assert sent.images == len(set(taken)) == 12
    assert {uid for stored in result.stored for uid in stored.instances} == set(taken)
    assert len(set(sent.studies)) == 4
    assert result.stalled == 3
    assert all(len(stored.image_s) == 3 for stored in result.stored)
    assert all(sum(stored.image_s) <= stored.stored_s for stored in result.stored)
    assert max(stored.stored_s for stored in result.stored) <= result.stored_s


def test_an_image_that_is_refused_is_a_failure_and_not_stored() -> None:
    crowd = Crowd(associations=2, images=3)

    with receiving(refused=2) as (port, taken):
        result = bring(crowd, image=IMAGE, port=port)

    assert len(result.failures) == 2
    assert all("status=42752" in failure for failure in result.failures)
    assert {uid for stored in result.stored for uid in stored.instances} == set(taken)
    with pytest.raises(AssertionError, match="2 failed"):
        require_all(result, crowd=crowd, image=IMAGE)


def test_an_association_that_is_refused_is_a_failure_and_the_others_go_on() -> None:
    crowd = Crowd(associations=6, images=2)

    with receiving(most_associations=2) as (port, _):
        result = bring(crowd, image=IMAGE, port=port)

    # PS3.8 §9.3.4: transient, by the presentation layer, local limit exceeded. Those that come at
    # once may all be counted before one is refused.
    assert all("result 2, source 3, reason 2" in failure for failure in result.failures)
    assert result.failures
    assert [len(stored.instances) for stored in result.stored] == [2] * (6 - len(result.failures))


def test_a_receiver_that_is_not_there_is_a_failure_of_each() -> None:
    with receiving() as (port, _):
        pass

    result = bring(Crowd(associations=3, images=1), image=IMAGE, port=port)

    assert (len(result.failures), result.stored) == (3, [])
