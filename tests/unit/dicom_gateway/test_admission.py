from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from dicom_gateway.admission import (
    Admitted,
    AssociationRequest,
    RefusalReason,
    Refused,
    RegisteredSender,
    SenderSnapshot,
    admit,
    called_titles,
    is_loopback,
)
from dicom_gateway.statuses import rejection_of

TAKEN_AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
CALLED = called_titles("ASTREINTE")
# PS3.8 table 9-21, source and reason, but for what is reserved.
CODES = {(1, 1), (1, 2), (1, 3), (1, 7), (2, 1), (2, 2), (3, 1), (3, 2)}
SNAPSHOT = SenderSnapshot(
    (
        RegisteredSender(1, "CT1", ("10.1.0.0/16",)),
        RegisteredSender(2, "CT1", ("10.2.0.7/32", "fd00::/8")),
        RegisteredSender(3, "MR", ("10.0.0.0/8",)),
        RegisteredSender(4, "MR", ("10.9.0.0/16",)),
    ),
    TAKEN_AT,
)


@pytest.mark.parametrize(
    ("called", "calling", "address", "decision"),
    (
        ("ASTREINTE", "CT1", "10.1.2.3", Admitted(1)),
        ("ASTREINTE_P1", "CT1", "10.2.0.7", Admitted(2)),
        ("ASTREINTE_ANT", "CT1", "fd00::1", Admitted(2)),
        ("ASTREINTE", "CT1", "::ffff:10.1.2.3", Admitted(1)),
        ("ASTREINTE", "CT1", "10.3.0.1", Refused(RefusalReason.ADDRESS)),
        ("ASTREINTE", "CT1", "no address", Refused(RefusalReason.ADDRESS)),
        ("ASTREINTE", "ct1", "10.1.2.3", Refused(RefusalReason.CALLING_TITLE)),
        ("ASTREINTE", "", "10.1.2.3", Refused(RefusalReason.CALLING_TITLE)),
        ("astreinte", "CT1", "10.1.2.3", Refused(RefusalReason.CALLED_TITLE)),
        ("ASTREINTE_P2", "CT1", "10.1.2.3", Refused(RefusalReason.CALLED_TITLE)),
        ("ASTREINTE", "MR", "10.9.0.1", Refused(RefusalReason.AMBIGUOUS)),
        ("ASTREINTE", "MR", "10.8.0.1", Admitted(3)),
    ),
)
def test_titles_and_address_name_exactly_one_sender(
    called: str, calling: str, address: str, decision: Admitted | Refused
) -> None:
    request = AssociationRequest(called, calling, address)

    assert admit(request, called=CALLED, snapshot=SNAPSHOT, now=TAKEN_AT) == decision


def test_without_any_snapshot_nobody_is_admitted() -> None:
    request = AssociationRequest("ASTREINTE", "CT1", "10.1.2.3")

    decision = admit(request, called=CALLED, snapshot=None, now=TAKEN_AT)

    assert decision == Refused(RefusalReason.NO_DIRECTORY)


@given(
    st.sampled_from(["ASTREINTE", "ASTREINTE_P1", "X"]),
    st.sampled_from(["CT1", "MR", "X"]),
    st.ip_addresses().map(str),
)
def test_whoever_is_admitted_has_the_title_and_an_address_of_that_sender(
    called: str, calling: str, address: str
) -> None:
    request = AssociationRequest(called, calling, address)

    decision = admit(request, called=CALLED, snapshot=SNAPSHOT, now=TAKEN_AT)

    if isinstance(decision, Admitted):
        (sender,) = (each for each in SNAPSHOT.senders if each.sender_id == decision.sender_id)
        assert called in CALLED
        assert sender.ae_title == calling
        assert sender.covers(address)


def test_a_snapshot_is_read_as_it_was_written() -> None:
    assert SenderSnapshot.read(SNAPSHOT.write()) == SNAPSHOT


@pytest.mark.parametrize(
    "content",
    (
        b"",
        b"{}",
        b"[1]",
        b'{"format": 2, "senders": [], "taken_at": "2026-11-20T21:00:00+00:00"}',
        b'{"format": 1, "senders": [{"id": 1}], "taken_at": "2026-11-20T21:00:00+00:00"}',
        SNAPSHOT.write().replace(b"10.1.0.0/16", b"10.1.0.0/99"),
    ),
)
def test_a_snapshot_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="snapshot of senders"):
        SenderSnapshot.read(content)


def test_only_this_machine_is_loopback() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("")


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_refusal_has_codes_that_the_standard_knows(reason: RefusalReason) -> None:
    rejection = rejection_of(reason)

    assert rejection.result in {1, 2}
    assert (rejection.source, rejection.diagnostic) in CODES
