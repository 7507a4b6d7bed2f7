"""The recording of the load generator, read by pynetdicom: what is sent is by the book."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import A_ASSOCIATE_RQ, P_DATA_TF

from benchmarks._load.image import make_image
from benchmarks._load.recording import (
    IMAGE_CONTEXT,
    UID_BYTES,
    Image,
    StoreRequests,
    Uids,
    draw_long_uid,
    encode_request,
)

PDU_SIZES = (0, 4096, 16_384, 16_385, 1 << 20)


@pytest.fixture(scope="module")
def image() -> Image:
    return make_image(64)


def draw_uids() -> Uids:
    return Uids(draw_long_uid(), draw_long_uid(), draw_long_uid())


def split_pdus(stream: bytes) -> Iterator[bytes]:
    while stream:
        end = 6 + int.from_bytes(stream[2:6], "big")
        yield stream[:end]
        stream = stream[end:]


def read_request(stream: bytes) -> C_STORE:
    """Read a C-STORE-RQ with pynetdicom, which must find it complete at its last PDU only."""
    message, *rest = DIMSEMessage(), *split_pdus(stream)
    for number, encoded in enumerate(rest, start=1):
        pdu = P_DATA_TF()
        pdu.decode(encoded)
        assert message.decode_msg(pdu.to_primitive()) == (number == len(rest))
    primitive = message.message_to_primitive()
    assert isinstance(primitive, C_STORE)
    assert message.context_id == IMAGE_CONTEXT
    return primitive


def test_the_request_is_read_as_that_of_a_console() -> None:
    pdu = A_ASSOCIATE_RQ()
    pdu.decode(encode_request(calling="VALLON_CT1", called="ASTREINTE"))

    request = pdu.to_primitive()

    assert (request.calling_ae_title, request.called_ae_title) == ("VALLON_CT1", "ASTREINTE")
    assert [each.context_id for each in pdu.presentation_context] == list(range(1, 15, 2))
    first = pdu.presentation_context[0]
    assert first.abstract_syntax == CTImageStorage
    assert first.transfer_syntax == [ExplicitVRLittleEndian]
    assert pdu.user_information is not None
    assert pdu.user_information.maximum_length == 16384


@pytest.mark.parametrize("most", PDU_SIZES)
def test_every_image_is_read_under_its_own_uids(image: Image, most: int) -> None:
    requests = StoreRequests(image, most_pdu_bytes=most)
    for message_id in (1, 65_535):
        uids = draw_uids()

        request = read_request(b"".join(requests.compose(message_id, uids)))

        assert request.MessageID == message_id
        assert request.AffectedSOPClassUID == CTImageStorage
        assert request.AffectedSOPInstanceUID == uids.instance
        assert isinstance(request.DataSet, BytesIO)
        assert request.DataSet.getvalue() == image.patch(uids)


@pytest.mark.parametrize("most", PDU_SIZES)
def test_no_pdu_is_larger_than_the_peer_takes(image: Image, most: int) -> None:
    requests = StoreRequests(image, most_pdu_bytes=most)

    sizes = [len(each) - 6 for each in split_pdus(b"".join(requests.compose(1, draw_uids())))]

    assert max(sizes) <= (most or 131_072)


@pytest.mark.parametrize("most", PDU_SIZES)
def test_a_stall_is_always_within_a_pdu(image: Image, most: int) -> None:
    requests = StoreRequests(image, most_pdu_bytes=most)
    ends, at = set(), 0
    for pdu in split_pdus(b"".join(requests.compose(1, draw_uids()))):
        at += len(pdu)
        ends.add(at)

    assert all(0 < point < at for point in requests.stall_points)
    assert ends.isdisjoint(requests.stall_points)


def test_a_peer_of_too_small_pdus_is_named(image: Image) -> None:
    with pytest.raises(ValueError, match="PDUs of 100 bytes"):
        StoreRequests(image, most_pdu_bytes=100)


def test_patched_data_sets_differ_by_their_uids_only(image: Image) -> None:
    uids = draw_uids()

    data_set = dcmread(BytesIO(_write_file(image.patch(uids))), force=True)

    assert data_set.StudyInstanceUID == uids.study
    assert data_set.SeriesInstanceUID == uids.series
    assert data_set.SOPInstanceUID == uids.instance
    assert image.patch(uids) == image.patch(uids)
    assert len(image.patch(uids)) == len(image.content)


def _write_file(data_set: bytes) -> bytes:
    syntax = ExplicitVRLittleEndian.encode() + b"\0"
    element = b"\x02\0\x10\0UI" + len(syntax).to_bytes(2, "little") + syntax
    return bytes(128) + b"DICM" + element + data_set


def test_an_image_goes_to_another_process_and_back(image: Image, tmp_path: Path) -> None:
    image.write(tmp_path / "image")

    assert Image.read(tmp_path / "image") == image


def test_a_drawn_uid_has_its_length_and_is_new() -> None:
    drawn = {draw_long_uid() for _ in range(1000)}

    assert len(drawn) == 1000
    assert {len(each) for each in drawn} == {UID_BYTES}
