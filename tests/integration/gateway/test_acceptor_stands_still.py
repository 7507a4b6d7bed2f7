"""A disk or a peer that holds the network side up: nobody else pays for it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from uuid import UUID

from app.kit.bind import Bind
from app.kit.clock import read_host_clock
from app.store.files import Bytes
from dicom_gateway.acceptor import Acceptor, AcceptorSettings
from dicom_gateway.admission import RegisteredSender, SenderSnapshot
from dicom_gateway.dimse.requests import encode_store_request
from dicom_gateway.journal import JournalWriter
from dicom_gateway.receiving import Receiving
from dicom_gateway.reception import AdmissionRules, GatewayReception
from dicom_gateway.segments.writer import SegmentWriter
from dicom_gateway.spool import Spool
from dicom_gateway.upper_layer.pdu import encode_p_data
from tests.e2e.association import CT_IMAGE
from tests.e2e.gateway_process import CALLING
from tests.e2e.raw import (
    IMAGE,
    RawPeer,
    associated,
    draw_instance_uid,
    encode_image,
    encode_store,
    encode_value,
    wrap,
)

STALL_S, STANDSTILL_S = 1.0, 2.0
TITLE = "ASTREINTE"
MOST_S = 6


class StuckDisk(SegmentWriter):
    """Segments on a disk that stands still at each write, for longer than a peer may stall."""

    def append(self, arrival_id: UUID, chunks: Sequence[Bytes]) -> bool:
        time.sleep(STANDSTILL_S)
        return super().append(arrival_id, chunks)


@contextmanager
def listening(spool: Spool, segments: SegmentWriter) -> Iterator[int]:
    """Listen with these segments; give the port."""
    snapshot = SenderSnapshot((RegisteredSender(1, CALLING, ("127.0.0.0/8",)),), read_host_clock())
    journal = JournalWriter(spool.layout.journal)
    receiving = Receiving(spool, segments=segments)
    acceptor = Acceptor(
        AcceptorSettings(
            bind=Bind("127.0.0.1", 0),
            idle_timeout=timedelta(seconds=20),
            stall_timeout=timedelta(seconds=STALL_S),
        ),
        reception=GatewayReception(
            receiving=receiving,
            journal=journal,
            rules=AdmissionRules(called=frozenset({TITLE}), own_title=TITLE),
            read_senders=lambda: snapshot,
            read_clock=read_host_clock,
            wake=lambda: None,
        ),
    )
    receiving.call_soon = acceptor.call_soon
    try:
        yield acceptor.start().port
    finally:
        acceptor.stop_listening()
        acceptor.abort_open()
        segments.close()
        journal.close()


def test_who_went_on_while_we_stood_still_is_not_given_up(spool: Spool) -> None:
    image = encode_store(draw_instance_uid())
    with (
        listening(spool, StuckDisk(spool.layout.segments)) as port,
        associated(port) as other,
        associated(port) as peer,
    ):
        peer.send(image[:-100])
        time.sleep(0.1)
        other.send_store(draw_instance_uid())
        time.sleep(0.3)

        peer.send(image[-100:])

        assert peer.read_response().status == 0


def test_a_peer_that_sends_crumbs_without_end_holds_nobody_up(spool: Spool) -> None:
    crumbs = wrap(*[encode_value(IMAGE, 0, b"ab")] * 16_000)
    ended = Event()
    with (
        listening(spool, SegmentWriter(spool.layout.segments)) as port,
        associated(port) as other,
        associated(port) as peer,
    ):
        begin_image(peer)
        sending = Thread(target=send_until, args=(peer, crumbs, ended))
        sending.start()
        try:
            time.sleep(0.5)
            took_s = []
            for _ in range(3):
                began_s = time.monotonic()
                assert other.echo() == 0
                took_s.append(time.monotonic() - began_s)
        finally:
            ended.set()
            sending.join()

    assert max(took_s) < MOST_S


def begin_image(peer: RawPeer) -> None:
    """Begin an image that is so large that each further value goes to its file."""
    uid = draw_instance_uid()
    command = encode_store_request(1, sop_class_uid=CT_IMAGE, sop_instance_uid=uid)
    peer.send(encode_p_data(IMAGE, command=command))
    image = encode_image(uid, size=2 << 20)
    for at in range(0, 1_500_000, 100_000):
        peer.send(wrap(encode_value(IMAGE, 0, image[at : at + 100_000])))


def send_until(peer: RawPeer, content: bytes, ended: Event) -> None:
    while not ended.is_set():
        peer.send(content)
