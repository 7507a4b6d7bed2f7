"""Nodes are told by N-EVENT-REPORT what we keep, on real associations."""

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.dicom.association import Patience
from app.adapters.dicom.commitment import PynetdicomReporter
from app.adapters.dicom.tls import ClientContexts
from app.intake.domain.commitment import CommitmentReport, FailureReason, Judged, Reference
from app.intake.domain.ports import Asker
from app.kit.clock import read_monotonic_s
from tests.factories.askers import EXPLICIT, IMPLICIT, FakeAsker, serve_asker
from tests.factories.certificates import make_authority, write_files
from tests.factories.commitments import draw_uids
from tests.factories.steps import CT_IMAGE

pytestmark = pytest.mark.asyncio
REPORTER = PynetdicomReporter(
    ae_title="ASTREINTE", patience=Patience(connect_s=2, acse_s=2, dimse_s=2, network_s=2)
)
INSTANCE = "1.2.840.10008.1.20.1.1"


def make_report(
    uids: tuple[str, ...], *, failed: tuple[str, ...] = (), transaction_uid: str = "1.2.9"
) -> CommitmentReport:
    return CommitmentReport(
        transaction_uid,
        (
            *(Judged(Reference(uid, CT_IMAGE)) for uid in uids),
            *(
                Judged(Reference(uid, CT_IMAGE), FailureReason.NO_SUCH_OBJECT_INSTANCE)
                for uid in failed
            ),
        ),
    )


def call(port: int) -> Asker:
    return Asker("CT1", "127.0.0.1", port)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
async def test_a_node_is_told_that_all_is_committed(syntax: str) -> None:
    asker = FakeAsker(syntaxes=(syntax,))
    uids = draw_uids(3)

    with serve_asker(asker) as port:
        reported = await REPORTER.report(make_report(uids), to=call(port))

    ((event, information),) = asker.reports
    assert (reported.is_taken, reported.detail) == (True, "")
    assert (event, str(information.TransactionUID)) == (1, "1.2.9")
    assert [
        (str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID))
        for item in information.ReferencedSOPSequence
    ] == [(CT_IMAGE, uid) for uid in uids]
    assert "FailedSOPSequence" not in information
    assert asker.instances == [INSTANCE]
    assert asker.callers == [("ASTREINTE", "CT1")]


async def test_a_node_is_told_what_is_not_committed_and_why() -> None:
    asker = FakeAsker()
    kept, missing = draw_uids(2)

    with serve_asker(asker) as port:
        await REPORTER.report(make_report((kept,), failed=(missing,)), to=call(port))
        await REPORTER.report(make_report((), failed=(kept, missing)), to=call(port))

    (first, some), (second, nothing) = asker.reports
    assert (first, second) == (2, 2)
    assert [str(item.ReferencedSOPInstanceUID) for item in some.ReferencedSOPSequence] == [kept]
    assert [
        (str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID), item.FailureReason)
        for item in some.FailedSOPSequence
    ] == [(CT_IMAGE, missing, 0x0112)]
    assert "ReferencedSOPSequence" not in nothing
    assert len(nothing.FailedSOPSequence) == 2


async def test_a_report_of_ten_thousand_instances_arrives_whole() -> None:
    asker = FakeAsker()
    uids = draw_uids(10_000)
    reporter = PynetdicomReporter(ae_title="ASTREINTE")

    with serve_asker(asker) as port:
        reported = await reporter.report(make_report(uids), to=call(port))

    assert reported.is_taken
    ((_, information),) = asker.reports
    assert len(information.ReferencedSOPSequence) == len(uids)


@pytest.mark.parametrize(
    ("asker", "said"),
    [
        (FakeAsker(status=0x0110), "CT1 answered the report with status 0x0110"),
        (FakeAsker(knows_class=False), "accepts none of the classes"),
        (FakeAsker(ae_title="OTHER"), "its AE title is another one"),
    ],
)
async def test_a_node_that_does_not_take_the_report_is_a_result(
    asker: FakeAsker, said: str
) -> None:
    with serve_asker(asker) as port:
        reported = await REPORTER.report(make_report(("1.2.3",)), to=call(port))

    assert not reported.is_taken
    assert said in reported.detail


async def test_a_node_that_knows_nothing_of_roles_is_told_too() -> None:
    asker = FakeAsker(says_roles=False)

    with serve_asker(asker) as port:
        reported = await REPORTER.report(make_report(("1.2.3",)), to=call(port))

    assert reported.is_taken
    assert len(asker.reports) == 1


async def test_a_node_that_is_not_there_is_a_result() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    reported = await REPORTER.report(make_report(("1.2.3",)), to=call(port))

    assert not reported.is_taken
    assert f"127.0.0.1:{port}" in reported.detail


async def test_a_node_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began_s = read_monotonic_s()
        reported = await REPORTER.report(make_report(("1.2.3",)), to=call(silent.getsockname()[1]))

    assert not reported.is_taken
    assert read_monotonic_s() - began_s < 10


async def test_a_node_that_listens_with_tls_is_told_over_tls(tmp_path: Path) -> None:
    files = write_files(tmp_path / "ours", make_authority())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    encrypted = replace(REPORTER, tls=ClientContexts(files))
    asker = FakeAsker()

    with serve_asker(asker, context=context) as port:
        without = await REPORTER.report(make_report(("1.2.3",)), to=replace(call(port), tls=True))
        reported = await encrypted.report(make_report(("1.2.3",)), to=replace(call(port), tls=True))

    assert (without.is_taken, reported.is_taken) == (False, True)
    assert len(asker.reports) == 1
