"""Associations as they are, and then not quite: recorded ones, whole, changed by a seed."""

import random
import struct
from collections.abc import Callable, Sequence

from dicom_gateway.dimse.requests import encode_echo_request, encode_store_request
from dicom_gateway.upper_layer.associate import decode_request, encode_request
from dicom_gateway.upper_layer.pdu import (
    HEADER_BYTES,
    RELEASE_RQ,
    AbortSource,
    encode_abort,
    encode_p_data,
)
from tests.e2e.association import CT_IMAGE, VERIFICATION
from tests.e2e.gateway_process import CALLING
from tests.e2e.raw import (
    ECHO,
    IMAGE,
    draw_instance_uid,
    encode_image,
    encode_store,
    make_associate_request,
)
from tests.factories.recorded import REQUESTS

Session = list[bytes]
"""What a peer says, PDU by PDU."""
_ODD_NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 127, 128, 255, 256, 32767, 65535, 1 << 20, 2**31, 2**32 - 1)
_LONGEST_BYTES = 1 << 20
_CALLING_AT = HEADER_BYTES + 20


def make_sessions() -> list[Session]:
    """Make whole associations from what programs in use say, and of what they do not."""
    own = encode_request(make_associate_request())
    image, echo = (
        encode_store(draw_instance_uid()),
        encode_p_data(ECHO, command=encode_echo_request(1)),
    )
    large = encode_p_data(
        IMAGE,
        command=encode_store_request(
            2, sop_class_uid=CT_IMAGE, sop_instance_uid="1.2.3", priority=2
        ),
        data_set=encode_image("1.2.3", size=400_000),
        max_pdu_bytes=65536,
    )
    return [
        [own, echo, image, RELEASE_RQ],
        [own, image, echo, encode_abort(AbortSource.SERVICE_USER)],
        [own, large, RELEASE_RQ],
        *map(_go_on, REQUESTS.values()),
    ]


def _go_on(recorded: bytes) -> Session:
    # Verify and send an image over those of its contexts that allow it, then release. All of them
    # call by the one title that is let in.
    session = [recorded[:_CALLING_AT] + CALLING.encode().ljust(16) + recorded[_CALLING_AT + 16 :]]
    for context in decode_request(recorded[HEADER_BYTES:]).contexts:
        if context.abstract_syntax == VERIFICATION:
            session.append(encode_p_data(context.context_id, command=encode_echo_request(1)))
        elif context.abstract_syntax == CT_IMAGE:
            session.append(encode_store(draw_instance_uid(), context_id=context.context_id))
    return [*session, RELEASE_RQ]


def mutate(sessions: Sequence[Session], *, by: random.Random) -> Session:
    """Take one of the sessions, and change it in one to four ways."""
    session = list(by.choice(sessions))
    for _ in range(by.randint(1, 4)):
        change = by.choice(_CHANGES)
        at = by.randrange(len(session))
        change(session, at, by)
        if not session:
            session.append(by.choice(by.choice(sessions)))
    return session


def _flip(session: Session, at: int, by: random.Random) -> None:
    changed = bytearray(session[at])
    for _ in range(by.choice((1, 1, 2, 8))):
        if changed:
            changed[by.randrange(len(changed))] ^= 1 << by.randrange(8)
    session[at] = bytes(changed)


def _write_number(session: Session, at: int, by: random.Random) -> None:
    # Lengths are what a parser trusts: most stand near the beginning.
    changed = bytearray(session[at])
    form = by.choice((">H", ">I", "<H", "<I", "B"))
    value = by.choice(_ODD_NUMBERS) & ((1 << 8 * struct.calcsize(form)) - 1)
    room = min(len(changed), by.choice((16, 120, 1 << 20))) - struct.calcsize(form)
    if room > 0:
        struct.pack_into(form, changed, by.randrange(room), value)
    session[at] = bytes(changed)


def _cut(session: Session, at: int, by: random.Random) -> None:
    whole = session[at]
    start = by.randrange(len(whole) + 1)
    session[at] = whole[:start] + whole[by.randint(start, len(whole)) :]


def _repeat(session: Session, at: int, by: random.Random) -> None:
    whole = session[at]
    start = by.randrange(len(whole) + 1)
    end = by.randint(start, min(len(whole), start + 2000))
    session[at] = whole[:end] + whole[start:end] * by.randint(1, 5) + whole[end:]


def _insert(session: Session, at: int, by: random.Random) -> None:
    whole = session[at]
    start = by.randrange(len(whole) + 1)
    session[at] = whole[:start] + by.randbytes(by.randint(1, 40)) + whole[start:]


def _mend_length(session: Session, at: int, by: random.Random) -> None:
    # So that the change lies within a PDU that is whole.
    del by
    whole = session[at]
    if len(whole) >= HEADER_BYTES:
        session[at] = whole[:2] + struct.pack(">I", len(whole) - HEADER_BYTES) + whole[6:]


def _drop(session: Session, at: int, by: random.Random) -> None:
    del by
    del session[at]


def _double(session: Session, at: int, by: random.Random) -> None:
    session.insert(by.randrange(len(session) + 1), session[at])


def _shuffle(session: Session, at: int, by: random.Random) -> None:
    del at
    by.shuffle(session)


_CHANGES: tuple[Callable[[Session, int, random.Random], None], ...] = (
    _flip,
    _flip,
    _write_number,
    _write_number,
    _cut,
    _repeat,
    _insert,
    _mend_length,
    _mend_length,
    _drop,
    _double,
    _shuffle,
)


def cut_into_reads(session: Session, *, by: random.Random) -> list[bytes]:
    """Cut what a peer says as a network may; no more than the first megabyte of it."""
    said = b"".join(session)[:_LONGEST_BYTES]
    reads = []
    while said:
        size = by.choice((1, 5, 6, 100, 1460, 65536, len(said)))
        reads.append(said[:size])
        said = said[size:]
        if len(reads) > 20:
            reads.append(said)
            break
    return reads
