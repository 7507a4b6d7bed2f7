from datetime import UTC, datetime, timedelta
from pathlib import Path

from dicom_gateway.admission import AdmissionPass, RegisteredSender, SenderSnapshot
from dicom_gateway.snapshot import SnapshotFile

AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
ONE = SenderSnapshot((RegisteredSender(1, "CT1", ("10.0.0.0/8",)),), AT)
TWO = SenderSnapshot((RegisteredSender(2, "MR1", ("10.0.0.0/8",)),), AT)


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    assert SnapshotFile(tmp_path / "admission.json").read() is None


def test_another_process_sees_a_change_at_once(tmp_path: Path) -> None:
    ours, theirs = (SnapshotFile(tmp_path / "var" / "admission.json") for _ in range(2))
    assert ours.write(ONE)
    assert theirs.read() == ONE

    assert ours.write(TWO)

    assert theirs.read() == TWO


def test_the_same_senders_are_not_written_again(tmp_path: Path) -> None:
    file = SnapshotFile(tmp_path / "admission.json")

    assert file.write(ONE)
    assert not file.write(ONE)


def test_a_damaged_snapshot_leaves_the_last_one_in_force(tmp_path: Path) -> None:
    file = SnapshotFile(tmp_path / "admission.json")
    file.write(ONE)
    (tmp_path / "admission.json").write_text("half of a")

    assert file.read() == ONE


def test_a_pass_that_was_given_or_ended_is_a_change(tmp_path: Path) -> None:
    file = SnapshotFile(tmp_path / "admission.json")
    sender = RegisteredSender(1, "CT1", ("10.0.0.1/32",))
    let_in = AdmissionPass(1, "NEW", "10.0.0.1", AT + timedelta(hours=12))

    written = [
        file.write(SenderSnapshot((sender,), AT, passes))
        for passes in ((), (let_in,), (let_in,), ())
    ]

    assert written == [True, True, False, True]
