import uuid
from datetime import UTC, datetime

import pytest

from app.intake.domain.commitment import (
    Claim,
    CommitmentReport,
    FailureReason,
    Judged,
    Kept,
    Reference,
    judge,
    judge_reference,
)

ASKED = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
ASKED_FOR = Reference("1.2.3", CT)
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)
MISSING = FailureReason.NO_SUCH_OBJECT_INSTANCE
CONFLICT = FailureReason.CLASS_INSTANCE_CONFLICT
LOST = FailureReason.PROCESSING_FAILURE


def make_kept(
    *, arrival_id: uuid.UUID = FIRST, sop_class_uid: str = CT, is_purged: bool = False
) -> Kept:
    return Kept(
        study_id=1,
        sop_instance_uid="1.2.3",
        sop_class_uid=sop_class_uid,
        arrival_id=arrival_id,
        is_purged=is_purged,
    )


@pytest.mark.parametrize(
    ("kept", "on_disk", "reason"),
    [
        ([], set(), MISSING),
        ([make_kept()], {FIRST}, None),
        ([make_kept()], set(), LOST),
        ([make_kept(is_purged=True)], set(), MISSING),
        ([make_kept(is_purged=True)], {FIRST}, MISSING),
        ([make_kept(sop_class_uid=MR)], {FIRST}, CONFLICT),
        ([make_kept(sop_class_uid=MR, is_purged=True)], set(), CONFLICT),
        ([make_kept(), make_kept(arrival_id=SECOND)], {FIRST, SECOND}, None),
        ([make_kept(), make_kept(arrival_id=SECOND)], {FIRST}, LOST),
        ([make_kept(is_purged=True), make_kept(arrival_id=SECOND)], {SECOND}, None),
        ([make_kept(), make_kept(arrival_id=SECOND, sop_class_uid=MR)], {FIRST}, None),
    ],
)
def test_only_what_is_kept_whole_under_its_class_is_committed(
    kept: list[Kept], on_disk: set[uuid.UUID], reason: FailureReason | None
) -> None:
    assert judge_reference(ASKED_FOR, kept=kept, on_disk=frozenset(on_disk)) is reason


def test_each_instance_of_a_list_is_judged_in_its_order() -> None:
    other = Reference("1.2.4", CT)

    judged = judge([other, ASKED_FOR], kept={"1.2.3": [make_kept()]}, on_disk=frozenset({FIRST}))

    assert judged == (Judged(other, MISSING), Judged(ASKED_FOR))
    report = CommitmentReport("1.9", judged)
    assert report.committed == (ASKED_FOR,)
    assert report.failed == ((other, MISSING),)


def test_files_are_looked_for_of_what_is_not_purged() -> None:
    claim = Claim(
        commitment_id=1,
        token=uuid.UUID(int=9),
        sender_id=1,
        transaction_uid="1.9",
        calling_ae_title="CT1",
        asked_at=ASKED,
        references=(ASKED_FOR,),
        kept={"1.2.3": [make_kept(is_purged=True), make_kept(arrival_id=SECOND)]},
    )

    assert claim.arrivals == {SECOND}
    assert claim.study_ids == {1}
