"""The reception: what it refuses beside titles and addresses, and that it says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.store.layout import Layout
from dicom_gateway.admission import (
    AssociationRequest,
    RefusalReason,
    RegisteredSender,
    SenderSnapshot,
    called_titles,
)
from dicom_gateway.association import OpenAssociation
from dicom_gateway.journal import JournalWriter
from dicom_gateway.receiving import Receiving
from dicom_gateway.reception import AdmissionRules, GatewayReception
from dicom_gateway.slots import Slots
from dicom_gateway.spool import Spool

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
REQUEST = AssociationRequest("ASTREINTE", "CT1", "10.0.0.1")
NEVER_FREE = 1 << 60


def register(*, most: int | None = None) -> SenderSnapshot:
    return SenderSnapshot(
        (
            RegisteredSender(1, "CT1", ("10.0.0.1/32",), most_associations=most),
            RegisteredSender(2, "MR1", ("10.0.0.2/32",)),
        ),
        AT,
    )


@contextmanager
def open_reception(
    folder: Path,
    *,
    read_senders: Callable[[], SenderSnapshot | None] = register,
    reserve_bytes: int = 0,
    most_of_sender: int = 100,
) -> Iterator[GatewayReception]:
    layout = Layout(folder)
    spool = Spool(layout, reserve_bytes=reserve_bytes)
    spool.prepare()
    journal = JournalWriter(layout.journal)
    slots = Slots(layout.open_associations, most=10)
    yield GatewayReception(
        receiving=Receiving(spool),
        journal=journal,
        rules=AdmissionRules(
            called=called_titles("ASTREINTE"), own_title="ASTREINTE", most_of_sender=most_of_sender
        ),
        read_senders=read_senders,
        read_clock=lambda: AT,
        wake=lambda: None,
        slots=slots,
    )
    slots.close()
    journal.close()


def read_lines(folder: Path) -> str:
    return "".join(each.read_text() for each in Layout(folder).journal.glob("*") if each.is_file())


def test_a_fault_of_ours_refuses_and_says_so(tmp_path: Path) -> None:
    def fail() -> SenderSnapshot | None:
        raise RuntimeError("a fault of ours")

    with open_reception(tmp_path, read_senders=fail) as reception:
        assert reception.open(REQUEST) is RefusalReason.FAULT


def test_a_sender_has_as_many_as_it_may_and_its_neighbour_is_let_in(tmp_path: Path) -> None:
    with open_reception(tmp_path, most_of_sender=1) as reception:
        assert isinstance(reception.open(REQUEST), OpenAssociation)
        assert reception.open(REQUEST) is RefusalReason.TOO_MANY_OF_SENDER
        other = AssociationRequest("ASTREINTE", "MR1", "10.0.0.2")
        assert isinstance(reception.open(other), OpenAssociation)

    assert RefusalReason.TOO_MANY_OF_SENDER in read_lines(tmp_path)


def test_the_own_limit_of_a_sender_goes_before_that_of_all(tmp_path: Path) -> None:
    with open_reception(
        tmp_path, read_senders=lambda: register(most=2), most_of_sender=1
    ) as reception:
        opened = [reception.open(REQUEST) for _ in range(3)]

    assert [isinstance(each, OpenAssociation) for each in opened] == [True, True, False]


def test_what_only_the_reserve_has_room_for_is_refused(tmp_path: Path) -> None:
    with open_reception(tmp_path, reserve_bytes=NEVER_FREE) as reception:
        assert reception.open(REQUEST) is RefusalReason.NO_ROOM

    assert RefusalReason.NO_ROOM in read_lines(tmp_path)


@pytest.mark.parametrize(
    "reason", [RefusalReason.PROTOCOL_VERSION, RefusalReason.APPLICATION_CONTEXT]
)
def test_what_the_protocol_refuses_stands_in_the_journal(
    tmp_path: Path, reason: RefusalReason
) -> None:
    with open_reception(tmp_path) as reception:
        assert reception.refuse(REQUEST, reason=reason) is reason

    assert reason in read_lines(tmp_path)
